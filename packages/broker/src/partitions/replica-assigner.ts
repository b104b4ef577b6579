import {
  type BrokerSettings,
  CONFIG_RESOURCE_TYPES,
  type DynamicSettings,
  effectiveTopicSettings,
  type MetadataDelta,
  type MetadataImage,
  type PartitionImage,
  type TopicImage,
  type TopicSettings,
} from '@ottla/metadata'
import { KafkaError } from '@ottla/protocol'
import type { Logger } from '@ottla/runtime'
import type { Log, LogManager } from '@ottla/storage'
import type { RunningSettings } from '../running-settings.ts'
import { OFFSETS_TOPIC } from '../internal-topics.ts'
import type { DirectoryAssignments } from './directory-assignments.ts'
import { Partition } from './partition.ts'
import type { TopicTraffics } from '../metrics/topic-traffic.ts'
import type { Replicas } from './replicas.ts'

/** Told which partitions of `__consumer_offsets` this broker leads. */
export interface CoordinatorElection {
  lead(partition: Partition): void
  resign(index: number): void
  onTopicsDeleted(topics: readonly TopicImage[]): void
}

export interface ReplicaAssignerOptions {
  readonly brokerId: number
  readonly settings: BrokerSettings
  readonly logs: LogManager
  readonly replicas: Replicas
  readonly directories: DirectoryAssignments
  readonly groups: CoordinatorElection
  readonly traffic: TopicTraffics
  readonly running: RunningSettings
  readonly logger: Logger
}

/**
 * Makes this broker's replicas what the metadata image says: logs are made and deleted, leadership
 * is taken and given up, settings take effect.
 *
 * It runs before an image is published, one at a time, so that clients are told of a partition when it
 * can be used. Whatever it finds done already it leaves alone.
 */
export class ReplicaAssigner {
  readonly #options: ReplicaAssignerOptions
  /** As it was applied last; null before the first. */
  #image: MetadataImage | null = null

  constructor(options: ReplicaAssignerOptions) {
    this.#options = options
  }

  async apply(image: MetadataImage, delta: MetadataDelta): Promise<void> {
    for (const topic of delta.deletedTopics.values()) await this.#deleteTopic(topic)
    // All at once: after an unclean stop each log is recovered when it is asked for, and the log
    // manager bounds how many at a time.
    await Promise.all(
      Array.from(delta.changedTopics, async (id) => {
        const topic = image.topicById(id)
        if (topic !== undefined) await this.#assignTopic(image, topic)
      }),
    )
    this.#configure(image, delta)
    this.#image = image
    if (delta.deletedTopics.size > 0) {
      this.#options.groups.onTopicsDeleted([...delta.deletedTopics.values()])
    }
  }

