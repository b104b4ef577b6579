import { KafkaError } from '@ottla/protocol'
import type { PartitionData } from '@ottla/protocol/messages/fetch'
import { backoff } from '../cluster/retry.ts'
import type { Cluster } from '../cluster/cluster.ts'
import {
  type ConsumerRecord,
  partitionName,
  type StartingPoint,
  type TopicPartition,
} from './consumer-record.ts'
import { fetchFrom, type FetchSettings } from './fetch-from.ts'
import { type IsolationLevel, offsetOf } from './list-offsets.ts'
import { readFetched } from './read-fetched.ts'

export interface ConsumerOptions {
  /** Whether records of open and aborted transactions are seen. Default 'read_uncommitted', Kafka's. */
  readonly isolationLevel?: IsolationLevel
  /** Where to go on when a position is not in the log (any more). Default 'latest', Kafka's. */
  readonly offsetReset?: 'earliest' | 'latest' | 'error'
  /** Most records of one poll. Default 500. */
  readonly pollRecordsMax?: number
  /** A broker without news holds a fetch back so long. Default 500 ms. */
  readonly fetchMaxWaitMs?: number
  /** … or until there are so many bytes. Default 1. */
  readonly fetchMinBytes?: number
  /** Most bytes of one fetch. Default 50 MiB. */
  readonly fetchMaxBytes?: number
  /** Most bytes of one partition in a fetch; a larger batch passes alone. Default 1 MiB. */
  readonly partitionMaxBytes?: number
}

export interface PollOptions {
  /** Then the poll ends without records. Default: never. */
  readonly timeoutMs?: number
  /** Fewer than `pollRecordsMax`. */
  readonly recordsMax?: number
  readonly signal?: AbortSignal | undefined
}

/** A partition that is read from, and how far. */
interface Reading extends TopicPartition {
  start: StartingPoint
  /** The next offset to hand out; null before `start` is looked up. */
  position: number | null
  /** Fetched and not handed out yet; those behind `next` are. */
  buffered: readonly ConsumerRecord[]
  next: number
  /** Where the next fetch begins. */
  fetchOffset: number
  highWatermark: number
  isBusy: boolean
  failures: number
  notBefore: number
}

/**
 * Reads partitions that it is told to read. Fetches run ahead of `poll` by one answer for each leader.
 */
export class Consumer {
  readonly #cluster: Cluster
  readonly #options: Required<ConsumerOptions>
  readonly #lane: string
  readonly #stop = new AbortController()
  readonly #busyLeaders = new Set<number>()
  #readings = new Map<string, Reading>()
  #failure: Error | null = null
  #isWoken = false
  #waiter: (() => void) | null = null

