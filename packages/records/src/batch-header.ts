import { KafkaError } from '@ottla/protocol'
import type { CompressionCodec } from './compression/codec.ts'
import { codecOfId } from './compression/codec.ts'
import { crc32c } from './crc32c.ts'
import { readInt64, writeInt64 } from './int64.ts'

/**
 * A batch's header, read and written in place: `(buffer, at)` with `at` the batch's first byte.
 *
 *     0  baseOffset            int64
 *     8  length                int32   of all that follows this field
 *    12  partitionLeaderEpoch  int32
 *    16  magic                 int8    2
 *    17  crc                   uint32  CRC-32C of byte 21 to the end
 *    21  attributes            int16   bits 0–2 codec, 3 log append time, 4 transactional, 5 control,
 *                                      6 baseTimestamp is a delete horizon (KIP-534)
 *    23  lastOffsetDelta       int32
 *    27  baseTimestamp         int64
 *    35  maxTimestamp          int64
 *    43  producerId            int64
 *    51  producerEpoch         int16
 *    53  baseSequence          int32
 *    57  recordCount           int32
 *    61  records               the only part that is compressed
 *
 * The leader epoch and base offset lie before what the CRC covers, so a leader assigns them for free.
 *
 * Messages of formats 0 and 1 share the first 12 bytes and the place of the magic byte; then they go
 *    12 crc uint32 (CRC-32, IEEE, of byte 16 to the end) · 16 magic · 17 attributes int8 ·
 *    18 timestamp int64 (format 1 only) · key · value.
 * The functions below that say "any format" look at the magic byte first; the others expect format 2.
 *
 * None checks bounds: that is `wholeBatchSize` and `checkBatch`, once, before.
 */

/** base offset, length: the bytes before those that `length` counts. */
export const BATCH_PREFIX_BYTES = 12
/** Up to and including the magic byte: as much as it takes to know what one looks at. */
export const BYTES_UP_TO_MAGIC = 17
/** The header of format 2. */
export const BATCH_HEADER_BYTES = 61

export const MAGIC_V0 = 0
export const MAGIC_V1 = 1
export const MAGIC_V2 = 2

export const NO_TIMESTAMP = -1
export const NO_PRODUCER_ID = -1
export const NO_PRODUCER_EPOCH = -1
export const NO_SEQUENCE = -1
export const NO_PARTITION_LEADER_EPOCH = -1

/** Whose clock a timestamp is from, in the spelling of `message.timestamp.type`. */
export type TimestampType = 'CreateTime' | 'LogAppendTime'

export const ATTRIBUTE_CODEC_MASK = 0x07
export const ATTRIBUTE_LOG_APPEND_TIME = 0x08
export const ATTRIBUTE_TRANSACTIONAL = 0x10
export const ATTRIBUTE_CONTROL = 0x20
export const ATTRIBUTE_DELETE_HORIZON = 0x40
const ATTRIBUTES_KNOWN = 0x7f

const CRC_AT = 17
const ATTRIBUTES_AT = 21
const LEGACY_ATTRIBUTES_AT = 17
const LEGACY_TIMESTAMP_AT = 18
const MAX_TIMESTAMP_AT = 35

/** Any format; a compressed message set of format 0 or 1 carries its last offset here. */
export function baseOffset(buffer: Buffer, at: number): number {
  return readInt64(buffer, at)
}

/** Any format. The whole batch, the 12 bytes before `length`'s range included. */
export function batchSizeBytes(buffer: Buffer, at: number): number {
  return BATCH_PREFIX_BYTES + buffer.readInt32BE(at + 8)
}

/** Any format. */
export function magic(buffer: Buffer, at: number): number {
  return buffer.readInt8(at + 16)
}

/** Any format; -1 before format 2. */
export function partitionLeaderEpoch(buffer: Buffer, at: number): number {
  return isLegacy(buffer, at) ? NO_PARTITION_LEADER_EPOCH : buffer.readInt32BE(at + 12)
}

/** Any format: the checksum as it is stored. */
export function crc(buffer: Buffer, at: number): number {
  return buffer.readUInt32BE(isLegacy(buffer, at) ? at + 12 : at + CRC_AT)
}

/** Any format. */
export function attributes(buffer: Buffer, at: number): number {
  if (isLegacy(buffer, at)) return buffer.readInt8(at + LEGACY_ATTRIBUTES_AT)
  return buffer.readInt16BE(at + ATTRIBUTES_AT)
}

export function lastOffsetDelta(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at + 23)
}

/** Any format. */
export function lastOffset(buffer: Buffer, at: number): number {
  const base = readInt64(buffer, at)
  return isLegacy(buffer, at) ? base : base + buffer.readInt32BE(at + 23)
}

/** What the records' timestamp deltas are relative to; the delete horizon when that attribute is set. */
export function baseTimestamp(buffer: Buffer, at: number): number {
  return readInt64(buffer, at + 27)
}

/** Any format; -1 for format 0, which had no timestamps. */
export function maxTimestamp(buffer: Buffer, at: number): number {
  const format = magic(buffer, at)
  if (format >= MAGIC_V2) return readInt64(buffer, at + MAX_TIMESTAMP_AT)
  return format === MAGIC_V1 ? readInt64(buffer, at + LEGACY_TIMESTAMP_AT) : NO_TIMESTAMP
}

