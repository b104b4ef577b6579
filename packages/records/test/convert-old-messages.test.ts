import assert from 'node:assert/strict'
import { crc32 } from 'node:zlib'
import { test } from 'node:test'
import { KafkaError } from '@ottla/protocol'
import type { Batch, Record } from '../src/index.ts'
import {
  checkBatch,
  convertOldMessages,
  decodeBatch,
  encodeBatch,
  wholeBatchSize,
} from '../src/index.ts'
import { gzip } from '../src/compression/zlib.ts'
import { goldenFiles } from './golden.ts'

const oldFiles = goldenFiles.filter(({ name }) => /^v[01]\//.test(name))

for (const { name, hex, batches } of oldFiles) {
  test(`${name} becomes format 2 with offsets, timestamps and records kept`, () => {
    const source = Buffer.from(hex, 'hex')
    const converted = convertOldMessages(source, { partitionLeaderEpoch: 4 })
    const result = decodeAll(converted)
    assert.deepEqual(recordsOf(result), recordsOf(decodeAll(source)))
    assert.equal(result.length, 1)
    const batch = result[0]!
    assert.equal(batch.compression, batches[0]!.compression)
    assert.equal(batch.magic, 2)
    assert.equal(batch.partitionLeaderEpoch, 4)
    const isAppendTime = name.endsWith('log-append-time')
    assert.equal(batch.timestampType, isAppendTime ? 'LogAppendTime' : 'CreateTime')
  })
}

test('a file of several formats keeps its order, and its batches of format 2 their bytes', () => {
  const sources = ['v0/none', 'v0/lz4', 'v1/none', 'v1/gzip'].map(bytesOf)
  const modern = encodeBatch({ records: [{ timestamp: 5 }], baseOffset: 500 })
  const source = Buffer.concat([...sources, modern, bytesOf('v1/none').subarray(0, 30)])
  const converted = convertOldMessages(source, { compression: 'zstd' })
  const result = decodeAll(converted)
  assert.deepEqual(
    result.map(({ compression, recordCount }) => [compression, recordCount]),
    [
      ['zstd', 3],
      ['zstd', 3],
      ['zstd', 3],
      ['zstd', 3],
      ['none', 1],
    ],
  )
  assert.ok(converted.subarray(converted.length - modern.length).equals(modern))
})

test('uncompressed messages are gathered, but into batches of bounded size', () => {
  const messages = Array.from({ length: 100 }, (_, offset) => messageV1(offset, Buffer.alloc(1000)))
  const result = decodeAll(convertOldMessages(Buffer.concat(messages)))
  assert.equal(recordsOf(result).length, 100)
  assert.ok(result.length > 5 && result.length < 10)
  assert.ok(result.every(({ sizeBytes }) => sizeBytes <= 17_000))
})

test('offsets that start again start a new batch', () => {
  const messages = [5, 6, 2, 3].map((offset) => messageV1(offset, Buffer.from('x')))
  const result = decodeAll(convertOldMessages(Buffer.concat(messages)))
  assert.deepEqual(
    result.map(({ baseOffset, lastOffset }) => [baseOffset, lastOffset]),
    [
      [5, 6],
      [2, 3],
    ],
  )
})

test("a wrapper offset of 0 is taken as a produced set's, which old librdkafka sent", () => {
  const inner = Buffer.concat([messageV1(0, Buffer.from('x')), messageV1(1, Buffer.from('y'))])
  const wrapped = messageV1(0, gzip(inner), 1)
  assert.deepEqual(
    recordsOf(decodeAll(convertOldMessages(wrapped))).map(({ offset }) => offset),
    [0, 1],
  )
})

test('what cannot be converted is refused with what is wrong', () => {
  const good = messageV1(1, Buffer.from('x'))
  const corrupt = Buffer.from(good)
  corrupt[corrupt.length - 1] = corrupt[corrupt.length - 1]! ^ 1
  refuses(corrupt, 'CORRUPT_MESSAGE')
  const corruptInside = messageV1(9, gzip(corrupt), 1)
  refuses(corruptInside, 'CORRUPT_MESSAGE')
  refuses(messageV1(9, gzip(messageV1(10, Buffer.from('x'))), 1), 'INVALID_RECORD')
  refuses(messageV1(9, gzip(Buffer.alloc(0)), 1), 'INVALID_RECORD')
  refuses(messageV1(9, gzip(messageV1(0, gzip(good), 1)), 1), 'INVALID_RECORD')
  refuses(messageV1(9, gzip(encodeBatch({ records: [{ timestamp: 1 }] })), 1), 'INVALID_RECORD')
  refuses(messageV1(9, good, 4), 'INVALID_RECORD')
  const twice = Buffer.concat([messageV1(3, Buffer.from('x')), messageV1(3, Buffer.from('y'))])
  refuses(messageV1(9, gzip(twice), 1), 'INVALID_RECORD')
})

function refuses(source: Buffer, code: string): void {
  assert.throws(
    () => convertOldMessages(source),
    (error) => error instanceof KafkaError && error.code === code,
  )
}

function messageV1(offset: number, value: Buffer, attributes = 0): Buffer {
  const message = Buffer.alloc(34 + value.length)
  message.writeBigInt64BE(BigInt(offset), 0)
  message.writeInt32BE(message.length - 12, 8)
  message[16] = 1
  message[17] = attributes
  message.writeBigInt64BE(1_700_000_000_000n, 18)
  message.writeInt32BE(-1, 26)
  message.writeInt32BE(value.length, 30)
  value.copy(message, 34)
  message.writeUInt32BE(crc32(message.subarray(16)), 12)
  return message
}

function bytesOf(name: string): Buffer {
  return Buffer.from(oldFiles.find((file) => file.name === name)!.hex, 'hex')
}

function decodeAll(bytes: Buffer): Batch[] {
  const batches: Batch[] = []
  for (let at = 0; wholeBatchSize(bytes, at, bytes.length) > 0;) {
    batches.push(decodeBatch(bytes, at))
    at += checkBatch(bytes, at, bytes.length)
  }
  return batches
}

function recordsOf(batches: readonly Batch[]): Record[] {
  return batches.flatMap(({ records }) => records)
}
