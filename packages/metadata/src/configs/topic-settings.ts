export type CleanupPolicy = 'delete' | 'compact'
export type TopicCompressionType = 'producer' | 'uncompressed' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
export type TimestampTypeName = 'CreateTime' | 'LogAppendTime'

/** A topic's effective settings: its own, else the broker's, else the defaults. */
export interface TopicSettings {
  readonly cleanupPolicy: readonly CleanupPolicy[]
  readonly compressionType: TopicCompressionType
  readonly compressionGzipLevel: number
  readonly compressionLz4Level: number
  readonly compressionZstdLevel: number
  readonly deleteRetentionMs: number
  readonly fileDeleteDelayMs: number
  readonly flushMessages: number
  readonly flushMs: number
  readonly followerReplicationThrottledReplicas: readonly string[]
  readonly indexIntervalBytes: number
  readonly leaderReplicationThrottledReplicas: readonly string[]
  readonly localRetentionBytes: number
  readonly localRetentionMs: number
  readonly maxCompactionLagMs: number
  readonly maxMessageBytes: number
  readonly messageTimestampAfterMaxMs: number
  readonly messageTimestampBeforeMaxMs: number
  readonly messageTimestampType: TimestampTypeName
  readonly minCleanableDirtyRatio: number
  readonly minCompactionLagMs: number
  readonly minInsyncReplicas: number
  readonly preallocate: boolean
  readonly remoteLogCopyDisable: boolean
  readonly remoteLogDeleteOnDisable: boolean
  readonly remoteStorageEnable: boolean
  /** -1: no limit. */
  readonly retentionBytes: number
  /** -1: for ever. */
  readonly retentionMs: number
  readonly segmentBytes: number
  readonly segmentIndexBytes: number
  readonly segmentJitterMs: number
  readonly segmentMs: number
  readonly uncleanLeaderElectionEnable: boolean
}
