import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { KafkaError } from '@ottla/protocol'
import fc from 'fast-check'
import { mutate } from '../fuzz/mutate.ts'
import { exerciseAll } from '../fuzz/exercise.ts'
import { COMPRESSION_CODECS, checkBatch, decodeBatch, encodeBatch } from '../src/index.ts'
import { goldenFiles } from './golden.ts'

const bytes: fc.Arbitrary<Buffer | null> = fc.option(
  fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
)

const header = fc.record(
  { key: fc.string({ unit: 'grapheme' }), value: bytes },
  { noNullPrototype: true },
)

const record = fc.record(
  {
    // An int64 of which the difference to another one is still exact.
    timestamp: fc.oneof(
      fc.constant(-1),
      fc.integer({ min: 0, max: 2 ** 41 }),
      fc.integer({ min: 0, max: 2 ** 52 }),
    ),
    key: bytes,
    value: bytes,
    headers: fc.array(header, {
      maxLength: 3,
    }),
  },
  { noNullPrototype: true },
)

const batch = fc.record({
  gaps: fc.array(fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 1000 })), { maxLength: 20 }),
  records: fc.array(record, { maxLength: 20 }),
  baseOffset: fc.nat(2 ** 50),
  partitionLeaderEpoch: fc.integer({ min: -1, max: 0x7fff_ffff }),
  compression: fc.constantFrom(...COMPRESSION_CODECS),
  producerId: fc.integer({ min: -1, max: 2 ** 53 - 1 }),
  producerEpoch: fc.integer({ min: -1, max: 0x7fff }),
  baseSequence: fc.integer({ min: -1, max: 0x7fff_ffff }),
  isTransactional: fc.boolean(),
  isControl: fc.boolean(),
  deleteHorizonMs: fc.option(fc.nat(2 ** 41)),
})

test('a batch that is written is read again, whatever is in it', () => {
  fc.assert(
    fc.property(batch, ({ gaps, ...input }) => {
      let offset = input.baseOffset
      const records = input.records.map((each, index) => {
        offset += index === 0 ? 0 : (gaps[index] ?? 1)
        return { ...each, offset }
      })
      const written = encodeBatch({ ...input, records })
      assert.equal(checkBatch(written, 0, written.length), written.length)
      const read = decodeBatch(written)
      assert.deepEqual(read.records, records)
      for (const field of Object.keys(input) as (keyof typeof input)[]) {
        if (field !== 'records') assert.deepEqual(read[field], input[field])
      }
    }),
    { seed: 1 },
  )
})

describe('any bytes give a value or a KafkaError', () => {
  test('at random', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(2), (array, magic) => {
        const buffer = Buffer.from(array)
        if (buffer.length > 16) buffer[16] = magic
        exerciseAll(buffer)
      }),
      { seed: 1 },
    )
  })

  test('made from the golden batches', () => {
    const golden = goldenFiles
      .map(({ hex }) => Buffer.from(hex, 'hex'))
      .filter(({ length }) => length < 3000)
    for (let seed = 1; seed <= 3000; seed++) exerciseAll(mutate(golden, seed))
  })
})

test('a batch that is cut off anywhere is no whole batch', () => {
  const whole = encodeBatch({ records: [{ timestamp: 1 }] })
  for (let length = 0; length < whole.length; length++) {
    assert.throws(
      () => checkBatch(whole, 0, length),
      (error) => error instanceof KafkaError && error.code === 'CORRUPT_MESSAGE',
    )
  }
})
