import { assert } from '@ottla/runtime'
import type { ClearElrRecord } from '@ottla/protocol/records/clear-elr-record'
import type { PartitionChangeRecord } from '@ottla/protocol/records/partition-change-record'
import type { PartitionRecord } from '@ottla/protocol/records/partition-record'
import type { RemoveTopicRecord } from '@ottla/protocol/records/remove-topic-record'
import type { TopicRecord } from '@ottla/protocol/records/topic-record'
import type { MetadataImage } from './metadata-image.ts'
import { ABSENT_PARTITION, changedPartition, partitionFromRecord } from './partition-image.ts'
import type { PartitionImage } from './partition-image.ts'
import { ShardedMapDraft } from './sharded-map.ts'
import type { ShardedMap } from './sharded-map.ts'
import { canCollide, collisionName } from './topic-image.ts'
import type { TopicImage } from './topic-image.ts'

/** The topics of an image in the making. */
export class TopicsDraft {
  readonly #byId: ShardedMapDraft<TopicImage>
  readonly #ids: ShardedMapDraft<string>
  readonly #collidingNames: ShardedMapDraft<readonly string[]>
  /** Partition lists that are this draft's own: a topic is copied once, however much changes in it. */
  readonly #ownPartitions = new Map<string, PartitionImage[]>()
  readonly changed: Set<string> = new Set()
  readonly #deleted = new Set<string>()

  constructor(base: MetadataImage) {
    this.#byId = new ShardedMapDraft(base.topicsById)
    this.#ids = new ShardedMapDraft(base.topicIds)
    this.#collidingNames = new ShardedMapDraft(base.collidingNames)
  }

  create({ name, topicId }: TopicRecord): void {
    assert(this.#ids.get(name) === undefined, 'a topic is created where none of its name exists')
    assert(this.#byId.get(topicId) === undefined, 'a topic id is used once')
    const partitions: PartitionImage[] = []
    this.#byId.set(topicId, { name, id: topicId, partitions })
    this.#ownPartitions.set(topicId, partitions)
    this.#ids.set(name, topicId)
    if (canCollide(name)) {
      const key = collisionName(name)
      this.#collidingNames.set(key, [...(this.#collidingNames.get(key) ?? []), name])
    }
    this.changed.add(topicId)
  }

  createPartition(record: PartitionRecord): void {
    const partitions = this.#own(record.topicId)
    while (partitions.length < record.partitionId) partitions.push(ABSENT_PARTITION)
    partitions[record.partitionId] = partitionFromRecord(record)
  }

  changePartition(record: PartitionChangeRecord): void {
    const partitions = this.#own(record.topicId)
    const partition = partitions[record.partitionId]
    assert(partition !== undefined, 'a partition that changes exists')
    partitions[record.partitionId] = changedPartition(partition, record)
  }

  /** @returns The name of the topic that is gone. */
  remove({ topicId }: RemoveTopicRecord): string {
    const topic = this.#byId.get(topicId)
    assert(topic !== undefined, 'a topic that is removed exists')
    this.#byId.delete(topicId)
    this.#ids.delete(topic.name)
    this.#ownPartitions.delete(topicId)
    if (canCollide(topic.name)) {
      const key = collisionName(topic.name)
      const rest = this.#collidingNames.get(key)!.filter((name) => name !== topic.name)
      if (rest.length === 0) this.#collidingNames.delete(key)
      else this.#collidingNames.set(key, rest)
    }
    this.changed.delete(topicId)
    this.#deleted.add(topicId)
    return topic.name
  }

  /** Forgets eligible leader replicas: of one topic, or of all when the name is empty. */
  clearElr({ topicName }: ClearElrRecord, all: Iterable<TopicImage>): void {
    if (topicName === '') {
      for (const topic of all) if (this.#byId.get(topic.id)) this.#clearElr(topic.id)
      return
    }
    const id = this.#ids.get(topicName)
    assert(id !== undefined, 'a topic whose eligible leader replicas are cleared exists')
    this.#clearElr(id)
  }

  /** What the base had and the next image has not; what came and went in between was never seen. */
  deletedFrom(base: MetadataImage): ReadonlyMap<string, TopicImage> {
    const deleted = new Map<string, TopicImage>()
    for (const id of this.#deleted) {
      const topic = base.topicById(id)
      if (topic !== undefined) deleted.set(id, topic)
    }
    return deleted
  }

  finish(): {
    readonly topicsById: ShardedMap<TopicImage>
    readonly topicIds: ShardedMap<string>
    readonly collidingNames: ShardedMap<readonly string[]>
  } {
    return {
      topicsById: this.#byId.finish(),
      topicIds: this.#ids.finish(),
      collidingNames: this.#collidingNames.finish(),
    }
  }

  #clearElr(topicId: string): void {
    const hasElr = (partition: PartitionImage) =>
      partition.eligibleLeaderReplicas.length + partition.lastKnownEligibleLeaderReplicas.length > 0
    if (!this.#byId.get(topicId)!.partitions.some(hasElr)) return
    const partitions = this.#own(topicId)
    for (const [index, partition] of partitions.entries())
      if (hasElr(partition))
        partitions[index] = {
          ...partition,
          eligibleLeaderReplicas: [],
          lastKnownEligibleLeaderReplicas: [],
        }
  }

  #own(topicId: string): PartitionImage[] {
    this.changed.add(topicId)
    const own = this.#ownPartitions.get(topicId)
    if (own !== undefined) return own
    const topic = this.#byId.get(topicId)
    assert(topic !== undefined, 'a partition belongs to a topic that exists')
    const partitions = topic.partitions.slice()
    this.#byId.set(topicId, { ...topic, partitions })
    this.#ownPartitions.set(topicId, partitions)
    return partitions
  }
}
