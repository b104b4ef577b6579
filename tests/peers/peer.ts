/**
 * What every peer can be asked to do, whichever language it is written in. Programs answer these
 * operations as JSON lines (serve-peer.ts, json_lines.py, Peer.java); kcat is driven by its command line.
 */

export const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
export type Codec = (typeof codecs)[number]

export interface OutgoingRecord {
  readonly partition: number
  readonly key: string | null
  readonly value: string | null
  /** In order; a null value is allowed. */
  readonly headers: readonly (readonly [string, string | null])[]
  /** Milliseconds since the epoch; the client's own clock when missing. */
  readonly timestamp?: number
}

export interface StoredRecord extends OutgoingRecord {
  readonly offset: number
  readonly timestamp: number
}

/**
 * A long run of numbered records: record `i` goes to partition `i % partitions`, and its value is
 * its number within that partition, in decimal, filled with zeros on the left to `valueBytes`.
 */
export interface Run {
  readonly topic: string
  readonly partitions: number
  readonly count: number
  readonly valueBytes: number
  readonly codec: Codec
  readonly idempotent: boolean
}

export interface RunReport {
  /** Records read, duplicates included. */
  readonly received: number
  readonly lost: number
  /** Numbers at or below one seen before in the same partition: repeated or out of order. */
  readonly repeated: number
}

export interface MemberState {
  /** Owned now, sorted. */
  readonly partitions: readonly number[]
  /** Values received since the member started. */
  readonly received: readonly string[]
}

export interface Peer {
  /** Resolves once all records are acknowledged; acks=all. */
  produce(topic: string, codec: Codec, records: readonly OutgoingRecord[]): Promise<void>

  /** Reads partitions 0 to `partitions` - 1 from their start until `count` records have come. */
  consume(topic: string, partitions: number, count: number): Promise<readonly StoredRecord[]>

  /** The first offset at or after a time; null when there is none. */
  offsetForTime(topic: string, partition: number, timestampMs: number): Promise<number | null>

  /** Joins a group, reads `count` records from where it stands (new: the start), commits, leaves. */
  readInGroup(group: string, topic: string, count: number): Promise<readonly StoredRecord[]>

  /** Starts a group member that reads and commits until it is stopped. */
  startMember(member: string, group: string, topic: string): Promise<void>
  memberState(member: string): Promise<MemberState>
  /** Commits, leaves the group, and says what the member received in all. */
  stopMember(member: string): Promise<MemberState>

  /** Produces a run; `onProgress` hears now and then how many records are acknowledged. */
  produceRun(run: Run, onProgress?: (acknowledged: number) => void): Promise<void>
  consumeRun(run: Run): Promise<RunReport>

  close(): Promise<void>
}
