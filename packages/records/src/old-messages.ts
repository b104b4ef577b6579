import { crc32 } from 'node:zlib'
import { KafkaError } from '@ottla/protocol'
import * as header from './batch-header.ts'
import { wholeBatchSize } from './check-batch.ts'
import type { CompressionCodec } from './compression/codec.ts'
import { decompress } from './compression/compress.ts'
import { lz4Decompress } from './compression/lz4.ts'
import { UNCOMPRESSED_BYTES_MAX } from './compression/output-limit.ts'
import type { Batch, DecodeOptions } from './decode-batch.ts'
import { readInt64 } from './int64.ts'
import type { Record, RecordHeader } from './record.ts'

/**
 * Messages of formats 0 and 1, which files from before Kafka 0.11 hold. An entry is
 *
 *   offset int64 · size int32 · crc uint32 (CRC-32, IEEE) · magic int8 · attributes int8 ·
 *   timestamp int64 (format 1) · key length int32, -1 for null · key · value length int32 · value
 *
 * A compressed set is one entry, the wrapper, whose value is the compressed inner entries. The wrapper's
 * offset is that of its last inner entry; inner offsets are absolute in format 0, and count from 0 in
 * format 1. With log append time, the wrapper's timestamp is every inner entry's.
 */
const NO_HEADERS: readonly RecordHeader[] = []

/** Reads one entry, a wrapper with all that is in it, in the shape of a batch of format 2. */
export function decodeOldBatch(
  buffer: Buffer,
  at: number,
  sizeBytes: number,
  magic: 0 | 1,
  options: DecodeOptions,
): Batch {
  const compression = header.compressionCodec(buffer, at)
  const records =
    compression === 'none'
      ? [readEntry(buffer, at, at + sizeBytes)]
      : readInnerEntries(buffer, at, sizeBytes, compression, options)
  const lastOffset = records.at(-1)!.offset
  const baseOffset = records[0]!.offset
  return {
    baseOffset,
    sizeBytes,
    partitionLeaderEpoch: header.NO_PARTITION_LEADER_EPOCH,
    magic,
    crc: header.crc(buffer, at),
    compression,
    timestampType: header.timestampType(buffer, at),
    isTransactional: false,
    isControl: false,
    deleteHorizonMs: null,
    lastOffsetDelta: lastOffset - baseOffset,
    lastOffset,
    baseTimestamp: records[0]!.timestamp,
    maxTimestamp: header.maxTimestamp(buffer, at),
    producerId: header.NO_PRODUCER_ID,
    producerEpoch: header.NO_PRODUCER_EPOCH,
    baseSequence: header.NO_SEQUENCE,
    recordCount: records.length,
    records,
  }
}

function readInnerEntries(
  buffer: Buffer,
  at: number,
  sizeBytes: number,
  compression: CompressionCodec,
  options: DecodeOptions,
): Record[] {
  const magic = header.magic(buffer, at)
  const wrapper = readEntry(buffer, at, at + sizeBytes)
  if (compression === 'zstd') {
    throw new KafkaError('INVALID_RECORD', `messages of format ${magic} cannot be zstd-compressed`)
  }
  if (wrapper.value === null) {
    throw new KafkaError('INVALID_RECORD', 'a compressed message set has no value')
  }
  const maxBytes = options.maxUncompressedBytes ?? UNCOMPRESSED_BYTES_MAX
  const inner =
    compression === 'lz4' && magic === header.MAGIC_V0
      ? lz4Decompress(wrapper.value, maxBytes, { ignoreHeaderChecksum: true })
      : decompress(compression, wrapper.value, maxBytes)
  const isAppendTime = header.timestampType(buffer, at) === 'LogAppendTime'
  const records: Record[] = []
  for (let start = 0; ;) {
    const size = wholeBatchSize(inner, start, inner.length)
    if (size === 0) break
    const record = readInnerEntry(inner, start, size)
    records.push(
      isAppendTime && magic === header.MAGIC_V1
        ? { ...record, timestamp: wrapper.timestamp }
        : record,
    )
    start += size
  }
  if (records.length === 0) {
    throw new KafkaError('INVALID_RECORD', 'a compressed message set has no messages in it')
  }
  return magic === header.MAGIC_V0 ? records : withAbsoluteOffsets(records, wrapper.offset)
}

function readInnerEntry(inner: Buffer, start: number, size: number): Record {
  if (header.knownMagic(inner, start) === header.MAGIC_V2) {
    throw new KafkaError(
      'INVALID_RECORD',
      'a message set of format 0 or 1 has a batch of format 2 in it',
    )
  }
  const record = readEntry(inner, start, start + size)
  if (header.compressionCodec(inner, start) !== 'none') {
    throw new KafkaError('INVALID_RECORD', 'a compressed message set has another one inside it')
  }
  if (header.crc(inner, start) !== crc32(inner.subarray(start + 16, start + size))) {
    throw new KafkaError('CORRUPT_MESSAGE', 'a message in a compressed set does not match its crc')
  }
  return record
}

function withAbsoluteOffsets(records: readonly Record[], wrapperOffset: number): Record[] {
  const lastInner = records.at(-1)!.offset
  // Old versions of librdkafka left 0 in the wrapper of a produced set.
  const base = wrapperOffset === 0 ? 0 : wrapperOffset - lastInner
  if (base < 0) {
    throw new KafkaError(
      'INVALID_RECORD',
      `a compressed message set has offset ${wrapperOffset}, less than its last message's ${lastInner}`,
    )
  }
  return records.map((record) => ({ ...record, offset: base + record.offset }))
}

/** Reads the entry that fills `buffer[start, end)`. */
function readEntry(buffer: Buffer, start: number, end: number): Record {
  const magic = header.magic(buffer, start)
  let at = start + 18
  let timestamp = header.NO_TIMESTAMP
  if (magic === header.MAGIC_V1) {
    if (end - at < 8)
      throw new KafkaError('INVALID_RECORD', 'a message is cut off in its timestamp')
    timestamp = readInt64(buffer, at)
    at += 8
  }
  const keyLength = fieldLength(buffer, at, end)
  const keyAt = at + 4
  const key = keyLength < 0 ? null : buffer.subarray(keyAt, keyAt + keyLength)
  const valueLengthAt = keyAt + Math.max(keyLength, 0)
  const valueLength = fieldLength(buffer, valueLengthAt, end)
  const valueAt = valueLengthAt + 4
  const value = valueLength < 0 ? null : buffer.subarray(valueAt, valueAt + valueLength)
  return { offset: readInt64(buffer, start), timestamp, key, value, headers: NO_HEADERS }
}

function fieldLength(buffer: Buffer, at: number, end: number): number {
  const length = end - at < 4 ? Infinity : buffer.readInt32BE(at)
  if (length <= end - at - 4) return length
  throw new KafkaError('INVALID_RECORD', `a message's key or value at byte ${at} is cut off`)
}
