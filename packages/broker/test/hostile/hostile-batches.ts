import { gzipSync, zstdCompressSync } from 'node:zlib'
import { compress, type CompressionCodec, encodeBatch, updateCrc } from '@ottla/records'
import { int16, int32, int8 } from './bytes.ts'

/** Records that no client of good will sends. */
export interface HostileRecords {
  readonly name: string
  readonly make: (now: number) => Buffer | null
}

const HEADER_BYTES = 61
const at = {
  baseOffset: 0,
  length: 8,
  leaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  count: 57,
} as const

/** Two records, as a producer sends them. */
export function goodBatch(now: number): Buffer {
  return encodeBatch({
    records: ['one', 'two'].map((text) => ({
      timestamp: now,
      key: Buffer.from(text),
      value: Buffer.from(`value of ${text}`),
      headers: [],
    })),
  })
}

/** The batch with other bytes at a place of its header, under a right CRC. */
function patched(batch: Buffer, place: number, bytes: Buffer): Buffer {
  bytes.copy(batch, place)
  if (place !== at.length) updateCrc(batch, 0)
  return batch
}

const patch =
  (place: number, bytes: Buffer) =>
  (now: number): Buffer =>
    patched(goodBatch(now), place, bytes)

/** A batch around bytes that need not be records, under a right CRC. */
function batchAround(now: number, content: Buffer, count: number, attributes = 0): Buffer {
  const header = goodBatch(now).subarray(0, HEADER_BYTES)
  const batch = Buffer.concat([header, content])
  batch.writeInt32BE(batch.length - 12, at.length)
  batch.writeInt16BE(attributes, at.attributes)
  batch.writeInt32BE(count - 1, at.lastOffsetDelta)
  batch.writeInt32BE(count, at.count)
  updateCrc(batch, 0)
  return batch
}

const around =
  (hex: string, count = 1) =>
  (now: number): Buffer =>
    batchAround(now, Buffer.from(hex.replaceAll(' ', ''), 'hex'), count)

type Compressed = Exclude<CompressionCodec, 'none'>

export const codecs = ['gzip', 'snappy', 'lz4', 'zstd'] as const

function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(value)
  return bytes
}

/** Zigzag varint of a number that is not negative. */
function varint(value: number): Buffer {
  const bytes: number[] = []
  let left = BigInt(value) * 2n
  for (; left > 0x7fn; left >>= 7n) bytes.push(Number(left & 0x7fn) | 0x80)
  return Buffer.from([...bytes, Number(left)])
}

/** What the start of a record with a value of so many zeros is. */
function recordOfZeros(valueBytes: number): Buffer {
  const fields = Buffer.concat([Buffer.from('00000001', 'hex'), varint(valueBytes)])
  // One more for the count of headers, behind the value.
  return Buffer.concat([varint(fields.length + valueBytes + 1), fields])
}

const PIECE_BYTES = 4 * 1024 * 1024

/** One record whose value is so many zeros, compressed to next to nothing; nothing here takes the memory. */
export function bomb(codec: Compressed, bytes: number, now: number): Buffer {
  const zeros = Buffer.alloc(PIECE_BYTES)
  const pieces = Math.ceil(bytes / PIECE_BYTES)
  const start = recordOfZeros(pieces * PIECE_BYTES - 1)
  const content = compressedRepeatedly(codec, start, zeros, pieces)
  return batchAround(now, content, 1, codecs.indexOf(codec) + 1)
}

