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

  /** undefined when this broker holds no such replica. */
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
   * @throws {KafkaError} NOT_LEADER_OR_FOLLOWER or UNKNOWN_TOPIC_OR_PARTITION.
   */
  leader(topic: string, index: number, cluster: KnownPartitions): Partition {
    const partition = this.find(topic, index)
    if (partition === undefined) {
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
