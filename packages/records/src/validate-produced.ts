import { KafkaError } from '@ottla/protocol'
import * as header from './batch-header.ts'
import { checkBatch, wholeBatchSize } from './check-batch.ts'
import type { RecordFindings, RecordRules } from './check-records.ts'
import { checkRecords } from './check-records.ts'
import type { CompressionCodec } from './compression/codec.ts'
import { compress } from './compression/compress.ts'
import { idOfCodec } from './compression/codec.ts'
import { decodeBatch, recordBytes } from './decode-batch.ts'
import { encodeBatch } from './encode-batch.ts'
import { recordValidationError } from './record-errors.ts'

/**
 * What a leader does to the records that somebody wants appended: checks them, assigns their offsets, sets
 * their time where the topic asks for append time, recompresses where the topic asks for another codec.
 * README.md has the list of checks and where Apache Kafka differs.
 */
export interface AppendRules {
  /** The offset that the first record gets: the log end offset. */
  readonly baseOffset: number
  readonly partitionLeaderEpoch: number
  readonly nowMs: number
  /**
   * Who wrote the batch. Of a client everything is checked, its records one by one. Of the broker itself
   * only the header is.
   */
  readonly origin: 'client' | 'coordinator' | 'admin'
  /** For error messages: topic and partition, as in 'orders-3'. */
  readonly where: string
  /** `max.message.bytes` */
  readonly maxMessageBytes: number
  /** `compression.type`; its value 'uncompressed' is the codec 'none' */
  readonly compressionType: 'producer' | CompressionCodec
  /** `compression.gzip.level` or its like, of the codec above; each codec's own default without it. */
  readonly compressionLevel?: number | undefined
  /** `message.timestamp.type` */
  readonly timestampType: header.TimestampType
  /** `message.timestamp.before.max.ms` */
  readonly timestampBeforeMaxMs: number
  /** `message.timestamp.after.max.ms` */
  readonly timestampAfterMaxMs: number
  /** Whether `cleanup.policy` has `compact`: then every record needs a key. */
  readonly isCompacted: boolean
  /** Default `UNCOMPRESSED_BYTES_MAX`. */
  readonly maxUncompressedBytes?: number | undefined
}

export interface ValidatedBatch {
  /** The batch to append: the bytes that came in, changed in place, unless it had to be written anew. */
  readonly bytes: Buffer
  readonly baseOffset: number
  readonly lastOffset: number
  readonly maxTimestamp: number
  /** The offset that a time index entry for `maxTimestamp` gets: the batch's last, as in Kafka. */
  readonly offsetOfMaxTimestamp: number
  /** -1 unless the topic has LogAppendTime. */
  readonly logAppendTimeMs: number
  readonly recordCount: number
}

const findings: RecordFindings = { maxTimestamp: -1, isConsecutive: true, faultCount: 0 }

/**
 * @param records exactly one batch of format 2 from its first byte on; a cut-off second one is ignored, as
 *   Kafka does. Changed in place.
 * @throws KafkaError CORRUPT_MESSAGE (CRC, length, magic), INVALID_RECORD, MESSAGE_TOO_LARGE,
 *   UNSUPPORTED_COMPRESSION_TYPE; RecordValidationError when single records are at fault
 */
export function validateProduced(records: Buffer, rules: AppendRules): ValidatedBatch {
  const size = requireOneBatch(records, rules)
  const batch = size === records.length ? records : records.subarray(0, size)
  if (rules.origin === 'client') checkClientBatch(batch, rules)

  const source = header.compressionCodec(batch, 0)
  const isTrusted = rules.origin !== 'client'
  const target = targetCodec(batch, source, rules)
  if (isTrusted && target === source) return finish(batch, header.maxTimestamp(batch, 0), rules)

  const plain = recordBytes(batch, 0, size, rules.maxUncompressedBytes)
  const baseTimestamp = header.baseTimestamp(batch, 0)
  const count = header.recordCount(batch, 0)
  const recordRules = isTrusted ? NO_RULES : recordRulesOf(rules)
  checkRecords(plain, 0, plain.length, count, baseTimestamp, recordRules, findings)
  if (findings.faultCount > 0 || hasProducersAppendTime(batch, rules)) {
    throw recordValidationError(plain, batch, recordRules, rules)
  }
  const { maxTimestamp, isConsecutive } = findings
  if (!isConsecutive && !isTrusted) {
    return finish(renumbered(batch, target, rules), maxTimestamp, rules)
  }
  if (target === source) return finish(batch, maxTimestamp, rules)
  return finish(recompressed(batch, plain, target, rules), maxTimestamp, rules)
}