  constructor(cluster: Cluster, options: ConsumerOptions = {}) {
    this.#cluster = cluster
    this.#lane = cluster.newLane('fetch')
    this.#options = {
      isolationLevel: 'read_uncommitted',
      offsetReset: 'latest',
      pollRecordsMax: 500,
      fetchMaxWaitMs: 500,
      fetchMinBytes: 1,
      fetchMaxBytes: 52_428_800,
      partitionMaxBytes: 1_048_576,
      ...options,
    }
  }

  /** Reads these partitions from now on, and no others. */
  assign(starts: Iterable<TopicPartition & { readonly start: StartingPoint }>): void {
    this.#readings = new Map()
    for (const { topic, partition, start } of starts) {
      this.#readings.set(partitionName({ topic, partition }), newReading(topic, partition, start))
    }
    this.#notify()
  }

  /** The offset of the next record to hand out; null when it is not known yet. */
  position(partition: TopicPartition): number | null {
    return this.#readings.get(partitionName(partition))?.position ?? null
  }

  /** All positions that are known. */
  positions(): readonly (TopicPartition & { readonly offset: number })[] {
    const known: (TopicPartition & { readonly offset: number })[] = []
    for (const { topic, partition, position } of this.#readings.values()) {
      if (position !== null) known.push({ topic, partition, offset: position })
    }
    return known
  }

  /**
   * The next records: at least one, unless time is up or `wake` was called.
   * @throws {KafkaError} What a broker refused for good; OFFSET_OUT_OF_RANGE with `offsetReset` 'error'.
   */
  async poll(options: PollOptions = {}): Promise<ConsumerRecord[]> {
    const { timeoutMs = Infinity, recordsMax = Infinity, signal } = options
    const most = Math.min(recordsMax, this.#options.pollRecordsMax)
    const { clock } = this.#cluster.options.runtime
    const deadline = clock.monotonic() + timeoutMs
    for (;;) {
      signal?.throwIfAborted()
      if (this.#failure !== null) throw this.#failure
      const records = this.#take(most)
      this.#startFetches()
      if (records.length > 0 || this.#isWoken) {
        this.#isWoken = false
        return records
      }
      const leftMs = deadline - clock.monotonic()
      if (leftMs <= 0) return []
      await this.#news(leftMs, signal)
    }
  }

  /** Makes a waiting poll, or the next one, return at once. */
  wake(): void {
    this.#isWoken = true
    this.#notify()
  }

  /** Reads no more. Harmless twice. */
  close(): void {
    this.#readings = new Map()
    this.#stop.abort(new KafkaError('INVALID_REQUEST', 'this consumer is closed'))
    this.#failure ??= this.#stop.signal.reason as KafkaError
    this.#cluster.closeLane(this.#lane)
    this.#notify()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #take(most: number): ConsumerRecord[] {
    const taken: ConsumerRecord[] = []
    for (const reading of this.#readings.values()) {
      const room = most - taken.length
      if (room <= 0) break
      const { buffered, next } = reading
      if (next >= buffered.length) continue
      const end = Math.min(buffered.length, next + room)
      for (let index = next; index < end; index++) taken.push(buffered[index]!)
      reading.next = end
      const isDone = end === buffered.length
      reading.position = isDone ? reading.fetchOffset : buffered[end]!.offset
      if (isDone) reading.buffered = []
    }
    return taken
  }

  #startFetches(): void {
    const now = this.#cluster.options.runtime.clock.monotonic()
    const byLeader = new Map<number, Reading[]>()
    for (const reading of this.#readings.values()) {
      if (reading.isBusy || reading.buffered.length > reading.next) continue
      if (reading.notBefore > now) continue
      const leaderId = this.#leaderOf(reading)
      if (reading.position === null || leaderId === null) {
        this.#begin(this.#lookUp(reading), [reading])
      } else if (!this.#busyLeaders.has(leaderId)) {
        byLeader.set(leaderId, [...(byLeader.get(leaderId) ?? []), reading])
      }
    }
    for (const [leaderId, readings] of byLeader) {
      this.#busyLeaders.add(leaderId)
      this.#begin(
        this.#fetch(leaderId, readings).finally(() => this.#busyLeaders.delete(leaderId)),
        readings,
      )
    }
  }

  /** Owns a task of some partitions: its failure is theirs, and poll hears when it ends. */
  #begin(task: Promise<void>, readings: readonly Reading[]): void {
    for (const reading of readings) reading.isBusy = true
    void task
      .catch((error: unknown) => {
        for (const reading of readings) this.#failed(reading, error)
      })
      .finally(() => {
        for (const reading of readings) reading.isBusy = false
        this.#notify()
      })
  }

  #leaderOf({ topic, partition }: Reading): number | null {
    const state = this.#cluster.metadata.topics.get(topic)?.partitions[partition]
    return state === undefined || state.leaderId < 0 ? null : state.leaderId
  }

  async #lookUp(reading: Reading): Promise<void> {
    await this.#cluster.partition(reading.topic, reading.partition)
    if (reading.position !== null) return
    const { isolationLevel } = this.#options
    const { signal } = this.#stop
    const offset = await offsetOf(this.#cluster, reading, reading.start, {
      isolationLevel,
      signal,
    })
    reading.position = offset
    reading.fetchOffset = offset
  }

  async #fetch(leaderId: number, readings: readonly Reading[]): Promise<void> {
    const settings: FetchSettings = {
      ...this.#options,
      signal: this.#stop.signal,
      lane: this.#lane,
    }
    const answers = await fetchFrom(this.#cluster, leaderId, readings, settings)
    for (const reading of readings) {
      const answer = answers.get(partitionName(reading))
      // Given up in the meantime: the records are somebody else's now.
      if (answer === undefined || this.#readings.get(partitionName(reading)) !== reading) continue
      try {
        this.#takeIn(reading, answer)
      } catch (error) {
        this.#failed(reading, error)
      }
    }
  }

  #takeIn(
    reading: Reading,
    answer: { readonly error: KafkaError | null; data: PartitionData },
  ): void {
    if (answer.error !== null) throw answer.error
    const isReadCommitted = this.#options.isolationLevel === 'read_committed'
    const fetched = readFetched(reading, answer.data, reading.fetchOffset, isReadCommitted)
    reading.buffered = fetched.records
    reading.next = 0
    reading.fetchOffset = fetched.nextOffset
    reading.highWatermark = Number(answer.data.highWatermark)
    reading.failures = 0
    // Nothing to hand out, as behind a transaction's marker: the position moves all the same.
    if (fetched.records.length === 0) reading.position = fetched.nextOffset
  }

  #failed(reading: Reading, error: unknown): void {
    const { runtime, retryBackoffMs, retryBackoffMaxMs } = this.#cluster.options
    if (this.#stop.signal.aborted || this.#readings.get(partitionName(reading)) !== reading) return
    if (!(error instanceof KafkaError)) {
      this.#failure = error as Error
      return
    }
    const { offsetReset } = this.#options
    if (error.code === 'OFFSET_OUT_OF_RANGE' && offsetReset !== 'error') {
      runtime.logger.warn('offset is not in the log: going on elsewhere', {
        partition: partitionName(reading),
        offset: reading.fetchOffset,
        next: offsetReset,
      })
      reading.start = offsetReset
      reading.position = null
      return
    }
    if (!error.retriable || error.code === 'OFFSET_OUT_OF_RANGE') {
      this.#failure = error
      return
    }
    this.#cluster.forgetMetadata()
    void this.#cluster.refresh([reading.topic]).catch(() => {})
    const pause = { random: runtime.random, backoffMs: retryBackoffMs }
    const pauseMs = backoff({ ...pause, backoffMaxMs: retryBackoffMaxMs }, reading.failures)
    reading.failures += 1
    reading.notBefore = runtime.clock.monotonic() + pauseMs
    runtime.clock.schedule(pauseMs, () => this.#notify())
  }

  async #news(withinMs: number, signal: AbortSignal | undefined): Promise<void> {
    const { clock } = this.#cluster.options.runtime
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiter = resolve
    const timer = withinMs === Infinity ? null : clock.schedule(withinMs, resolve)
    signal?.addEventListener('abort', () => resolve(), { once: true })
    try {
      await promise
    } finally {
      timer?.cancel()
      this.#waiter = null
    }
  }

  #notify(): void {
    this.#waiter?.()
  }
}

function newReading(topic: string, partition: number, start: StartingPoint): Reading {
  const position = typeof start === 'number' ? start : null
  return {
    topic,
    partition,
    start,
    position,
    buffered: [],
    next: 0,
    fetchOffset: position ?? 0,
    highWatermark: -1,
    isBusy: false,
    failures: 0,
    notBefore: 0,
  }
}
