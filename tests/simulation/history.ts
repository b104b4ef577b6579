/** What the clients of one simulated world were told, for the invariants to hold it against the end. */

/** A record that a writer sent; its value names it. */
export interface SentRecord {
  readonly topic: string
  readonly partition: number
  /** `writer.life:number`: a life is one producer, its numbers go up by one in each partition. */
  readonly value: string
}

export interface AcknowledgedRecord extends SentRecord {
  readonly offset: number
}

/** A record as a member of a group got it. */
export interface DeliveredRecord {
  readonly member: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly value: string
}

export interface WatermarkSeen {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timeMs: number
}

export class History {
  readonly acknowledged: AcknowledgedRecord[] = []
  readonly failed: { readonly record: SentRecord; readonly error: Error }[] = []
  readonly delivered: DeliveredRecord[] = []
  readonly watermarks: WatermarkSeen[] = []
  /** The highest acknowledged commit of each partition, by group and partition. */
  readonly committed = new Map<string, Map<string, number>>()
  /** Topics whose creation was answered, with their partitions; deletion takes them out again. */
  readonly topics = new Map<string, { readonly partitions: number; readonly retentionMs: string }>()
  readonly deletedTopics = new Set<string>()
  /** Topics whose creation or deletion was asked for and never answered: anything may be true. */
  readonly unsureTopics = new Set<string>()
  /** What stopped the broker by itself, and what it logged as its own mistake. */
  readonly brokerFailures: Error[] = []

  commit(group: string, partition: string, offset: number): void {
    let offsets = this.committed.get(group)
    if (offsets === undefined) this.committed.set(group, (offsets = new Map()))
    offsets.set(partition, Math.max(offset, offsets.get(partition) ?? 0))
  }
}
