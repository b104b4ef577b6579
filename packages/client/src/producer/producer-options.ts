import type { CompressionCodec } from '@ottla/records'

export interface ProducerOptions {
  /**
   * When a record counts as stored: 'all' in-sync replicas have it, the 'leader' has it, or 'none' asks
   * (then nothing tells that it was lost). Default 'all'.
   */
  readonly acks?: 'all' | 'leader' | 'none'
  /** Retries store no record twice and keep the order (KIP-98). Default true with acks 'all'. */
  readonly isIdempotent?: boolean
  /** Default 'none'. */
  readonly compression?: CompressionCodec
  /** Default: the codec's own. */
  readonly compressionLevel?: number
  /** How long a record may wait for others to fill its batch. Default 0: those sent in one go. */
  readonly lingerMs?: number
  /** A batch's records before compression. Default 256 KiB. */
  readonly batchSizeBytes?: number
  /** A record larger than this is refused at once. Default 1 MiB. */
  readonly maxRequestSizeBytes?: number
  /** More than this unsent makes `drained()` wait. Default 32 MiB. */
  readonly bufferBytes?: number
  /** How long a send may take, with all its retries. Default 2 min. */
  readonly deliveryTimeoutMs?: number
  /** Whether sending to a missing topic creates it, where the broker allows. Default true. */
  readonly allowAutoTopicCreation?: boolean
}

export type ResolvedProducerOptions = Required<Omit<ProducerOptions, 'compressionLevel'>> &
  Pick<ProducerOptions, 'compressionLevel'>

export function resolveProducerOptions(options: ProducerOptions): ResolvedProducerOptions {
  const acks = options.acks ?? 'all'
  return {
    isIdempotent: acks === 'all',
    compression: 'none',
    lingerMs: 0,
    batchSizeBytes: 262_144,
    maxRequestSizeBytes: 1_048_576,
    bufferBytes: 33_554_432,
    deliveryTimeoutMs: 120_000,
    allowAutoTopicCreation: true,
    ...options,
    acks,
  }
}