/** Any format; -1 before format 2. */
export function producerId(buffer: Buffer, at: number): number {
  return isLegacy(buffer, at) ? NO_PRODUCER_ID : readInt64(buffer, at + 43)
}

/** Any format; -1 before format 2. */
export function producerEpoch(buffer: Buffer, at: number): number {
  return isLegacy(buffer, at) ? NO_PRODUCER_EPOCH : buffer.readInt16BE(at + 51)
}

/** Any format; -1 before format 2. */
export function baseSequence(buffer: Buffer, at: number): number {
  return isLegacy(buffer, at) ? NO_SEQUENCE : buffer.readInt32BE(at + 53)
}

/** Any format; -1 without a base sequence. Sequences wrap from 2^31 - 1 to 0. */
export function lastSequence(buffer: Buffer, at: number): number {
  const base = baseSequence(buffer, at)
  return base === NO_SEQUENCE ? NO_SEQUENCE : incrementSequence(base, lastOffsetDelta(buffer, at))
}

/** `sequence + increment` in the ring 0 … 2^31 - 1. */
export function incrementSequence(sequence: number, increment: number): number {
  return (sequence + increment) % 0x8000_0000
}

/** As the header states it; `checkRecords` holds it to the records. */
export function recordCount(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at + 57)
}

/** Any format. */
export function isTransactional(buffer: Buffer, at: number): boolean {
  return !isLegacy(buffer, at) && (attributes(buffer, at) & ATTRIBUTE_TRANSACTIONAL) !== 0
}

/** Any format. */
export function isControlBatch(buffer: Buffer, at: number): boolean {
  return !isLegacy(buffer, at) && (attributes(buffer, at) & ATTRIBUTE_CONTROL) !== 0
}

/** Any format. @throws KafkaError UNSUPPORTED_COMPRESSION_TYPE for a codec number that Kafka does not have. */
export function compressionCodec(buffer: Buffer, at: number): CompressionCodec {
  return codecOfId(attributes(buffer, at) & ATTRIBUTE_CODEC_MASK)
}

/** Any format; format 0 counts as CreateTime. */
export function timestampType(buffer: Buffer, at: number): TimestampType {
  if (magic(buffer, at) === MAGIC_V0) return 'CreateTime'
  return (attributes(buffer, at) & ATTRIBUTE_LOG_APPEND_TIME) === 0 ? 'CreateTime' : 'LogAppendTime'
}

/** When tombstones and markers in the batch may go, in ms since 1970; null when not known yet. Any format. */
export function deleteHorizonMs(buffer: Buffer, at: number): number | null {
  if (isLegacy(buffer, at)) return null
  return (attributes(buffer, at) & ATTRIBUTE_DELETE_HORIZON) === 0
    ? null
    : baseTimestamp(buffer, at)
}

/** Any format; on a compressed message set of format 0 or 1 it sets the last offset. */
export function setBaseOffset(buffer: Buffer, at: number, offset: number): void {
  writeInt64(buffer, at, offset)
}

export function setPartitionLeaderEpoch(buffer: Buffer, at: number, epoch: number): void {
  buffer.writeInt32BE(epoch, at + 12)
}

/**
 * Sets both and makes the CRC fit; touches nothing when both are so already. Attributes without a meaning are
 * cleared on the way, as Kafka does.
 */
export function setMaxTimestamp(
  buffer: Buffer,
  at: number,
  type: TimestampType,
  timestamp: number,
): void {
  if (timestampType(buffer, at) === type && maxTimestamp(buffer, at) === timestamp) return
  const others = attributes(buffer, at) & ATTRIBUTES_KNOWN & ~ATTRIBUTE_LOG_APPEND_TIME
  const flag = type === 'LogAppendTime' ? ATTRIBUTE_LOG_APPEND_TIME : 0
  buffer.writeInt16BE(others | flag, at + ATTRIBUTES_AT)
  writeInt64(buffer, at + MAX_TIMESTAMP_AT, timestamp)
  updateCrc(buffer, at)
}

/** For a batch whose records were written anew: sets both and makes the CRC fit. */
export function setSizeAndAttributes(
  buffer: Buffer,
  at: number,
  sizeBytes: number,
  value: number,
): void {
  buffer.writeInt32BE(sizeBytes - BATCH_PREFIX_BYTES, at + 8)
  buffer.writeInt16BE(value, at + ATTRIBUTES_AT)
  updateCrc(buffer, at)
}

/** Makes the stored CRC fit the bytes after a change behind it. */
export function updateCrc(buffer: Buffer, at: number): void {
  buffer.writeUInt32BE(computeCrc(buffer, at), at + CRC_AT)
}

export function computeCrc(buffer: Buffer, at: number): number {
  return crc32c(buffer, at + ATTRIBUTES_AT, at + batchSizeBytes(buffer, at))
}

/** The magic byte of a format that this package knows. @throws KafkaError CORRUPT_MESSAGE */
export function knownMagic(buffer: Buffer, at: number): 0 | 1 | 2 {
  const format = magic(buffer, at)
  if (format === MAGIC_V0 || format === MAGIC_V1 || format === MAGIC_V2) return format
  throw new KafkaError(
    'CORRUPT_MESSAGE',
    `record batch at byte ${at} has magic ${format}; known formats are 0, 1 and 2`,
  )
}

function isLegacy(buffer: Buffer, at: number): boolean {
  return buffer[at + 16]! < MAGIC_V2
}
