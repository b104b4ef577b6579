import { KafkaError } from '@ottla/protocol'
import { assert } from '@ottla/runtime'
import type { TopicSettings } from '@ottla/metadata'
import type { TopicTraffic } from '../metrics/topic-traffic.ts'
import type { AppendResult, LeaderAppend, Log, LogSlice, TimestampedOffset } from '@ottla/storage'

/** Told when more of a partition can be read, or when it can no longer be read here. */
export interface PartitionWatcher {
  /** `bytes` more became readable: appended and, for consumers, committed. */
  onReadable(bytes: number): void
  /** This broker stopped leading the partition, or the topic was deleted. */
  onGone(): void
}

/** Who leads a partition, as the metadata image says. */
export interface Leadership {
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
}

export interface PartitionOptions {
  readonly topic: string
  readonly topicId: string
  readonly index: number
  readonly brokerId: number
  readonly log: Log
  /** Where the topic's records are counted. */
  readonly traffic: TopicTraffic
  /** The topic's settings in force. */
  readonly settings: TopicSettings
  /** From the checkpoint file; the high watermark that was known when the broker stopped. */
  readonly highWatermark: number
}

export interface Appended {
  readonly result: AppendResult
  /** Set while the records are not yet committed (or, with flush.messages, not yet on disk). */
  readonly committed?: Promise<void>
  /** Set while `flush.messages` wants the records on this broker's disk, and they are not. */
  readonly durable?: Promise<void>
}

/** An append that `flush.messages` wants on disk before anybody sees it. */
interface Unsynced {
  readonly baseOffset: number
  readonly sizeBytes: number
}

interface CommitWaiter {
  readonly offset: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/**
 * This broker's replica of a partition: its log, who leads it, and how far it is committed.
 *
 * Invariants
 *   logStartOffset <= highWatermark <= logEndOffset
 *   the high watermark never moves back while one leader epoch lasts
 *   it never passes what `flush.messages` wants on disk and is not: a power cut takes back nothing
 *   that a consumer has seen
 */
export class Partition {
  readonly topic: string
  readonly topicId: string
  readonly index: number
  #log: Log
  readonly traffic: TopicTraffic
  readonly #brokerId: number
  #leadership: Leadership = { leaderId: -1, leaderEpoch: -1, replicas: [], isr: [] }
  #settings: TopicSettings
  #isGone = false
  /** Why it cannot be used before the next start; null while its disk works. */
  #offline: KafkaError | null = null
  readonly #watchers = new Set<PartitionWatcher>()
  #commitWaiters: CommitWaiter[] = []
  /** In the order of their offsets. */
  readonly #unsynced = new Set<Unsynced>()

  constructor(options: PartitionOptions) {
    this.topic = options.topic
    this.topicId = options.topicId
    this.index = options.index
    this.#log = options.log
    this.traffic = options.traffic
    this.#brokerId = options.brokerId
    this.#settings = options.settings
    this.log.highWatermark = options.highWatermark
  }

  /** Another one once it has been moved to another data directory: hold it no longer than a turn. */
  get log(): Log {
    return this.#log
  }

  /** The log has been moved: this one has its place, and all that it had. */
  moveTo(log: Log): void {
    assert(log.logEndOffset === this.#log.logEndOffset, 'a moved log has every record')
    this.#log = log
  }

  get leaderId(): number {
    return this.#leadership.leaderId
  }

  get leaderEpoch(): number {
    return this.#leadership.leaderEpoch
  }

  get isr(): readonly number[] {
    return this.#leadership.isr
  }

  get replicaCount(): number {
    return this.#leadership.replicas.length
  }

  get isLeader(): boolean {
    return !this.#isGone && this.#leadership.leaderId === this.#brokerId
  }

  get settings(): TopicSettings {
    return this.#settings
  }

  get highWatermark(): number {
    return this.log.highWatermark
  }

  /** Below it every transaction has ended: how far a read_committed consumer may read. */
  get lastStableOffset(): number {
    return this.log.lastStableOffset
  }

  /** Takes what the image says; a new leader epoch is written down before anything is appended in it. */
  follow(leadership: Leadership): void {
    const wasLeader = this.isLeader
    const isNewEpoch = leadership.leaderEpoch > this.#leadership.leaderEpoch
    assert(
      leadership.leaderEpoch >= this.#leadership.leaderEpoch,
      'the image never moves a leader epoch back',
    )
    this.#leadership = leadership
    if (this.isLeader) {
      if (isNewEpoch) this.log.beginEpoch(leadership.leaderEpoch)
      this.#advanceHighWatermark()
    } else if (wasLeader) {
      this.#release(
        new KafkaError('NOT_LEADER_OR_FOLLOWER', `${this.name} is led by another broker now`),
      )
    }
  }

