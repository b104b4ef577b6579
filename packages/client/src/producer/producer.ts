import { KafkaError } from '@ottla/protocol'
import type { RecordInput } from '@ottla/records'
import type { Cluster } from '../cluster/cluster.ts'
import type { TopicState } from '../cluster/metadata-snapshot.ts'
import type { OutgoingRecord, RecordMetadata } from './outgoing-record.ts'
import { PartitionQueue } from './partition-queue.ts'
import { PartitionSender } from './partition-sender.ts'
import { Partitioner } from './partitioner.ts'
import {
  type ProducerOptions,
  type ResolvedProducerOptions,
  resolveProducerOptions,
} from './producer-options.ts'
import { initProducerId, type ProducerIdentity } from './producer-identity.ts'
import { sizeOf } from './producer-batch.ts'

interface Waiting {
  readonly record: OutgoingRecord
  readonly input: RecordInput
  readonly promise: PromiseWithResolvers<RecordMetadata>
}

/** Sends records; those of one partition are stored in the order they were sent. */
export class Producer {
  readonly #cluster: Cluster
  readonly #options: ResolvedProducerOptions
  readonly #partitioner: Partitioner
  readonly #queues = new Map<string, PartitionQueue>()
  /** Records of topics whose partitions are still asked for. */
  readonly #unplaced = new Map<string, Waiting[]>()
  #identity: Promise<ProducerIdentity> | null = null
  #unsentBytes = 0
  #unsettled = 0
  #drainWaiters: (() => void)[] = []
  #idleWaiters: (() => void)[] = []
  #isClosed = false

