import type { LogCleanerSettings } from './compaction/log-cleaner.ts'
import type { LogConfig } from './log-config.ts'
import type { OfflineDirectory } from './open-directories.ts'
import type { PartitionName } from './paths.ts'
import type { StorageResourcesOptions } from './resources.ts'

export interface LogManagerOptions extends StorageResourcesOptions {
  /** `log.dirs`; made when missing. */
  readonly directories: readonly string[]
  /** `cordoned.log.dirs`: those of `directories` that get no new logs; default none. */
  readonly cordonedDirectories?: readonly string[]
  readonly nodeId: number
  /** Default null: whichever the directories have, or a random one for new directories. */
  readonly clusterId?: string | null
  /** `log.retention.check.interval.ms`; default 5 minutes. */
  readonly retentionCheckIntervalMs?: number
  /** `log.flush.offset.checkpoint.interval.ms`; default 1 minute. */
  readonly recoveryPointCheckpointIntervalMs?: number
  /** `log.flush.start.offset.checkpoint.interval.ms`; default 1 minute. */
  readonly logStartOffsetCheckpointIntervalMs?: number
  /** `replica.high.watermark.checkpoint.interval.ms`; default 5 seconds. */
  readonly highWatermarkCheckpointIntervalMs?: number
  /** `producer.id.expiration.ms`; default 1 day. */
  readonly producerIdExpirationMs?: number
  /** `producer.id.expiration.check.interval.ms`; default 10 minutes. */
  readonly producerIdExpirationCheckIntervalMs?: number
  /** Told once of each data directory whose disk fails while it is used; its logs are gone by then. */
  readonly onDirectoryFailure?: (offline: OfflineDirectory) => void
  /** `log.cleaner.*` */
  readonly cleaner?: LogCleanerSettings
}

export interface LogRequest extends PartitionName {
  readonly topicId: string
  readonly config: LogConfig
  /**
   * False for a partition that had a log before: where that is not found while a directory is offline,
   * no other is made in its place. Default true.
   */
  readonly isNew?: boolean
}