  async #assignTopic(image: MetadataImage, topic: TopicImage): Promise<void> {
    let settings: TopicSettings | undefined
    await Promise.all(
      topic.partitions.map(async (assigned, index) => {
        const { brokerId, replicas, logger } = this.#options
        if (!assigned.replicas.includes(brokerId)) return
        if (replicas.isOffline(topic.name, index, topic.id)) return
        let partition = replicas.find(topic.name, index)
        if (partition === undefined || partition.topicId !== topic.id) {
          settings ??= this.#settingsOf(image, topic.name)
          try {
            partition = await this.#open(topic, index, settings)
          } catch (error) {
            if (!(error instanceof KafkaError) || error.code !== 'KAFKA_STORAGE_ERROR') throw error
            logger.error('a replica is offline', { partition: `${topic.name}-${index}`, error })
            replicas.setOffline(topic.name, index, topic.id, error.message)
            return
          }
          replicas.add(partition)
          if (partition.log.isFailed) {
            replicas.setOffline(topic.name, index, topic.id, 'its log directory failed')
            return
          }
        }
        this.#follow(partition, assigned)
      }),
    )
  }

  #follow(partition: Partition, assigned: PartitionImage): void {
    const { brokerId, directories, groups, logs } = this.#options
    const { leader, leaderEpoch, replicas, isr } = assigned
    const here = logs.directoryOf(partition.topic, partition.index)
    if (here !== undefined && here !== assigned.directories[replicas.indexOf(brokerId)]) {
      directories.note(partition.topicId, partition.index, here)
    }
    partition.follow({ leaderId: leader, leaderEpoch, replicas, isr })
    if (partition.topic !== OFFSETS_TOPIC) return
    if (partition.isLeader) groups.lead(partition)
    else groups.resign(partition.index)
  }

  async #open(topic: TopicImage, index: number, settings: TopicSettings): Promise<Partition> {
    const { brokerId, logs } = this.#options
    const wanted = {
      topic: topic.name,
      partition: index,
      topicId: topic.id,
      config: settings,
      // What the first image has may have been there before this broker started.
      isNew:
        this.#image !== null && this.#image.topicById(topic.id)?.partitions[index] === undefined,
    }
    let log: Log
    try {
      log = await logs.getOrCreate(wanted)
    } catch (error) {
      if (!(error instanceof KafkaError) || error.code !== 'INCONSISTENT_TOPIC_ID') throw error
      // A topic of this name was deleted while this broker was away.
      await logs.setAside(topic.name, index)
      log = await logs.getOrCreate({ ...wanted, isNew: true })
    }
    // A killed process leaves records with the operating system only: they are on disk before anybody
    // sees them, where the topic wants that.
    if (flushesEachAppend(settings) && log.recoveryPoint < log.logEndOffset) await log.flush()
    return new Partition({
      topic: topic.name,
      topicId: topic.id,
      index,
      brokerId,
      log,
      traffic: this.#options.traffic.of(topic.name),
      settings,
      highWatermark: logs.checkpointedHighWatermark(topic.name, index),
    })
  }

  async #deleteTopic(topic: TopicImage): Promise<void> {
    const { replicas, groups, logs, logger, traffic } = this.#options
    replicas.forgetOffline(topic.name, topic.id)
    for (const index of topic.partitions.keys()) {
      const partition = replicas.find(topic.name, index)
      if (partition === undefined || partition.topicId !== topic.id) continue
      if (topic.name === OFFSETS_TOPIC) groups.resign(index)
      replicas.remove(partition)
      await logs.delete(topic.name, index)
    }
    if (!replicas.has(topic.name)) traffic.retire(topic.name)
    logger.info('topic deleted', { topic: topic.name, topicId: topic.id })
  }

  #configure(image: MetadataImage, delta: MetadataDelta): void {
    const { replicas } = this.#options
    let isForAll = false
    const topics = new Set<string>()
    for (const { type, name } of delta.changedConfigs) {
      if (type === CONFIG_RESOURCE_TYPES.topic) topics.add(name)
      else if (type === CONFIG_RESOURCE_TYPES.broker) isForAll = true
    }
    if (!isForAll && topics.size === 0) return
    if (isForAll) {
      this.#options.running.follow(this.#dynamicSettings(image))
    }
    for (const partition of replicas.all()) {
      if (isForAll || topics.has(partition.topic)) {
        partition.configure(this.#settingsOf(image, partition.topic))
      }
    }
  }

  #settingsOf(image: MetadataImage, topic: string): TopicSettings {
    const { settings } = this.#options
    const dynamic = this.#dynamicSettings(image)
    return effectiveTopicSettings(image.topicConfig(topic), settings, dynamic)
  }

  #dynamicSettings(image: MetadataImage): DynamicSettings {
    return {
      broker: image.config(CONFIG_RESOURCE_TYPES.broker, String(this.#options.brokerId)),
      clusterDefault: image.config(CONFIG_RESOURCE_TYPES.broker, ''),
    }
  }
}

/** Whether an acknowledgement means "on disk"; larger settings only bound what a crash may take. */
function flushesEachAppend({ flushMessages }: TopicSettings): boolean {
  return flushMessages === 1
}
