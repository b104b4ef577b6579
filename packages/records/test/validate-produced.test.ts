import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { KafkaError } from '@ottla/protocol'
import type { AppendRules, BatchInput, RecordInput } from '../src/index.ts'
import {
  COMPRESSION_CODECS,
  RecordValidationError,
  checkBatch,
  checkProduceFormat,
  decodeBatch,
  encodeBatch,
  encodeEndTransactionMarker,
  maxTimestamp,
  setBaseOffset,
  setMaxTimestamp,
  timestampType,
  updateCrc,
  validateProduced,
} from '../src/index.ts'

const NOW = 1_700_000_000_000

const RULES: AppendRules = {
  baseOffset: 1000,
  partitionLeaderEpoch: 7,
  nowMs: NOW,
  origin: 'client',
  where: 'orders-3',
  maxMessageBytes: 1_048_588,
  compressionType: 'producer',
  timestampType: 'CreateTime',
  timestampBeforeMaxMs: Infinity,
  timestampAfterMaxMs: 3_600_000,
  isCompacted: false,
}

const three: readonly RecordInput[] = [
  { timestamp: NOW, key: Buffer.from('a'), value: Buffer.from('1') },
  { timestamp: NOW + 50, key: Buffer.from('b'), value: null },
  { timestamp: NOW - 50, key: Buffer.from('c'), headers: [{ key: 'h', value: null }] },
]

for (const compression of COMPRESSION_CODECS) {
  describe(`a good batch, ${compression}`, () => {
    test('keeps its bytes and gets offsets and leader epoch in place', () => {
      const sent = encodeBatch({ records: three, compression })
      const before = Buffer.from(sent)
      const result = validateProduced(sent, RULES)
      assert.equal(result.bytes, sent)
      assert.deepEqual(result.bytes.subarray(16), before.subarray(16))
      assert.equal(checkBatch(sent, 0, sent.length), sent.length)
      const batch = decodeBatch(sent)
      assert.equal(batch.partitionLeaderEpoch, 7)
      assert.deepEqual(
        batch.records.map((record) => record.offset),
        [1000, 1001, 1002],
      )
      const { bytes: _, ...rest } = result
      assert.deepEqual(rest, {
        baseOffset: 1000,
        lastOffset: 1002,
        maxTimestamp: NOW + 50,
        offsetOfMaxTimestamp: 1002,
        logAppendTimeMs: -1,
        recordCount: 3,
      })
    })

    test('gets the append time in its header where the topic has LogAppendTime', () => {
      const sent = encodeBatch({ records: three, compression })
      const result = validateProduced(sent, { ...RULES, timestampType: 'LogAppendTime' })
      assert.equal(result.logAppendTimeMs, NOW)
      assert.equal(result.maxTimestamp, NOW)
      checkBatch(result.bytes, 0, result.bytes.length)
      assert.equal(timestampType(result.bytes, 0), 'LogAppendTime')
      assert.ok(decodeBatch(result.bytes).records.every(({ timestamp }) => timestamp === NOW))
    })

    for (const target of COMPRESSION_CODECS) {
      test(`is recompressed for compression.type=${target}`, () => {
        const sent = encodeBatch({ records: three, compression, producerId: 5, baseSequence: 9 })
        const result = validateProduced(sent, { ...RULES, compressionType: target })
        checkBatch(result.bytes, 0, result.bytes.length)
        const batch = decodeBatch(result.bytes)
        assert.equal(batch.compression, target)
        assert.equal(batch.producerId, 5)
        assert.equal(batch.baseSequence, 9)
        assert.equal(batch.maxTimestamp, NOW + 50)
        assert.deepEqual(batch.records, decodeBatch(at1000(three, target)).records)
      })
    }

    test('whose records are not numbered 0, 1, 2 is written anew', () => {
      const gaps = three.map((record, index) => ({ ...record, offset: index * 2 }))
      const sent = encodeBatch({
        records: gaps,
        compression,
        lastOffsetDelta: 2,
        producerId: 8,
        baseSequence: 1,
      })
      const result = validateProduced(sent, RULES)
      checkBatch(result.bytes, 0, result.bytes.length)
      assert.equal(result.lastOffset, 1002)
      const batch = decodeBatch(result.bytes)
      assert.deepEqual(
        batch.records.map(({ offset }) => offset),
        [1000, 1001, 1002],
      )
      assert.equal(batch.producerId, 8)
      assert.equal(batch.compression, compression)
    })

    test('whose records do not decode is refused', () => {
      const sent = encodeBatch({ records: three, compression })
      for (const count of [2, 4, 1_000_000]) {
        const lying = Buffer.from(sent)
        lying.writeInt32BE(count, 57)
        lying.writeInt32BE(count - 1, 23)
        updateCrc(lying, 0)
        refuses(lying, RULES, 'INVALID_RECORD')
      }
      const garbled = Buffer.from(sent)
      garbled.fill(0x5a, 62)
      updateCrc(garbled, 0)
      refuses(garbled, RULES, 'INVALID_RECORD')
    })
  })
}