/**
 * The checks that belong to a Produce request rather than to a log: one batch, of format 2, and no zstd
 * before version 7 (KIP-110).
 *
 * @throws KafkaError INVALID_RECORD, UNSUPPORTED_COMPRESSION_TYPE, CORRUPT_MESSAGE
 */
export function checkProduceFormat(records: Buffer | null, version: number): void {
  const size = records === null ? 0 : wholeBatchSize(records, 0, records.length)
  if (records === null || size === 0) {
    throw new KafkaError(
      'INVALID_RECORD',
      `produce requests with version ${version} must have one record batch per partition; there is none`,
    )
  }
  requireFormat2(records, size)
  if (version < 7 && (header.attributes(records, 0) & header.ATTRIBUTE_CODEC_MASK) === 4) {
    throw new KafkaError(
      'UNSUPPORTED_COMPRESSION_TYPE',
      `produce requests with version ${version} cannot carry zstd; version 7 and later can`,
    )
  }
  requireNoSecondBatch(records, size)
}

function requireOneBatch(records: Buffer, rules: AppendRules): number {
  const found = wholeBatchSize(records, 0, records.length)
  if (found === 0) {
    throw new KafkaError(
      'INVALID_RECORD',
      `there is no record batch in the append to ${rules.where}`,
    )
  }
  requireFormat2(records, found)
  if (rules.origin === 'client') requireBaseOffset0(records, rules)
  if (found > rules.maxMessageBytes) throw tooLarge(found, rules)
  const size = checkBatch(records, 0, records.length)
  requireNoSecondBatch(records, size)
  return size
}

function requireFormat2(records: Buffer, size: number): void {
  const format = header.magic(records, 0)
  if (format === header.MAGIC_V2 && size >= header.BATCH_HEADER_BYTES) return
  if (format === header.MAGIC_V2) {
    throw new KafkaError(
      'CORRUPT_MESSAGE',
      `record batch has ${size} bytes; its header alone has ${header.BATCH_HEADER_BYTES}`,
    )
  }
  throw new KafkaError(
    'INVALID_RECORD',
    `record batch has magic ${format}; only format 2 can be produced`,
  )
}

function requireNoSecondBatch(records: Buffer, size: number): void {
  if (size === records.length || wholeBatchSize(records, size, records.length) === 0) return
  throw new KafkaError(
    'INVALID_RECORD',
    'there is more than one record batch; a produce request has exactly one per partition',
  )
}

function requireBaseOffset0(records: Buffer, { where }: AppendRules): void {
  const baseOffset = header.baseOffset(records, 0)
  if (baseOffset === 0) return
  throw new KafkaError(
    'INVALID_RECORD',
    `the base offset of a batch to append to ${where} must be 0, not ${baseOffset}`,
  )
}

function checkClientBatch(batch: Buffer, { where }: AppendRules): void {
  const count = header.recordCount(batch, 0)
  if (count <= 0) {
    throw new KafkaError('INVALID_RECORD', `a batch for ${where} says it has ${count} records`)
  }
  const lastDelta = header.lastOffsetDelta(batch, 0)
  if (lastDelta !== count - 1) {
    throw new KafkaError(
      'INVALID_RECORD',
      `a batch for ${where} has offsets 0 to ${lastDelta} but says it has ${count} records`,
    )
  }
  if (header.isControlBatch(batch, 0)) {
    throw new KafkaError('INVALID_RECORD', `clients cannot write control records to ${where}`)
  }
  const producerId = header.producerId(batch, 0)
  const sequence = header.baseSequence(batch, 0)
  if (producerId > header.NO_PRODUCER_ID && sequence < 0) {
    throw new KafkaError(
      'INVALID_RECORD',
      `a batch of producer ${producerId} for ${where} has base sequence ${sequence}`,
    )
  }
}