function compressedRepeatedly(
  codec: Compressed,
  start: Buffer,
  piece: Buffer,
  times: number,
): Buffer {
  const many = (bytes: Buffer): Buffer[] => Array.from({ length: times }, () => bytes)
  // Members and frames may follow each other in both formats.
  if (codec === 'gzip') return Buffer.concat([gzipSync(start), ...many(gzipSync(piece))])
  if (codec === 'zstd') {
    return Buffer.concat([zstdCompressSync(start), ...many(zstdCompressSync(piece))])
  }
  const head = compress(codec, start)
  const repeated = compress(codec, piece)
  if (codec === 'snappy') {
    // xerial: a header of 16 bytes, then blocks
    return Buffer.concat([head, ...many(repeated.subarray(16))])
  }
  // lz4: a header of 7 bytes that names the longest block, blocks, and an end mark of 4 bytes of zeros
  const blocks = (frame: Buffer): Buffer => frame.subarray(7, frame.length - 4)
  const parts = [repeated.subarray(0, 7), blocks(head), ...many(blocks(repeated)), Buffer.alloc(4)]
  return Buffer.concat(parts)
}

/** So many records of 7 bytes each, compressed to next to nothing. */
export function manyRecords(count: number, now: number): Buffer {
  const pieceRecords = 100_000
  const piece = zstdCompressSync(
    Buffer.alloc(7 * pieceRecords, Buffer.from('0c000000010100', 'hex')),
  )
  const pieces = Math.ceil(count / pieceRecords)
  const content = Buffer.concat(Array.from({ length: pieces }, () => piece))
  return batchAround(now, content, pieces * pieceRecords, codecs.indexOf('zstd') + 1)
}

/** What is not in this table is answered INVALID_RECORD. */
const answers: Readonly<Record<string, readonly string[]>> = {
  CORRUPT_MESSAGE: [
    'random bytes',
    'zeros',
    '0xff',
    'a wrong CRC',
    'a value changed on its way',
    'magic 3',
    'magic 127',
    'magic -1',
    'a batch length of -2147483648',
    'a batch length of -1',
    'a batch length of 0',
    'a batch length of 1',
    'a batch length of 48',
    'a batch length of 49',
    'a batch length of 2147483647',
  ],
  NONE: [
    'a byte behind the batch',
    'a delete horizon',
    'log append time',
    'unused attribute bits',
    'a base timestamp of -2',
    'a max timestamp of -1',
    'a max timestamp of 0',
    'a max timestamp of 9223372036854775807',
    'a max timestamp of -9223372036854775808',
    'producer id -2 without epoch and sequence',
    'producer epoch and sequence without an id',
    'a producer id that is not known, in the middle of its sequence',
    'the highest sequence, which wraps',
    'the highest producer id, which a number rounds up',
    'leader epoch 9',
    'a key of length -2',
    'a value of length -2',
    'odd record attributes',
    'an offset delta of 5 on the first record',
    'a negative offset delta',
    'the same offset delta twice',
  ],
  UNSUPPORTED_COMPRESSION_TYPE: [
    'compression codec 5',
    'compression codec 6',
    'compression codec 7',
  ],
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: ['a transactional batch without a producer id'],
  INVALID_TIMESTAMP: [
    'a base timestamp of 9223372036854775807',
    'a base timestamp of -9223372036854775808',
  ],
  INVALID_PRODUCER_EPOCH: ['a negative producer epoch'],
}

/** Where Apache Kafka fails itself, with UNKNOWN_SERVER_ERROR or, for null, without any answer. */
export const kafkaFails: ReadonlySet<string> = new Set([
  'null',
  'a batch length of 2147483647',
  'compression codec 5',
  'compression codec 6',
  'compression codec 7',
  'a record length of more than 32 bits',
  'bytes that are not gzip',
  'no gzip bytes at all',
  'gzip bytes cut off',
  'bytes that are not snappy',
  'no snappy bytes at all',
  'snappy bytes cut off',
  'bytes that are not lz4',
  'no lz4 bytes at all',
  'lz4 bytes cut off',
  'bytes that are not zstd',
  'zstd bytes cut off',
])

/** The name of the error that answers a produce request with these records, as Apache Kafka 4.3.1's. */
export function answerTo(name: string): string {
  const found = Object.entries(answers).find(([, names]) => names.includes(name))
  return found?.[0] ?? 'INVALID_RECORD'
}

