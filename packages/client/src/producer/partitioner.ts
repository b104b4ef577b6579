import { partitionOfKey } from '@ottla/protocol'
import type { Random } from '@ottla/runtime'
import type { TopicState } from '../cluster/metadata-snapshot.ts'

/**
 * Chooses partitions: by the key as every Kafka client does; without a key one partition is filled with
 * `switchBytes` before another is chosen, so that batches are large (KIP-794).
 */
export class Partitioner {
  readonly #random: Random
  readonly #switchBytes: number
  readonly #sticky = new Map<string, { partition: number; bytes: number }>()

  constructor(random: Random, switchBytes: number) {
    this.#random = random
    this.#switchBytes = switchBytes
  }

  choose(topic: TopicState, key: Buffer | null, sizeBytes: number): number {
    if (key !== null) return partitionOfKey(key, topic.partitions.length)
    const current = this.#sticky.get(topic.name)
    if (
      current !== undefined &&
      current.bytes < this.#switchBytes &&
      topic.partitions[current.partition] !== undefined
    ) {
      current.bytes += sizeBytes
      return current.partition
    }
    const partition = this.#other(topic, current?.partition ?? -1)
    this.#sticky.set(topic.name, { partition, bytes: sizeBytes })
    return partition
  }

  /** A partition at random, another one than before and one with a leader, if there is. */
  #other({ partitions }: TopicState, before: number): number {
    const led = partitions.filter(({ leaderId }) => leaderId >= 0)
    const candidates = led.length > 0 ? led : partitions
    const others = candidates.filter(({ partition }) => partition !== before)
    const from = others.length > 0 ? others : candidates
    return from[this.#random.int(from.length)]?.partition ?? 0
  }
}
