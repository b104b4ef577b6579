import type { RecordHeader } from '@ottla/records'

/** A record to send. A string is its UTF-8 bytes. */
export interface OutgoingRecord {
  readonly topic: string
  /** Default: chosen by the key, or, without one, whichever partition is being filled. */
  readonly partition?: number
  readonly key?: Buffer | string | null
  /** null is a tombstone: on a compacted topic it deletes the key. */
  readonly value: Buffer | string | null
  readonly headers?: readonly RecordHeader[]
  /** Milliseconds since the epoch. Default: now. */
  readonly timestamp?: number
}

/** Where a record is stored. */
export interface RecordMetadata {
  readonly topic: string
  readonly partition: number
  /** -1 when it is not known: with acks 0, or when a retry found that it was stored already. */
  readonly offset: number
  /** The broker's time when the topic has LogAppendTime, else the record's own. */
  readonly timestamp: number
}