export const hostileRecords: readonly HostileRecords[] = [
  { name: 'null', make: () => null },
  { name: 'no bytes', make: () => Buffer.alloc(0) },
  { name: 'random bytes', make: () => Buffer.from('f3a1c7'.repeat(50), 'hex') },
  { name: 'zeros', make: () => Buffer.alloc(200) },
  { name: '0xff', make: () => Buffer.alloc(200, 0xff) },
  ...[1, 11, 12, 17, 60].map((length) => ({
    name: `the first ${length} bytes of a batch`,
    make: (now: number) => goodBatch(now).subarray(0, length),
  })),
  { name: 'a batch without its last byte', make: (now) => goodBatch(now).subarray(0, -1) },
  {
    name: 'a byte behind the batch',
    make: (now) => Buffer.concat([goodBatch(now), int8(0)]),
  },
  {
    name: 'two batches',
    make: (now) => Buffer.concat([goodBatch(now), goodBatch(now)]),
  },
  {
    name: 'a wrong CRC',
    make: (now) => {
      const batch = goodBatch(now)
      batch.writeUInt32BE(1, at.crc)
      return batch
    },
  },
  {
    name: 'a value changed on its way',
    make: (now) => {
      const batch = goodBatch(now)
      batch[batch.length - 3]! ^= 1
      return batch
    },
  },
  ...[0, 1, 3, 127, -1].map((magic) => ({
    name: `magic ${magic}`,
    make: patch(at.magic, int8(magic)),
  })),
  ...[-0x8000_0000, -1, 0, 1, 48, 49, 0x7fff_ffff].map((length) => ({
    name: `a batch length of ${length}`,
    make: patch(at.length, int32(length)),
  })),
  ...[-0x8000_0000, -1, 0, 1, 3, 0x7fff_ffff].map((count) => ({
    name: `a count of ${count} over two records`,
    make: patch(at.count, int32(count)),
  })),
  ...[-0x8000_0000, -1, 0, 2, 0x7fff_ffff].map((delta) => ({
    name: `a last offset delta of ${delta} over two records`,
    make: patch(at.lastOffsetDelta, int32(delta)),
  })),
  ...([1n, -1n, 2n ** 63n - 1n] as const).map((offset) => ({
    name: `a base offset of ${offset}`,
    make: patch(at.baseOffset, int64(offset)),
  })),
  ...[5, 6, 7].map((codec) => ({
    name: `compression codec ${codec}`,
    make: patch(at.attributes, int16(codec)),
  })),
  { name: 'a control batch', make: patch(at.attributes, int16(0x20)) },
  {
    name: 'a transactional batch without a producer id',
    make: patch(at.attributes, int16(0x10)),
  },
  { name: 'a delete horizon', make: patch(at.attributes, int16(0x40)) },
  { name: 'log append time', make: patch(at.attributes, int16(0x08)) },
  { name: 'unused attribute bits', make: patch(at.attributes, int16(0x7f80)) },
  ...([-2n, 2n ** 63n - 1n, -(2n ** 63n)] as const).map((timestamp) => ({
    name: `a base timestamp of ${timestamp}`,
    make: patch(at.baseTimestamp, int64(timestamp)),
  })),
  ...([-1n, 0n, 2n ** 63n - 1n, -(2n ** 63n)] as const).map((timestamp) => ({
    name: `a max timestamp of ${timestamp}`,
    make: patch(at.maxTimestamp, int64(timestamp)),
  })),
  ...([0n, -2n, 2n ** 63n - 1n] as const).map((id) => ({
    name: `producer id ${id} without epoch and sequence`,
    make: patch(at.producerId, int64(id)),
  })),
  {
    name: 'producer epoch and sequence without an id',
    make: patch(at.producerEpoch, Buffer.from('000000000000', 'hex')),
  },
  {
    name: 'a producer id that is not known, in the middle of its sequence',
    make: patch(at.producerId, Buffer.concat([int64(123_456n), int16(0), int32(500)])),
  },
  {
    name: 'the highest sequence, which wraps',
    make: patch(at.producerId, Buffer.concat([int64(123_457n), int16(0), int32(0x7fff_ffff)])),
  },
  {
    name: 'the highest producer id, which a number rounds up',
    make: patch(at.producerId, Buffer.concat([int64(2n ** 63n - 1n), int16(0), int32(0)])),
  },
  {
    name: 'a negative producer epoch',
    make: patch(at.producerId, Buffer.concat([int64(123_458n), int16(-3), int32(0)])),
  },
  { name: 'leader epoch 9', make: patch(at.leaderEpoch, int32(9)) },

  // A record: length, attributes, timestamp delta, offset delta, key, value, headers
  { name: 'no records and a count of 1', make: around('') },
  { name: 'a record of length 0', make: around('00') },
  { name: 'a record of length -1', make: around('01') },
  { name: 'a record of 2^31-1 bytes', make: around('feffffff0f 00 00 00 01 01 00') },
  { name: 'a record length of more than 32 bits', make: around('ffffffffff7f') },
  { name: 'a record longer than its fields', make: around('10 00 00 00 01 01 00 00 00') },
  { name: 'a record shorter than its fields', make: around('08 00 00 00 01 01 00') },
  { name: 'a key of length -2', make: around('0c 00 00 00 03 01 00') },
  { name: 'a key of 2^31-1 bytes', make: around('14 00 00 00 feffffff0f 01 00') },
  { name: 'a value of length -2', make: around('0c 00 00 00 01 03 00') },
  { name: 'a value of 2^31-1 bytes', make: around('14 00 00 00 01 feffffff0f 00') },
  { name: '-1 headers', make: around('0c 00 00 00 01 01 01') },
  { name: '2^31-1 headers', make: around('14 00 00 00 01 01 feffffff0f') },
  { name: 'a header with a null key', make: around('10 00 00 00 01 01 02 01 01') },
  { name: 'a header key of 2^31-1 bytes', make: around('18 00 00 00 01 01 02 feffffff0f 01') },
  { name: 'odd record attributes', make: around('0c 7f 00 00 01 01 00') },
  { name: 'an offset delta of 5 on the first record', make: around('0c 00 00 0a 01 01 00') },
  { name: 'a negative offset delta', make: around('0c 00 00 01 01 01 00') },
  {
    name: 'the same offset delta twice',
    make: around('0c 00 00 00 01 01 00 0c 00 00 00 01 01 00', 2),
  },
  {
    name: 'a timestamp delta of 2^62',
    make: around('1c 00 80808080808080808001 00 01 01 00'),
  },
  { name: 'bytes behind the last record', make: around('0c 00 00 00 01 01 00 ffff') },

  // Compression
  ...codecs.flatMap((codec, index) => [
    {
      name: `bytes that are not ${codec}`,
      make: (now: number) => batchAround(now, Buffer.alloc(100, 0xa5), 1, index + 1),
    },
    {
      name: `no ${codec} bytes at all`,
      make: (now: number) => batchAround(now, Buffer.alloc(0), 1, index + 1),
    },
    {
      name: `${codec} bytes cut off`,
      make: (now: number) => {
        const plain = goodBatch(now).subarray(HEADER_BYTES)
        const short = compress(codec, plain).subarray(0, -6)
        return batchAround(now, short, 2, index + 1)
      },
    },
    {
      name: `a ${codec} batch with fewer records than it counts`,
      make: (now: number) => {
        const plain = goodBatch(now).subarray(HEADER_BYTES)
        return batchAround(now, compress(codec, plain), 3, index + 1)
      },
    },
    {
      name: `a ${codec} batch with more records than it counts`,
      make: (now: number) => {
        const plain = goodBatch(now).subarray(HEADER_BYTES)
        return batchAround(now, compress(codec, plain), 1, index + 1)
      },
    },
    {
      name: `${codec} bytes of garbage records`,
      make: (now: number) =>
        batchAround(now, compress(codec, Buffer.alloc(100, 0xa5)), 1, index + 1),
    },
  ]),
]
