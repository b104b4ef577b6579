import { readFileSync } from 'node:fs'
import { COMPRESSION_CODECS, encodeBatch, updateCrc } from '@ottla/records'
import type { Random } from '@ottla/runtime'

const COUNT_AT = 57
const CODEC_AT = 22

/** Batches of every format and codec that Kafka's own classes wrote; some on purpose invalid. */
const goldenBatches: readonly Buffer[] = readFileSync(
  new URL('../../records/test/vectors/record-batches.jsonl', import.meta.url),
  'utf8',
)
  .trimEnd()
  .split('\n')
  .map((line) => Buffer.from((JSON.parse(line) as { hex: string }).hex, 'hex'))
  .filter((bytes) => bytes.length < 100_000)

/** Where a field of a batch's header is, and how wide. */
const headerFields: readonly (readonly [at: number, bytes: 1 | 2 | 4 | 8])[] = [
  [0, 8], // base offset
  [8, 4], // length
  [12, 4], // partition leader epoch
  [16, 1], // magic
  [21, 2], // attributes
  [23, 4], // last offset delta
  [27, 8], // base timestamp
  [35, 8], // max timestamp
  [43, 8], // producer id
  [51, 2], // producer epoch
  [53, 4], // base sequence
  [57, 4], // count
]

/** Records for a produce request: well-formed half of the time, otherwise damaged, often under a right CRC. */
export function makeRecords(random: Random, now: number, producerId: number): Buffer {
  if (random.int(5) === 0) return golden(random)
  const count = random.int(30) === 0 ? 0 : 1 + random.int(4)
  const batches = [newBatch(random, count, now, producerId)]
  if (random.int(20) === 0) batches.push(newBatch(random, 1, now, producerId))
  const bytes = Buffer.concat(batches)
  return random.int(2) === 0 ? bytes : damage(bytes, random)
}

function golden(random: Random): Buffer {
  const bytes = goldenBatches[random.int(goldenBatches.length)]!
  return random.int(2) === 0 ? bytes : damage(Buffer.from(bytes), random)
}

function newBatch(random: Random, count: number, now: number, producerId: number): Buffer {
  const isIdempotent = random.int(3) === 0
  const records = Array.from({ length: count }, () => ({
    timestamp: now - random.int(1_000),
    key: random.int(3) === 0 ? null : Buffer.from(`key-${random.int(10)}`),
    value: random.int(6) === 0 ? null : Buffer.alloc(random.int(2_000), 'value '),
    headers: [],
  }))
  return encodeBatch({
    records,
    compression: COMPRESSION_CODECS[random.int(COMPRESSION_CODECS.length)]!,
    producerId: isIdempotent ? producerId : -1,
    producerEpoch: isIdempotent ? random.int(2) : -1,
    baseSequence: isIdempotent ? random.int(5) : -1,
    isTransactional: random.int(20) === 0,
  })
}

function damage(bytes: Buffer, random: Random): Buffer {
  for (let left = 1 + random.int(3); left > 0 && bytes.length > COUNT_AT + 4; left--) {
    const kind = random.int(4)
    if (kind === 0) bytes[random.int(bytes.length)] = random.int(256)
    else if (kind === 1) bytes[CODEC_AT] = random.int(8)
    else if (kind === 2) setHeaderField(bytes, random)
    else if (random.int(3) === 0) bytes = bytes.subarray(0, random.int(bytes.length))
  }
  // A right CRC lets the damage through to whoever looks behind it.
  if (random.int(5) > 0) mendCrc(bytes)
  return bytes
}

function setHeaderField(bytes: Buffer, random: Random): void {
  const [at, width] = headerFields[random.int(headerFields.length)]!
  const telling = [0, 1, -1, 5, -2, 0x7f, -0x80]
  const value = telling[random.int(telling.length)]!
  if (width === 8) bytes.writeBigInt64BE(random.int(2) === 0 ? BigInt(value) : extreme(value), at)
  else bytes.writeIntBE(value, at, width)
  if (width !== 8 && random.int(3) === 0) {
    bytes.writeIntBE(value < 0 ? -(2 ** (width * 8 - 1)) : 2 ** (width * 8 - 1) - 1, at, width)
  }
}

function extreme(value: number): bigint {
  return value < 0 ? -(2n ** 63n) : 2n ** 63n - 1n
}

function mendCrc(bytes: Buffer): void {
  if (bytes.length < COUNT_AT + 4 || bytes[16] !== 2) return
  const size = bytes.readInt32BE(8) + 12
  if (size >= COUNT_AT + 4 && size <= bytes.length) updateCrc(bytes, 0)
}
