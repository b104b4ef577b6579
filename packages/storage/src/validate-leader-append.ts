import { KafkaError } from '@ottla/protocol'
import type { AppendRules, CompressionCodec, ValidatedBatch } from '@ottla/records'
import { validateProduced, wholeBatchSize } from '@ottla/records'
import type { LogConfig } from './log-config.ts'

export interface LeaderAppendContext {
  readonly baseOffset: number
  readonly leaderEpoch: number
  readonly origin: 'client' | 'coordinator' | 'admin'
  readonly nowMs: number
  /** The partition, for messages. */
  readonly where: string
  readonly config: LogConfig
}

export type ValidatedAppend = Pick<
  ValidatedBatch,
  'bytes' | 'lastOffset' | 'maxTimestamp' | 'logAppendTimeMs'
>

/**
 * Batches ready to be written. A client's request has exactly one; the broker itself may append
 * several at once.
 */
export function validateLeaderAppend(
  records: Buffer,
  context: LeaderAppendContext,
): ValidatedAppend {
  const { origin, config, where } = context
  const size = wholeBatchSize(records, 0, records.length)
  const validated =
    origin === 'client' || size === 0 || size === records.length
      ? validateProduced(records, rulesOf(context, context.baseOffset))
      : validateSeveral(records, context)
  if (validated.bytes.length > config.segmentBytes) {
    throw new KafkaError(
      'RECORD_LIST_TOO_LARGE',
      `an append of ${validated.bytes.length} bytes to ${where} exceeds segment.bytes, ${config.segmentBytes}`,
    )
  }
  return validated
}

function validateSeveral(records: Buffer, context: LeaderAppendContext): ValidatedAppend {
  const batches: Buffer[] = []
  let nextOffset = context.baseOffset
  let maxTimestamp = -1
  let logAppendTimeMs = -1
  for (let at = 0; at < records.length;) {
    const size = wholeBatchSize(records, at, records.length)
    if (size === 0) break
    const rules = rulesOf(context, nextOffset)
    const validated = validateProduced(records.subarray(at, at + size), rules)
    batches.push(validated.bytes)
    nextOffset = validated.lastOffset + 1
    maxTimestamp = Math.max(maxTimestamp, validated.maxTimestamp)
    logAppendTimeMs = validated.logAppendTimeMs
    at += size
  }
  const bytes = Buffer.concat(batches)
  return { bytes, lastOffset: nextOffset - 1, maxTimestamp, logAppendTimeMs }
}

function rulesOf(context: LeaderAppendContext, baseOffset: number): AppendRules {
  const { config } = context
  return {
    baseOffset,
    partitionLeaderEpoch: context.leaderEpoch,
    nowMs: context.nowMs,
    origin: context.origin,
    where: context.where,
    maxMessageBytes: config.maxMessageBytes,
    compressionType: codecOf(config),
    compressionLevel: levelOf(config),
    timestampType: config.messageTimestampType,
    timestampBeforeMaxMs: config.messageTimestampBeforeMaxMs,
    timestampAfterMaxMs: config.messageTimestampAfterMaxMs,
    isCompacted: config.cleanupPolicy.includes('compact'),
  }
}

/** `compression.type` says 'uncompressed' where a batch's codec is 'none'. */
function codecOf({ compressionType }: LogConfig): 'producer' | CompressionCodec {
  return compressionType === 'uncompressed' ? 'none' : compressionType
}

function levelOf(config: LogConfig): number | undefined {
  switch (config.compressionType) {
    case 'gzip':
      return config.compressionGzipLevel
    case 'lz4':
      return config.compressionLz4Level
    case 'zstd':
      return config.compressionZstdLevel
    case 'producer':
    case 'uncompressed':
    case 'snappy':
      return undefined
    default:
      return config.compressionType satisfies never
  }
}