describe('the batch as a whole', () => {
  test('must be there, whole, and one', () => {
    const one = encodeBatch({ records: three })
    refuses(Buffer.alloc(0), RULES, 'INVALID_RECORD')
    refuses(one.subarray(0, one.length - 1), RULES, 'INVALID_RECORD')
    refuses(Buffer.concat([one, one]), RULES, 'INVALID_RECORD')
  })

  test('is taken without the cut-off one behind it', () => {
    const one = encodeBatch({ records: three })
    const result = validateProduced(Buffer.concat([one, one.subarray(0, 40)]), RULES)
    assert.equal(result.bytes.length, one.length)
  })

  test('must be of format 2', () => {
    const old = encodeBatch({ records: three })
    old[16] = 1
    refuses(old, RULES, 'INVALID_RECORD')
    old[16] = 3
    refuses(old, RULES, 'CORRUPT_MESSAGE')
  })

  test('must match its CRC', () => {
    const bad = encodeBatch({ records: three })
    bad[bad.length - 1] = bad[bad.length - 1]! ^ 1
    refuses(bad, RULES, 'CORRUPT_MESSAGE')
  })

  test('must have a length that can be', () => {
    const bad = encodeBatch({ records: three })
    for (const length of [-1, 0, 13, 14, 48]) {
      bad.writeInt32BE(length, 8)
      refuses(bad, RULES, 'CORRUPT_MESSAGE')
    }
    bad.writeInt32BE(0x7fff_0000, 8)
    refuses(bad, RULES, 'INVALID_RECORD') // not there as a whole
  })

  test('must fit max.message.bytes, before and after recompression', () => {
    const records = [{ timestamp: NOW, value: Buffer.alloc(5000) }]
    const plain = encodeBatch({ records })
    validateProduced(Buffer.from(plain), { ...RULES, maxMessageBytes: plain.length })
    refuses(plain, { ...RULES, maxMessageBytes: plain.length - 1 }, 'MESSAGE_TOO_LARGE')
    const small = encodeBatch({ records, compression: 'gzip' })
    const rules: AppendRules = { ...RULES, maxMessageBytes: 1000, compressionType: 'none' }
    refuses(small, rules, 'MESSAGE_TOO_LARGE')
  })

  test('must not decompress to more than the limit', () => {
    const records = [{ timestamp: NOW, value: Buffer.alloc(5000) }]
    const bomb = encodeBatch({ records, compression: 'zstd' })
    refuses(bomb, { ...RULES, maxUncompressedBytes: 1000 }, 'MESSAGE_TOO_LARGE')
  })

  test('must have a codec that exists', () => {
    const bad = encodeBatch({ records: three })
    bad.writeInt16BE(5, 21)
    updateCrc(bad, 0)
    refuses(bad, RULES, 'UNSUPPORTED_COMPRESSION_TYPE')
  })
})

describe("a client's header", () => {
  const refusals: readonly (readonly [string, BatchInput])[] = [
    ['no records', { records: [] }],
    ['a last offset that is not count - 1', { records: three, lastOffsetDelta: 5 }],
    ['a negative last offset delta', { records: three, lastOffsetDelta: -1 }],
    ['control records', { records: three, isControl: true }],
    ['a producer id without sequence', { records: three, producerId: 1, baseSequence: -1 }],
  ]
  for (const [what, input] of refusals) {
    test(`with ${what} is refused`, () => {
      refuses(encodeBatch(input), RULES, 'INVALID_RECORD')
    })
  }

  test('with a base offset other than 0 is refused', () => {
    const sent = encodeBatch({ records: three })
    setBaseOffset(sent, 0, 1)
    refuses(sent, RULES, 'INVALID_RECORD')
  })

  test('with a wrong maximum timestamp is put right', () => {
    const sent = encodeBatch({ records: three, maxTimestamp: 5 })
    const { bytes } = validateProduced(sent, RULES)
    assert.equal(maxTimestamp(bytes, 0), NOW + 50)
    checkBatch(bytes, 0, bytes.length)
  })
})