/** Control batches stay as they are: readers expect them uncompressed. */
function targetCodec(
  batch: Buffer,
  source: CompressionCodec,
  rules: AppendRules,
): CompressionCodec {
  if (rules.compressionType === 'producer') return source
  return header.isControlBatch(batch, 0) && source === 'none' ? source : rules.compressionType
}

const NO_RULES: RecordRules = {
  isKeyRequired: false,
  timestampMin: -Infinity,
  timestampMax: Infinity,
}

function recordRulesOf(rules: AppendRules): RecordRules {
  const isCreateTime = rules.timestampType === 'CreateTime'
  return {
    isKeyRequired: rules.isCompacted,
    timestampMin: isCreateTime ? rules.nowMs - rules.timestampBeforeMaxMs : -Infinity,
    timestampMax: isCreateTime ? rules.nowMs + rules.timestampAfterMaxMs : Infinity,
  }
}

/** Append time is the broker's to set: a producer that claims it is refused where it would be believed. */
function hasProducersAppendTime(batch: Buffer, rules: AppendRules): boolean {
  return (
    rules.origin === 'client' &&
    rules.timestampType === 'LogAppendTime' &&
    header.timestampType(batch, 0) === 'LogAppendTime'
  )
}

function recompressed(
  batch: Buffer,
  plain: Buffer,
  target: CompressionCodec,
  rules: AppendRules,
): Buffer {
  const records = compress(target, plain, rules.compressionLevel)
  const result = Buffer.allocUnsafe(header.BATCH_HEADER_BYTES + records.length)
  batch.copy(result, 0, 0, header.BATCH_HEADER_BYTES)
  result.set(records, header.BATCH_HEADER_BYTES)
  const others = header.attributes(batch, 0) & ~header.ATTRIBUTE_CODEC_MASK
  header.setSizeAndAttributes(result, 0, result.length, others | idOfCodec(target))
  return result
}

/** Some old clients do not number the records inside a batch; Kafka numbers them anew, and so do we. */
function renumbered(batch: Buffer, target: CompressionCodec, rules: AppendRules): Buffer {
  const { maxUncompressedBytes, compressionLevel } = rules
  const decoded = decodeBatch(
    batch,
    0,
    maxUncompressedBytes === undefined ? {} : { maxUncompressedBytes },
  )
  const { sizeBytes: _, crc: _crc, lastOffsetDelta: _delta, ...kept } = decoded
  const records = decoded.records.map(({ offset: _offset, ...record }) => record)
  return encodeBatch({ ...kept, records, compression: target, compressionLevel })
}

function finish(batch: Buffer, recordsMaxTimestamp: number, rules: AppendRules): ValidatedBatch {
  if (batch.length > rules.maxMessageBytes) throw tooLarge(batch.length, rules)
  const { timestampType, baseOffset, nowMs } = rules
  const isAppendTime = timestampType === 'LogAppendTime'
  const maxTimestamp = isAppendTime ? nowMs : recordsMaxTimestamp
  header.setMaxTimestamp(batch, 0, timestampType, maxTimestamp)
  header.setBaseOffset(batch, 0, baseOffset)
  header.setPartitionLeaderEpoch(batch, 0, rules.partitionLeaderEpoch)
  const lastOffset = header.lastOffset(batch, 0)
  return {
    bytes: batch,
    baseOffset,
    lastOffset,
    maxTimestamp,
    offsetOfMaxTimestamp: lastOffset,
    logAppendTimeMs: isAppendTime ? nowMs : header.NO_TIMESTAMP,
    recordCount: header.recordCount(batch, 0),
  }
}

function tooLarge(size: number, { where, maxMessageBytes }: AppendRules): KafkaError {
  return new KafkaError(
    'MESSAGE_TOO_LARGE',
    `a record batch for ${where} has ${size} bytes; max.message.bytes is ${maxMessageBytes}`,
  )
}