  constructor(cluster: Cluster, options: ProducerOptions = {}) {
    this.#cluster = cluster
    this.#options = resolveProducerOptions(options)
    if (this.#options.isIdempotent && this.#options.acks !== 'all') {
      throw new KafkaError('INVALID_CONFIG', "an idempotent producer needs acks 'all'")
    }
    this.#partitioner = new Partitioner(
      cluster.options.runtime.random,
      this.#options.batchSizeBytes,
    )
  }

  /**
   * Sends one record; resolves once it is stored as `acks` asks.
   *
   * The record travels with others of its partition: send many, then await them all, or `flush()`.
   * Above `bufferBytes` unsent, wait for `drained()` first.
   *
   * @throws {KafkaError} MESSAGE_TOO_LARGE above `maxRequestSizeBytes`; REQUEST_TIMED_OUT, or what kept
   *   it from being stored, after `deliveryTimeoutMs`; what the broker refused it for.
   */
  send(record: OutgoingRecord): Promise<RecordMetadata> {
    const promise = Promise.withResolvers<RecordMetadata>()
    const input = inputOf(record, this.#cluster.options.runtime.clock.now())
    const sizeBytes = sizeOf(input)
    if (this.#isClosed) {
      promise.reject(new KafkaError('INVALID_REQUEST', 'this producer is closed'))
    } else if (sizeBytes > this.#options.maxRequestSizeBytes) {
      const limit = this.#options.maxRequestSizeBytes
      const message = `a record of ${sizeBytes} bytes for ${record.topic}; the limit is ${limit}`
      promise.reject(new KafkaError('MESSAGE_TOO_LARGE', message))
    } else {
      this.#take({ record, input, promise }, sizeBytes)
    }
    return promise.promise
  }

  /** Resolves when less than `bufferBytes` is unsent, at once if so. */
  async drained(): Promise<void> {
    if (this.#unsentBytes < this.#options.bufferBytes) return
    await new Promise<void>((resolve) => this.#drainWaiters.push(resolve))
  }

  /** Resolves when everything sent so far is settled, well or badly. */
  async flush(): Promise<void> {
    for (const queue of this.#queues.values()) queue.drain()
    if (this.#unsettled === 0) return
    await new Promise<void>((resolve) => this.#idleWaiters.push(resolve))
  }

  /** Sends what is left, then takes no more. Harmless twice. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.flush()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #take(waiting: Waiting, sizeBytes: number): void {
    this.#unsentBytes += sizeBytes
    this.#unsettled += 1
    const settle = (): void => this.#settled(sizeBytes)
    waiting.promise.promise.then(settle, settle)

    const { topic } = waiting.record
    const unplaced = this.#unplaced.get(topic)
    if (unplaced !== undefined) {
      unplaced.push(waiting)
      return
    }
    const known = this.#cluster.metadata.topics.get(topic)
    if (known !== undefined && known.errorCode === 0 && known.partitions.length > 0) {
      this.#place(waiting, known)
      return
    }
    const first = [waiting]
    this.#unplaced.set(topic, first)
    void this.#placeLater(topic, first)
  }

  /** Never rejects: what goes wrong is told to the records. */
  async #placeLater(topic: string, unplaced: Waiting[]): Promise<void> {
    const { allowAutoTopicCreation, deliveryTimeoutMs } = this.#options
    const timeoutMs = Math.min(deliveryTimeoutMs, this.#cluster.options.callTimeoutMs)
    try {
      const state = await this.#cluster.call(
        () => this.#cluster.topic(topic, { allowAutoTopicCreation }),
        { timeoutMs },
      )
      this.#unplaced.delete(topic)
      for (const waiting of unplaced) this.#place(waiting, state)
    } catch (error) {
      this.#unplaced.delete(topic)
      for (const { promise } of unplaced) promise.reject(error)
    }
  }

  #place({ record, input, promise }: Waiting, topic: TopicState): void {
    const partition =
      record.partition ?? this.#partitioner.choose(topic, input.key ?? null, sizeOf(input))
    if (topic.partitions[partition] === undefined) {
      const last = topic.partitions.length - 1
      const message = `${topic.name} has no partition ${partition}; it has 0 to ${last}`
      promise.reject(new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', message))
      return
    }
    this.#queue(topic.name, partition).add(input, promise)
  }

  #queue(topic: string, partition: number): PartitionQueue {
    const name = `${topic}-${partition}`
    const known = this.#queues.get(name)
    if (known !== undefined) return known
    const sender = new PartitionSender(topic, partition, this.#cluster, this.#options, {
      current: () => this.#currentIdentity(),
      discard: (identity) => this.#discard(identity),
    })
    const { clock } = this.#cluster.options.runtime
    const queue = new PartitionQueue(sender, clock, this.#options)
    this.#queues.set(name, queue)
    return queue
  }

  #currentIdentity(): Promise<ProducerIdentity> {
    if (this.#identity !== null) return this.#identity
    const { deliveryTimeoutMs } = this.#options
    const identity = initProducerId(this.#cluster, { timeoutMs: deliveryTimeoutMs })
    this.#identity = identity
    identity.catch(() => {
      if (this.#identity === identity) this.#identity = null
    })
    return identity
  }

  #discard(identity: ProducerIdentity): void {
    const current = this.#identity
    void current?.then((held) => {
      if (held === identity && this.#identity === current) this.#identity = null
    })
  }

  #settled(sizeBytes: number): void {
    this.#unsentBytes -= sizeBytes
    this.#unsettled -= 1
    if (this.#unsentBytes < this.#options.bufferBytes) {
      const waiters = this.#drainWaiters
      this.#drainWaiters = []
      for (const resolve of waiters) resolve()
    }
    if (this.#unsettled === 0) {
      const waiters = this.#idleWaiters
      this.#idleWaiters = []
      for (const resolve of waiters) resolve()
    }
  }
}

function inputOf(record: OutgoingRecord, now: number): RecordInput {
  const { key, value, headers, timestamp } = record
  return {
    timestamp: timestamp ?? now,
    key: bytesOf(key),
    value: bytesOf(value),
    ...(headers !== undefined && { headers }),
  }
}

function bytesOf(content: Buffer | string | null | undefined): Buffer | null {
  if (content === null || content === undefined) return null
  return typeof content === 'string' ? Buffer.from(content) : content
}