  /** The topic's settings changed; they count from the next append on. */
  configure(settings: TopicSettings): void {
    this.#settings = settings
    this.log.updateConfig(settings)
  }

  get name(): string {
    return `${this.topic}-${this.index}`
  }

  /**
   * Refuses a request made for another leader epoch than this replica's (KIP-320); -1 is not checked.
   * @throws {KafkaError} FENCED_LEADER_EPOCH for an older one, UNKNOWN_LEADER_EPOCH for a newer one.
   */
  checkLeaderEpoch(currentLeaderEpoch: number): void {
    if (currentLeaderEpoch < 0 || currentLeaderEpoch === this.leaderEpoch) return
    if (currentLeaderEpoch < this.leaderEpoch) throw new KafkaError('FENCED_LEADER_EPOCH')
    throw new KafkaError('UNKNOWN_LEADER_EPOCH')
  }

  /**
   * Appends batches as the leader.
   *
   * @param minInSyncReplicas With `acks=all`, refuses when fewer replicas are in sync; 0 does not ask.
   *   A partition with fewer replicas than that wants all of them.
   * @throws {KafkaError} NOT_LEADER_OR_FOLLOWER, NOT_ENOUGH_REPLICAS, and what `Log.appendAsLeader` throws.
   */
  append(records: Buffer, origin: LeaderAppend['origin'], minInSyncReplicas: number): Appended {
    this.requireLeader()
    if (Math.min(minInSyncReplicas, this.#leadership.replicas.length) > this.isr.length) {
      throw new KafkaError(
        'NOT_ENOUGH_REPLICAS',
        `${this.name} has ${this.isr.length} in-sync replicas, min.insync.replicas asks for ${minInSyncReplicas}`,
      )
    }
    const { leaderEpoch } = this
    const result = this.log.appendAsLeader(records, { leaderEpoch, origin })
    if (result.isDuplicate) this.traffic.countProduced(0, 0)
    else this.traffic.countProduced(result.lastOffset - result.baseOffset + 1, records.length)
    if (result.durable !== null) {
      const committed = this.#synced(result, result.durable, records.length)
      return { result, committed, durable: result.durable }
    }
    this.#showUpToHighWatermark(records.length)
    if (this.highWatermark > result.lastOffset) return { result }
    return { result, committed: this.#committed(result) }
  }

  async #synced(result: AppendResult, durable: Promise<void>, sizeBytes: number): Promise<void> {
    if (result.isDuplicate) {
      await durable
    } else {
      const unsynced = { baseOffset: result.baseOffset, sizeBytes }
      this.#unsynced.add(unsynced)
      // Where the device fails it stays: the log takes no more, and nobody may see what is not on disk.
      await durable
      this.#unsynced.delete(unsynced)
      this.#showUpToHighWatermark(sizeBytes)
    }
    await this.#committed(result)
  }

  /** Moves the high watermark, and tells those who wait for it. */
  #showUpToHighWatermark(sizeBytes: number): void {
    const before = this.highWatermark
    this.#advanceHighWatermark()
    if (this.highWatermark === before) return
    for (const watcher of this.#watchers) watcher.onReadable(sizeBytes)
  }

  async #committed(result: AppendResult): Promise<void> {
    if (this.highWatermark > result.lastOffset) return
    await new Promise<void>((resolve, reject) => {
      this.#commitWaiters.push({ offset: result.lastOffset, resolve, reject })
    })
  }

