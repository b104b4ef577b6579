import { assert } from '@ottla/runtime'
import * as header from './batch-header.ts'
import type { CompressionCodec } from './compression/codec.ts'
import { idOfCodec } from './compression/codec.ts'
import { compress } from './compression/compress.ts'
import { writeInt64 } from './int64.ts'
import type { RecordInput } from './record.ts'
import { sizeOfRecordBody, writeRecord } from './record.ts'
import { sizeOfVarint } from './varint.ts'

export interface BatchInput {
  readonly records: readonly RecordInput[]
  /** Default 0: what a producer sends. */
  readonly baseOffset?: number
  /** Default -1. */
  readonly partitionLeaderEpoch?: number
  /** Default 'none'. */
  readonly compression?: CompressionCodec
  /** Default: the codec's own. */
  readonly compressionLevel?: number | undefined
  /** Default 'CreateTime'. With 'LogAppendTime' every record reads as `maxTimestamp`. */
  readonly timestampType?: header.TimestampType
  /** Default: the highest of the records' timestamps. */
  readonly maxTimestamp?: number
  /** Default -1, for all three of a producer without idempotence. */
  readonly producerId?: number
  readonly producerEpoch?: number
  readonly baseSequence?: number
  readonly isTransactional?: boolean
  readonly isControl?: boolean
  /** In ms since 1970; the records' timestamps are then stored relative to it (KIP-534). */
  readonly deleteHorizonMs?: number | null
  /** Default: up to the last record. Compaction keeps the original where later records went away. */
  readonly lastOffsetDelta?: number
}

/** Writes a batch of format 2, its records' offsets ascending from `baseOffset`. */
export function encodeBatch(batch: BatchInput): Buffer {
  const { records, baseOffset = 0, compression = 'none' } = batch
  const baseTimestamp = batch.deleteHorizonMs ?? records[0]?.timestamp ?? header.NO_TIMESTAMP
  const sizes = new Int32Array(records.length)
  const recordsSize = measureRecords(records, baseOffset, baseTimestamp, sizes)

  const isCompressed = compression !== 'none' && records.length > 0
  const plainAt = isCompressed ? 0 : header.BATCH_HEADER_BYTES
  const plain = Buffer.allocUnsafe(plainAt + recordsSize)
  writeRecords(plain, plainAt, records, baseOffset, baseTimestamp, sizes)

  const result = isCompressed
    ? withRoomForHeader(compress(compression, plain, batch.compressionLevel))
    : plain
  writeHeader(result, batch, baseOffset, baseTimestamp)
  return result
}

function measureRecords(
  records: readonly RecordInput[],
  baseOffset: number,
  baseTimestamp: number,
  sizes: Int32Array,
): number {
  let total = 0
  let nextDelta = 0
  for (let index = 0; index < records.length; index++) {
    const record = records[index]!
    const delta = record.offset === undefined ? nextDelta : record.offset - baseOffset
    assert(delta >= nextDelta && delta <= 0x7fff_ffff, 'offsets ascend from the base offset')
    const size = sizeOfRecordBody(record, delta, record.timestamp - baseTimestamp)
    sizes[index] = size
    total += sizeOfVarint(size) + size
    nextDelta = delta + 1
  }
  return total
}

function writeRecords(
  buffer: Buffer,
  start: number,
  records: readonly RecordInput[],
  baseOffset: number,
  baseTimestamp: number,
  sizes: Int32Array,
): void {
  let at = start
  let nextDelta = 0
  for (let index = 0; index < records.length; index++) {
    const record = records[index]!
    const delta = record.offset === undefined ? nextDelta : record.offset - baseOffset
    at = writeRecord(buffer, at, record, delta, record.timestamp - baseTimestamp, sizes[index]!)
    nextDelta = delta + 1
  }
  assert(at === buffer.length, 'records are as long as measured')
}

function withRoomForHeader(compressed: Buffer): Buffer {
  const buffer = Buffer.allocUnsafe(header.BATCH_HEADER_BYTES + compressed.length)
  buffer.set(compressed, header.BATCH_HEADER_BYTES)
  return buffer
}

function writeHeader(
  buffer: Buffer,
  batch: BatchInput,
  baseOffset: number,
  baseTimestamp: number,
): void {
  writeInt64(buffer, 0, baseOffset)
  buffer.writeInt32BE(buffer.length - header.BATCH_PREFIX_BYTES, 8)
  buffer.writeInt32BE(batch.partitionLeaderEpoch ?? header.NO_PARTITION_LEADER_EPOCH, 12)
  buffer[16] = header.MAGIC_V2
  buffer.writeInt16BE(attributesOf(batch), 21)
  buffer.writeInt32BE(batch.lastOffsetDelta ?? lastDelta(batch.records, baseOffset), 23)
  writeInt64(buffer, 27, baseTimestamp)
  writeInt64(buffer, 35, batch.maxTimestamp ?? highestTimestamp(batch.records))
  writeInt64(buffer, 43, batch.producerId ?? header.NO_PRODUCER_ID)
  buffer.writeInt16BE(batch.producerEpoch ?? header.NO_PRODUCER_EPOCH, 51)
  buffer.writeInt32BE(batch.baseSequence ?? header.NO_SEQUENCE, 53)
  buffer.writeInt32BE(batch.records.length, 57)
  header.updateCrc(buffer, 0)
}

function attributesOf(batch: BatchInput): number {
  let attributes = idOfCodec(batch.compression ?? 'none')
  if (batch.timestampType === 'LogAppendTime') attributes |= header.ATTRIBUTE_LOG_APPEND_TIME
  if (batch.isTransactional === true) attributes |= header.ATTRIBUTE_TRANSACTIONAL
  if (batch.isControl === true) attributes |= header.ATTRIBUTE_CONTROL
  const hasHorizon = batch.deleteHorizonMs !== undefined && batch.deleteHorizonMs !== null
  return hasHorizon ? attributes | header.ATTRIBUTE_DELETE_HORIZON : attributes
}

/** Counts through the records: one without an offset follows the one before it. */
function lastDelta(records: readonly RecordInput[], baseOffset: number): number {
  let delta = -1
  for (const record of records) {
    delta = record.offset === undefined ? delta + 1 : record.offset - baseOffset
  }
  return Math.max(delta, 0)
}

function highestTimestamp(records: readonly RecordInput[]): number {
  let highest = header.NO_TIMESTAMP
  for (const record of records) highest = Math.max(highest, record.timestamp)
  return highest
}
