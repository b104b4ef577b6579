import { assert } from '@ottla/runtime'
import * as header from './batch-header.ts'
import { idOfCodec } from './compression/codec.ts'
import { compress } from './compression/compress.ts'
import { writeInt64 } from './int64.ts'
import type { RecordWalk } from './record-walk.ts'
import { sizeOfVarint, sizeOfVarlong, writeVarint, writeVarlong } from './varint.ts'

/** A varint of a record's length, and a varlong of its timestamp's difference. */
const GROWTH_PER_RECORD = 5 + 10

/**
 * The batch of format 2 at `at` with some of its records only, as Kafka's cleaner writes it: offsets,
 * sequences, epochs and codec stay, and so does the last offset, whether or not its record is there. The
 * base timestamp is that of the first record left, or the delete horizon; the max timestamp is theirs.
 *
 * @param walk over the batch's records, decompressed
 * @param starts where in them those begin that stay, ascending; `count` of them, one at least
 * @param deleteHorizonMs from when on its tombstones, or its marker, may go (KIP-534); null: none
 */
export function retainRecords(
  batch: Buffer,
  at: number,
  walk: RecordWalk,
  starts: Int32Array,
  count: number,
  deleteHorizonMs: number | null,
): Buffer {
  assert(count > 0, 'a batch without records is written by emptyBatch')
  const isAppendTime = header.timestampType(batch, at) === 'LogAppendTime'
  const oldBase = header.baseTimestamp(batch, at)
  const appendTime = header.maxTimestamp(batch, at)
  walk.moveTo(starts[0]!)
  const newBase = deleteHorizonMs ?? (isAppendTime ? appendTime : oldBase + walk.timestampDelta)

  const bound = walk.bytes.length + count * GROWTH_PER_RECORD
  const plain = Buffer.allocUnsafe(header.BATCH_HEADER_BYTES + bound)
  let end = header.BATCH_HEADER_BYTES
  let newest = header.NO_TIMESTAMP
  for (let index = 0; index < count; index++) {
    walk.moveTo(starts[index]!)
    const timestamp = isAppendTime ? appendTime : oldBase + walk.timestampDelta
    if (timestamp > newest) newest = timestamp
    end = copyRecord(plain, end, walk, timestamp - newBase)
  }

  const codec = header.compressionCodec(batch, at)
  const result =
    codec === 'none'
      ? plain.subarray(0, end)
      : withRoomForHeader(compress(codec, plain.subarray(header.BATCH_HEADER_BYTES, end)))
  batch.copy(result, 0, at, at + header.BATCH_HEADER_BYTES)
  writeInt64(result, 27, newBase)
  writeInt64(result, 35, isAppendTime ? appendTime : newest)
  result.writeInt32BE(count, 57)
  const kept = header.attributes(batch, at) & KEPT_ATTRIBUTES
  const horizon = deleteHorizonMs === null ? 0 : header.ATTRIBUTE_DELETE_HORIZON
  header.setSizeAndAttributes(result, 0, result.length, kept | horizon | idOfCodec(codec))
  return result
}

/** The batch of format 2 at `at` without its records: what remains for its producer's sequences. */
export function emptyBatch(batch: Buffer, at: number): Buffer {
  const result = Buffer.allocUnsafe(header.BATCH_HEADER_BYTES)
  batch.copy(result, 0, at, at + header.BATCH_HEADER_BYTES)
  writeInt64(result, 27, header.NO_TIMESTAMP)
  result.writeInt32BE(0, 57)
  const kept = header.attributes(batch, at) & KEPT_ATTRIBUTES
  header.setSizeAndAttributes(result, 0, result.length, kept)
  return result
}

const KEPT_ATTRIBUTES =
  header.ATTRIBUTE_LOG_APPEND_TIME | header.ATTRIBUTE_TRANSACTIONAL | header.ATTRIBUTE_CONTROL

/** Length, attributes and timestamp are written anew; what follows stays as it is. */
function copyRecord(
  target: Buffer,
  start: number,
  walk: RecordWalk,
  timestampDelta: number,
): number {
  const rest = walk.end - walk.afterTimestamp
  const length = 1 + sizeOfVarlong(timestampDelta) + rest
  let at = writeVarint(target, start, length)
  target[at++] = 0
  at = writeVarlong(target, at, timestampDelta)
  walk.bytes.copy(target, at, walk.afterTimestamp, walk.end)
  assert(at + rest - start === sizeOfVarint(length) + length, 'a record is as long as it says')
  return at + rest
}

function withRoomForHeader(compressed: Buffer): Buffer {
  const buffer = Buffer.allocUnsafe(header.BATCH_HEADER_BYTES + compressed.length)
  buffer.set(compressed, header.BATCH_HEADER_BYTES)
  return buffer
}