  /** Whole batches from the one that holds `offset`; only what the reader may see. */
  read(
    offset: number,
    maxBytes: number,
    endOffset: number,
    minOneBatch: boolean,
  ): LogSlice | Promise<LogSlice> {
    const request = { offset, maxBytes, endOffset, minOneBatch }
    const slice = this.#log.read(request)
    if (!(slice instanceof Promise)) return slice
    return this.#whereverItIs(slice, (log) => log.read(request))
  }

  /** As `Log.findByTimestamp`; without a timestamp, as `Log.findMaxTimestamp`. */
  findByTimestamp(timestamp: number | null): Promise<TimestampedOffset | null> {
    const find = (log: Log): Promise<TimestampedOffset | null> =>
      timestamp === null ? log.findMaxTimestamp() : log.findByTimestamp(timestamp)
    return this.#whereverItIs(find(this.#log), find)
  }

  /**
   * Records before `offset` cannot be read any more; where the log already starts later, nothing happens.
   * @returns The low watermark, which is the log start offset where nobody follows.
   * @throws {KafkaError} NOT_LEADER_OR_FOLLOWER, OFFSET_OUT_OF_RANGE above the high watermark.
   */
  deleteRecordsBefore(offset: number): number {
    this.requireLeader()
    this.log.deleteRecordsBefore(offset)
    return this.log.logStartOffset
  }

  watch(watcher: PartitionWatcher): void {
    this.#watchers.add(watcher)
  }

  unwatch(watcher: PartitionWatcher): void {
    this.#watchers.delete(watcher)
  }

  /** @throws {KafkaError} NOT_LEADER_OR_FOLLOWER, KAFKA_STORAGE_ERROR. */
  requireLeader(): void {
    if (this.#offline !== null) throw this.#offline
    if (!this.isLeader) {
      throw new KafkaError('NOT_LEADER_OR_FOLLOWER', `this broker does not lead ${this.name}`)
    }
  }

  /** Its disk failed: everybody who waits is told KAFKA_STORAGE_ERROR, and so is whoever comes. */
  goOffline(reason: string): void {
    if (this.#isGone) return
    this.#offline = new KafkaError('KAFKA_STORAGE_ERROR', `${this.name} is offline: ${reason}`)
    this.#isGone = true
    this.#release(this.#offline)
  }

  /** The topic was deleted, or the replica moved away: everybody who waits is told. */
  remove(): void {
    if (this.#isGone) return
    this.#isGone = true
    this.#release(new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `${this.name} was deleted`))
  }

  /** What reads files that are moved away meanwhile reads again where they are now. */
  async #whereverItIs<T>(reading: Promise<T>, again: (log: Log) => T | Promise<T>): Promise<T> {
    const log = this.#log
    try {
      return await reading
    } catch (error) {
      if (this.#log === log) throw error
      return await again(this.#log)
    }
  }

  /** The high watermark is the lowest log end offset of the replicas in sync. */
  #advanceHighWatermark(): void {
    // Followers' log end offsets join here with replication; alone in the ISR, the leader's own decides.
    if (this.isr.length === 1 && this.isr[0] === this.#brokerId) {
      let next = this.log.logEndOffset
      const [unsynced] = this.#unsynced.size === 0 ? [] : this.#unsynced
      if (unsynced !== undefined) next = unsynced.baseOffset
      assert(next >= this.highWatermark, 'the high watermark never moves back')
      this.log.highWatermark = next
    }
    if (this.#commitWaiters.length === 0) return
    const waiting = this.#commitWaiters
    this.#commitWaiters = waiting.filter(({ offset }) => offset >= this.highWatermark)
    for (const { offset, resolve } of waiting) if (offset < this.highWatermark) resolve()
  }

  #release(error: Error): void {
    const watchers = [...this.#watchers]
    this.#watchers.clear()
    const waiters = this.#commitWaiters
    this.#commitWaiters = []
    for (const watcher of watchers) watcher.onGone()
    for (const { reject } of waiters) reject(error)
  }
}
