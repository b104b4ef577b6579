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
  /** Whether the broker stopped as it should; default false. */
  readonly isClean?: boolean
  /** `producer.id.expiration.ms`; default one day. */
  readonly producerIdExpirationMs?: number
  /**
   * Writes down the log's recovery point and log start offset, which have just moved back; resolves once
   * they are durable. Default: nothing, for a log that is recovered from its start.
   */
  readonly checkpoint?: () => Promise<void>
  /** Names of files in the folder that are its owner's, not the log's; others are told of. */
  readonly ownersFiles?: RegExp
}
