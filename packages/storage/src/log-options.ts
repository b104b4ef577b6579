import type { LogConfig } from './log-config.ts'
import type { StorageResources } from './resources.ts'

/** What a log is opened with. */
export interface LogOptions {
  readonly resources: StorageResources
  /** The partition's own folder; made when missing. */
  readonly directory: string
  readonly topic: string
  readonly partition: number
  readonly config: LogConfig
  /** From the checkpoint; default 0. */
  readonly logStartOffset?: number
  /** From the checkpoint; default 0: everything is checked. */
  readonly recoveryPoint?: number
  /** From the checkpoint: up to where it was compacted; default null: never. */
  readonly cleanedTo?: number | null
  /** Whether the broker stopped as it should; default false. */
  readonly isClean?: boolean
  /** `producer.id.expiration.ms`; default one day. */
  readonly producerIdExpirationMs?: number
  /** Names of files in the folder that are its owner's, not the log's; others are told of. */
  readonly ownersFiles?: RegExp
}