describe('records of a client', () => {
  test('outside of the time bounds are named one by one', () => {
    const records: RecordInput[] = [
      { timestamp: NOW - 1001 },
      { timestamp: NOW - 1000 },
      { timestamp: -1 },
      { timestamp: NOW + 2000 },
      { timestamp: NOW + 2001 },
    ]
    const rules: AppendRules = { ...RULES, timestampBeforeMaxMs: 1000, timestampAfterMaxMs: 2000 }
    for (const compression of COMPRESSION_CODECS) {
      const error = refuses(encodeBatch({ records, compression }), rules, 'INVALID_TIMESTAMP')
      assert.ok(error instanceof RecordValidationError)
      assert.deepEqual(
        error.recordErrors.map(({ batchIndex }) => batchIndex),
        [0, 4],
      )
      assert.match(error.recordErrors[1]!.message, new RegExp(`${NOW + 2001}.*out of range`))
    }
    validateProduced(encodeBatch({ records }), { ...rules, timestampType: 'LogAppendTime' })
  })

  test('without key are named one by one on a compacted topic', () => {
    const records: RecordInput[] = [
      { timestamp: NOW, key: Buffer.from('k') },
      { timestamp: NOW },
      { timestamp: NOW, key: Buffer.alloc(0) },
      { timestamp: NOW, value: Buffer.from('v') },
    ]
    const rules: AppendRules = { ...RULES, isCompacted: true }
    for (const compression of COMPRESSION_CODECS) {
      const error = refuses(encodeBatch({ records, compression }), rules, 'INVALID_RECORD')
      assert.ok(error instanceof RecordValidationError)
      assert.deepEqual(
        error.recordErrors.map(({ batchIndex }) => batchIndex),
        [1, 3],
      )
      assert.match(error.message, /^2 of 4 records for orders-3/)
    }
  })

  test('that claim append time are refused where the topic has it', () => {
    const sent = encodeBatch({ records: three, timestampType: 'LogAppendTime' })
    const error = refuses(sent, { ...RULES, timestampType: 'LogAppendTime' }, 'INVALID_TIMESTAMP')
    assert.equal((error as RecordValidationError).recordErrors.length, 3)
  })

  test('that claim append time on another topic show their own timestamps', () => {
    const sent = encodeBatch({ records: three, timestampType: 'LogAppendTime', maxTimestamp: 77 })
    const { bytes, maxTimestamp: highest } = validateProduced(sent, RULES)
    assert.equal(timestampType(bytes, 0), 'CreateTime')
    assert.equal(highest, NOW + 50)
    checkBatch(bytes, 0, bytes.length)
  })

  test('of which very many are at fault give an error of bounded size', () => {
    const records = Array.from({ length: 5000 }, () => ({ timestamp: NOW }))
    const error = refuses(
      encodeBatch({ records }),
      { ...RULES, isCompacted: true },
      'INVALID_RECORD',
    )
    assert.equal((error as RecordValidationError).recordErrors.length, 1000)
    assert.match(error.message, /^5000 of 5000/)
  })
})

describe('batches of the broker itself', () => {
  test('may be control batches, and are not recompressed', () => {
    const marker = encodeEndTransactionMarker(
      { type: 'COMMIT', coordinatorEpoch: 3 },
      { producerId: 9, producerEpoch: 0 },
      { timestamp: NOW },
    )
    const rules: AppendRules = { ...RULES, origin: 'coordinator', compressionType: 'gzip' }
    const { bytes, baseOffset } = validateProduced(marker, rules)
    assert.equal(baseOffset, 1000)
    assert.equal(decodeBatch(bytes).compression, 'none')
  })

  test('are recompressed as the topic asks', () => {
    const sent = encodeBatch({ records: three })
    const rules: AppendRules = { ...RULES, origin: 'coordinator', compressionType: 'lz4' }
    assert.equal(decodeBatch(validateProduced(sent, rules).bytes).compression, 'lz4')
  })
})

describe('the format that a Produce version allows', () => {
  const zstd = encodeBatch({ records: three, compression: 'zstd' })

  test('has zstd from version 7 on', () => {
    checkProduceFormat(zstd, 7)
    assert.throws(() => checkProduceFormat(zstd, 6), hasCode('UNSUPPORTED_COMPRESSION_TYPE'))
    checkProduceFormat(encodeBatch({ records: three, compression: 'lz4' }), 3)
  })

  test('is one batch of format 2', () => {
    const old = Buffer.from(zstd)
    old[16] = 0
    for (const records of [null, Buffer.alloc(0), old, Buffer.concat([zstd, zstd])]) {
      assert.throws(() => checkProduceFormat(records, 9), hasCode('INVALID_RECORD'))
    }
  })
})

test('setting the time twice leaves a batch that matches its CRC', () => {
  const bytes = encodeBatch({ records: three })
  setMaxTimestamp(bytes, 0, 'LogAppendTime', 1)
  setMaxTimestamp(bytes, 0, 'CreateTime', NOW)
  checkBatch(bytes, 0, bytes.length)
})

function at1000(
  records: readonly RecordInput[],
  compression: AppendRules['compressionType'],
): Buffer {
  assert.ok(compression !== 'producer')
  return encodeBatch({ records, compression, baseOffset: 1000 })
}

function refuses(bytes: Buffer, rules: AppendRules, code: string): KafkaError {
  try {
    validateProduced(Buffer.from(bytes), rules)
  } catch (error) {
    assert.ok(error instanceof KafkaError, String(error))
    assert.equal(error.code, code, error.message)
    return error
  }
  assert.fail(`accepted, but ${code} was expected`)
}

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof KafkaError && error.code === code
}
