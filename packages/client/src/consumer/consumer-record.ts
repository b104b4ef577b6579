import type { RecordHeader, TimestampType } from '@ottla/records'

/** A record as it was stored. Key and value are views of what was fetched. */
export interface ConsumerRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Milliseconds since the epoch; -1: none. */
  readonly timestamp: number
  readonly timestampType: TimestampType
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly RecordHeader[]
}

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** Where to begin: an offset, an end of the log, or the first record of a time (ms since the epoch). */
export type StartingPoint = number | 'earliest' | 'latest' | { readonly timestamp: number }

export function partitionName({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}
