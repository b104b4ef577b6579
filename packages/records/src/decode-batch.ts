import { KafkaError } from '@ottla/protocol'
import * as header from './batch-header.ts'
import { wholeBatchSize } from './check-batch.ts'
import type { CompressionCodec } from './compression/codec.ts'
import { decompress } from './compression/compress.ts'
import { decodeOldBatch } from './old-messages.ts'
import { RecordCursor } from './record-cursor.ts'
import type { Record } from './record.ts'
import { SMALLEST_RECORD_BYTES, readRecord } from './record.ts'

/** A batch's header and records. Of a message set of format 0 or 1 the fields it lacks say "none": -1. */
export interface Batch {
  readonly baseOffset: number
  /** The whole batch as it is stored. */
  readonly sizeBytes: number
  readonly partitionLeaderEpoch: number
  readonly magic: 0 | 1 | 2
  readonly crc: number
  readonly compression: CompressionCodec
  readonly timestampType: header.TimestampType
  readonly isTransactional: boolean
  readonly isControl: boolean
  /** In ms since 1970; null before the cleaner has set it. */
  readonly deleteHorizonMs: number | null
  readonly lastOffsetDelta: number
  readonly lastOffset: number
  readonly baseTimestamp: number
  readonly maxTimestamp: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly recordCount: number
  readonly records: readonly Record[]
}

export interface DecodeOptions {
  /** Bound of the memory for decompressed records; default `UNCOMPRESSED_BYTES_MAX`, 128 MiB. */
  readonly maxUncompressedBytes?: number
}

/**
 * Reads the batch at `at`, of any format. Its CRC is not looked at: that is `checkBatch`. Keys, values and
 * header values are views, of `buffer` or of the decompressed copy.
 *
 * @throws KafkaError CORRUPT_MESSAGE when the header cannot be one or the batch is cut off, INVALID_RECORD
 *   when the records do not decode, MESSAGE_TOO_LARGE when they decompress to more than the limit
 */
export function decodeBatch(buffer: Buffer, at: number = 0, options: DecodeOptions = {}): Batch {
  const sizeBytes = wholeBatchSize(buffer, at, buffer.length)
  if (sizeBytes === 0) {
    throw new KafkaError('CORRUPT_MESSAGE', `record batch at byte ${at} is cut off`)
  }
  const magic = header.knownMagic(buffer, at)
  if (magic !== header.MAGIC_V2) return decodeOldBatch(buffer, at, sizeBytes, magic, options)
  if (sizeBytes < header.BATCH_HEADER_BYTES) {
    throw new KafkaError(
      'CORRUPT_MESSAGE',
      `record batch at byte ${at} has ${sizeBytes} bytes; its header alone has ${header.BATCH_HEADER_BYTES}`,
    )
  }
  return {
    baseOffset: header.baseOffset(buffer, at),
    sizeBytes,
    partitionLeaderEpoch: header.partitionLeaderEpoch(buffer, at),
    magic,
    crc: header.crc(buffer, at),
    compression: header.compressionCodec(buffer, at),
    timestampType: header.timestampType(buffer, at),
    isTransactional: header.isTransactional(buffer, at),
    isControl: header.isControlBatch(buffer, at),
    deleteHorizonMs: header.deleteHorizonMs(buffer, at),
    lastOffsetDelta: header.lastOffsetDelta(buffer, at),
    lastOffset: header.lastOffset(buffer, at),
    baseTimestamp: header.baseTimestamp(buffer, at),
    maxTimestamp: header.maxTimestamp(buffer, at),
    producerId: header.producerId(buffer, at),
    producerEpoch: header.producerEpoch(buffer, at),
    baseSequence: header.baseSequence(buffer, at),
    recordCount: header.recordCount(buffer, at),
    records: decodeRecords(buffer, at, sizeBytes, options.maxUncompressedBytes),
  }
}

/**
 * The bytes of the records of a batch of format 2, decompressed when need be: a view of `buffer`, or a new
 * buffer.
 */
export function recordBytes(
  buffer: Buffer,
  at: number,
  sizeBytes: number,
  maxUncompressedBytes?: number,
): Buffer {
  const stored = buffer.subarray(at + header.BATCH_HEADER_BYTES, at + sizeBytes)
  const codec = header.compressionCodec(buffer, at)
  // A batch that compaction emptied keeps its codec and has nothing to decompress.
  return stored.length === 0 ? stored : decompress(codec, stored, maxUncompressedBytes)
}

function decodeRecords(
  buffer: Buffer,
  at: number,
  sizeBytes: number,
  maxUncompressedBytes: number | undefined,
): Record[] {
  const count = header.recordCount(buffer, at)
  if (count === 0) return []
  const bytes = recordBytes(buffer, at, sizeBytes, maxUncompressedBytes)
  if (count < 0 || count > bytes.length / SMALLEST_RECORD_BYTES) {
    throw new KafkaError(
      'INVALID_RECORD',
      `a batch says it has ${count} records; there are ${bytes.length} bytes for them`,
    )
  }
  const baseOffset = header.baseOffset(buffer, at)
  const baseTimestamp = header.baseTimestamp(buffer, at)
  const isAppendTime = header.timestampType(buffer, at) === 'LogAppendTime'
  const logAppendTimeMs = isAppendTime ? header.maxTimestamp(buffer, at) : null
  const cursor = new RecordCursor(bytes, 0, bytes.length)
  const records: Record[] = []
  for (let index = 0; index < count; index++) {
    records.push(readRecord(cursor, baseOffset, baseTimestamp, logAppendTimeMs))
  }
  if (cursor.at !== bytes.length) {
    throw new KafkaError(
      'INVALID_RECORD',
      `${bytes.length - cursor.at} bytes are left after the ${count} records of a batch`,
    )
  }
  return records
}
