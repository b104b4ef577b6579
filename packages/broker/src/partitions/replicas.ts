import { KafkaError, ZERO_UUID } from '@ottla/protocol'
import type { Logger } from '@ottla/runtime'
import type { Partition } from './partition.ts'

/** Knows which partitions there are, on whatever broker. */
export interface KnownPartitions {
  hasPartition(topic: string, index: number): boolean
}

/**
 * The partitions that this broker holds, by topic name and by topic id.
 *
 * Which it should hold is the metadata image's word; `ReplicaAssigner` brings the two together.
 */
export class Replicas {
  readonly #byName = new Map<string, Map<number, Partition>>()
  readonly #nameOfId = new Map<string, string>()
  /** Those whose disk failed, with the topic's id: they are not used before the next start. */
  readonly #offline = new Map<string, Map<number, string>>()
  readonly #logger: Logger

  constructor(logger: Logger) {
    this.#logger = logger
  }

  add(partition: Partition): void {
    let partitions = this.#byName.get(partition.topic)
    if (partitions === undefined) this.#byName.set(partition.topic, (partitions = new Map()))
    partitions.set(partition.index, partition)
    this.#nameOfId.set(partition.topicId, partition.topic)
  }

  remove(partition: Partition): void {
    const partitions = this.#byName.get(partition.topic)
    if (partitions?.get(partition.index) !== partition) return
    partitions.delete(partition.index)
    if (partitions.size === 0) {
      this.#byName.delete(partition.topic)
      this.#nameOfId.delete(partition.topicId)
    }
    partition.remove()
    this.#logger.debug('replica removed', { partition: partition.name })
  }

  /** The replica cannot be used before the next start: its log, if it has one, is in a failed directory. */
  setOffline(topic: string, index: number, topicId: string, reason: string): void {
    const partition = this.find(topic, index)
    if (partition?.topicId === topicId) {
      partition.goOffline(reason)
      this.remove(partition)
    }
    let indexes = this.#offline.get(topic)
    if (indexes === undefined) this.#offline.set(topic, (indexes = new Map()))
    indexes.set(index, topicId)
  }

  isOffline(topic: string, index: number, topicId?: string): boolean {
    const found = this.#offline.get(topic)?.get(index)
    return found !== undefined && (topicId === undefined || found === topicId)
  }

  /** The topic was deleted. */
  forgetOffline(topic: string, topicId: string): void {
    const indexes = this.#offline.get(topic)
    if (indexes === undefined) return
    for (const [index, id] of indexes) if (id === topicId) indexes.delete(index)
    if (indexes.size === 0) this.#offline.delete(topic)
  }

  /** How many replicas cannot be used because their disk failed. */
  get offlineCount(): number {
    let count = 0
    for (const indexes of this.#offline.values()) count += indexes.size
    return count
  }

  /** undefined when this broker holds no such replica, or its disk failed. */
  find(topic: string, index: number): Partition | undefined {
    return this.#byName.get(topic)?.get(index)
  }

  /** Whether this broker holds any replica of the topic. */
  has(topic: string): boolean {
    return this.#byName.has(topic)
  }

  nameOf(topicId: string): string | undefined {
    return topicId === ZERO_UUID ? undefined : this.#nameOfId.get(topicId)
  }

  *all(): Generator<Partition> {
    for (const partitions of this.#byName.values()) yield* partitions.values()
  }

  /**
   * The replica, when this broker leads it.
   * @param cluster Asked only when the replica is not here: each produce and fetch comes through here.
   * @throws {KafkaError} NOT_LEADER_OR_FOLLOWER, UNKNOWN_TOPIC_OR_PARTITION, KAFKA_STORAGE_ERROR.
   */
  leader(topic: string, index: number, cluster: KnownPartitions): Partition {
    const partition = this.find(topic, index)
    if (partition === undefined) {
      if (this.isOffline(topic, index)) {
        throw new KafkaError('KAFKA_STORAGE_ERROR', `the disk of ${topic}-${index} failed`)
      }
      throw new KafkaError(
        cluster.hasPartition(topic, index)
          ? 'NOT_LEADER_OR_FOLLOWER'
          : 'UNKNOWN_TOPIC_OR_PARTITION',
      )
    }
    partition.requireLeader()
    return partition
  }
}
