/**
 * A topic's effective settings, as far as its log is concerned: Kafka's topic settings in camelCase.
 *
 * Sizes are bytes and times milliseconds. What Kafka expresses as the largest int64 ("never") is
 * `Infinity`, or any number from 2^53 on; -1 is -1.
 */
export interface LogConfig {
  /** `cleanup.policy`; neither policy means: keep everything. */
  readonly cleanupPolicy: readonly ('delete' | 'compact')[]
  /** `compression.type`; 'producer' keeps what came. */
  readonly compressionType: 'producer' | 'uncompressed' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
  readonly compressionGzipLevel: number
  readonly compressionLz4Level: number
  readonly compressionZstdLevel: number
  /** `max.message.bytes`: the most one batch may have, after compression. */
  readonly maxMessageBytes: number
  readonly messageTimestampType: 'CreateTime' | 'LogAppendTime'
  /** `message.timestamp.before.max.ms`: how far behind the broker's clock a timestamp may be. */
  readonly messageTimestampBeforeMaxMs: number
  /** `message.timestamp.after.max.ms`: how far ahead of the broker's clock a timestamp may be. */
  readonly messageTimestampAfterMaxMs: number
  /** `segment.bytes` (or `internal.segment.bytes`). */
  readonly segmentBytes: number
  readonly segmentMs: number
  readonly segmentJitterMs: number
  /** `segment.index.bytes`: a segment rolls when either index would outgrow it. */
  readonly segmentIndexBytes: number
  readonly indexIntervalBytes: number
  /** -1: no limit. */
  readonly retentionBytes: number
  /** -1: no limit. */
  readonly retentionMs: number
  readonly fileDeleteDelayMs: number
  /** Whether a new segment's file has `segmentBytes` at once; it is cut when it takes no more. */
  readonly preallocate: boolean
  /** `flush.messages`: an append is acknowledged as durable after so many messages; Infinity: never. */
  readonly flushMessages: number
  /** `flush.ms`: the longest a message stays in memory only; Infinity: until the system decides. */
  readonly flushMs: number
  /** `min.cleanable.dirty.ratio`: how much of a log must be dirty for it to be compacted, 0 to 1. */
  readonly minCleanableDirtyRatio: number
  /** `delete.retention.ms`: how long tombstones and markers stay once they were compacted. */
  readonly deleteRetentionMs: number
  /** `min.compaction.lag.ms`: how long a record stays uncompacted, at the least. */
  readonly minCompactionLagMs: number
  /** `max.compaction.lag.ms`: how long a record may wait for compaction; Infinity: until it is worth it. */
  readonly maxCompactionLagMs: number
}

/** Whether a number of messages or milliseconds means "never". */
export function isNever(value: number): boolean {
  return value >= Number.MAX_SAFE_INTEGER
}

/** Kafka's defaults, the only place where they stand. */
export const defaultLogConfig: LogConfig = {
  cleanupPolicy: ['delete'],
  compressionType: 'producer',
  compressionGzipLevel: -1,
  compressionLz4Level: 9,
  compressionZstdLevel: 3,
  maxMessageBytes: 1_048_588,
  messageTimestampType: 'CreateTime',
  messageTimestampBeforeMaxMs: Infinity,
  messageTimestampAfterMaxMs: 3_600_000,
  segmentBytes: 1_073_741_824,
  segmentMs: 604_800_000,
  segmentJitterMs: 0,
  segmentIndexBytes: 10_485_760,
  indexIntervalBytes: 4_096,
  retentionBytes: -1,
  retentionMs: 604_800_000,
  fileDeleteDelayMs: 60_000,
  preallocate: false,
  flushMessages: Infinity,
  flushMs: Infinity,
  minCleanableDirtyRatio: 0.5,
  deleteRetentionMs: 86_400_000,
  minCompactionLagMs: 0,
  maxCompactionLagMs: Infinity,
}
