import type { Logger } from '@ottla/runtime'
import type { LogConfig } from './log-config.ts'
import type { LogLoadOptions } from './log-loader.ts'
import type { StorageResources } from './resources.ts'

/** `producer.id.expiration.ms`: one day. */
export const PRODUCER_ID_EXPIRATION_MS = 86_400_000

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
  /** After an unclean stop: whether Ottla wrote it last, default true; else no hole in it is a lost end. */
  readonly wasOurs?: boolean
  /** `producer.id.expiration.ms`, or what it is by then; default one day. */
  readonly producerIdExpirationMs?: number | (() => number)
  /**
   * Writes down the log's recovery point and log start offset, which have just moved back; resolves once
   * they are durable. Default: nothing, for a log that is recovered from its start.
   */
  readonly checkpoint?: () => Promise<void>
  /** Names of files in the folder that are its owner's, not the log's; others are told of. */
  readonly ownersFiles?: RegExp
}

/** How long a silent producer is remembered. */
export function expirationOf({
  producerIdExpirationMs = PRODUCER_ID_EXPIRATION_MS,
}: LogOptions): () => number {
  return typeof producerIdExpirationMs === 'number'
    ? () => producerIdExpirationMs
    : producerIdExpirationMs
}

/** As the loader wants it, with the defaults. */
export function loadOptionsOf(options: LogOptions, name: string, logger: Logger): LogLoadOptions {
  const { resources, directory, config, ownersFiles } = options
  return {
    resources,
    directory,
    name,
    config,
    logger,
    logStartOffset: options.logStartOffset ?? 0,
    recoveryPoint: options.recoveryPoint ?? 0,
    cleanedTo: options.cleanedTo ?? null,
    isClean: options.isClean ?? false,
    wasOurs: options.wasOurs ?? true,
    producerIdExpirationMs: expirationOf(options)(),
    ...(ownersFiles === undefined ? {} : { ownersFiles }),
  }
}
