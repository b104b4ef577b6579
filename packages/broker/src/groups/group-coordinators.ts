import { type DeletedTopic, GroupCoordinator, partitionFor } from '@ottla/coordinators'
import type { BrokerSettings } from '@ottla/metadata'
import { KafkaError } from '@ottla/protocol'
import { codecOfId } from '@ottla/records'
import type { Clock, Logger, Random } from '@ottla/runtime'
import { OFFSETS_TOPIC } from '../internal-topics.ts'
import type { Metadata } from '../metadata.ts'
import type { Partition } from '../partitions/partition.ts'
import type { TopicCreation } from '../topic-creation.ts'
import { loadRecords } from './load-coordinator.ts'
import { LogAppender } from './log-appender.ts'

export interface GroupCoordinatorsOptions {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly settings: BrokerSettings
  readonly metadata: Metadata
  readonly topicCreation: TopicCreation
  /** Whether this broker's replica of that partition of `__consumer_offsets` is lost to a failed disk. */
  readonly isOffline: (index: number) => boolean
}

/** One partition of `__consumer_offsets` that this broker leads, and the groups in it. */
interface Led {
  readonly partition: Partition
  readonly leaderEpoch: number
  readonly coordinator: GroupCoordinator
  isLoaded: boolean
}

/**
 * The group coordinators of this broker: one for each partition of `__consumer_offsets` that it leads.
 *
 * A coordinator begins when leadership arrives: its state is the fold of the partition's records, and
 * until all are read its groups are answered with COORDINATOR_LOAD_IN_PROGRESS.
 */
export class GroupCoordinators {
  readonly #options: GroupCoordinatorsOptions
  readonly #led = new Map<number, Led>()
  readonly #loads = new Set<Promise<void>>()
  #isClosed = false

  constructor(options: GroupCoordinatorsOptions) {
    this.#options = options
  }

  /** The broker that coordinates a group; makes `__consumer_offsets` when it is missing. */
  async findCoordinator(groupId: string): Promise<number> {
    const { metadata, topicCreation } = this.#options
    if (metadata.topic(OFFSETS_TOPIC) === undefined)
      await topicCreation.createInternal(OFFSETS_TOPIC)
    const topic = metadata.topic(OFFSETS_TOPIC)
    if (topic === undefined) throw new KafkaError('COORDINATOR_NOT_AVAILABLE')
    const index = partitionFor(groupId, topic.partitions.length)
    const leader = topic.partitions[index]?.leader ?? -1
    const isLost = leader === this.#options.settings.nodeId && this.#options.isOffline(index)
    if (leader < 0 || isLost) throw new KafkaError('COORDINATOR_NOT_AVAILABLE')
    return leader
  }

  /** The coordinator of a group, loading or not; undefined when it is not on this broker. */
  find(groupId: string): GroupCoordinator | undefined {
    const topic = this.#options.metadata.topic(OFFSETS_TOPIC)
    if (topic === undefined) return undefined
    return this.#led.get(partitionFor(groupId, topic.partitions.length))?.coordinator
  }

  /** @throws {KafkaError} NOT_COORDINATOR; all else the coordinator itself answers. */
  of(groupId: string): GroupCoordinator {
    const coordinator = this.find(groupId)
    if (coordinator === undefined) throw new KafkaError('NOT_COORDINATOR')
    return coordinator
  }

  /** Every coordinator on this broker. */
  *all(): Generator<GroupCoordinator> {
    for (const { coordinator } of this.#led.values()) yield coordinator
  }

  /** This broker leads the partition, in this epoch. */
  lead(partition: Partition): void {
    if (this.#isClosed || partition.log.isFailed) return
    const known = this.#led.get(partition.index)
    if (known?.partition === partition && known.leaderEpoch === partition.leaderEpoch) return
    this.resign(partition.index)
    const led = this.#begin(partition)
    this.#led.set(partition.index, led)
    if (partition.log.logEndOffset === partition.log.logStartOffset) {
      // Nothing to read: a new cluster's first group need not wait for fifty empty partitions.
      led.coordinator.onLoaded()
      led.isLoaded = true
      return
    }
    const load = this.#load(led).finally(() => this.#loads.delete(load))
    this.#loads.add(load)
  }

  /** Another broker leads the partition, or it is gone: its groups' members are sent there. */
  resign(index: number): void {
    const led = this.#led.get(index)
    if (led === undefined) return
    this.#led.delete(index)
    led.coordinator.stop(new KafkaError('NOT_COORDINATOR'))
  }

  onTopicsDeleted(topics: readonly DeletedTopic[]): void {
    for (const { isLoaded, coordinator } of this.#led.values()) {
      if (!isLoaded) continue
      coordinator.onTopicsDeleted(topics).catch((error: unknown) => {
        this.#options.logger.warn('offsets of a deleted topic remain until they expire', { error })
      })
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const index of this.#led.keys()) this.resign(index)
    await Promise.all(this.#loads)
  }

  #begin(partition: Partition): Led {
    const { clock, random, logger, settings, metadata } = this.#options
    const codec = codecOfId(settings.offsetsTopicCompressionCodec)
    const coordinator = new GroupCoordinator({
      clock,
      random,
      logger: logger.child('groups', { partition: partition.index }),
      settings: {
        groupMaxSize: settings.groupMaxSize,
        initialRebalanceDelayMs: settings.groupInitialRebalanceDelayMs,
        minSessionTimeoutMs: settings.groupMinSessionTimeoutMs,
        maxSessionTimeoutMs: settings.groupMaxSessionTimeoutMs,
        offsetMetadataMaxBytes: settings.offsetMetadataMaxBytes,
        offsetsRetentionMs: settings.offsetsRetentionMs,
        offsetsRetentionCheckIntervalMs: settings.offsetsRetentionCheckIntervalMs,
      },
      appender: new LogAppender(partition, clock, codec),
      topics: metadata,
      onFailure: (error) => this.#onFailure(partition, error),
    })
    return { partition, leaderEpoch: partition.leaderEpoch, coordinator, isLoaded: false }
  }

  /** What was applied is not committed: the state is folded anew from the log. */
  #onFailure(partition: Partition, error: Error): void {
    this.#options.logger.warn('groups are loaded anew', { partition: partition.name, error })
    this.#led.delete(partition.index)
    if (partition.isLeader && !partition.log.isFailed) this.lead(partition)
  }

  async #load(led: Led): Promise<void> {
    const { clock, logger } = this.#options
    const { partition, coordinator } = led
    const began = clock.monotonic()
    try {
      const isWanted = (): boolean => this.#led.get(partition.index) === led
      const count = await loadRecords(partition, clock, {
        isWanted,
        replay: (record) => coordinator.replay(record),
      })
      if (!isWanted()) return
      coordinator.onLoaded()
      led.isLoaded = true
      const tookMs = Math.round(clock.monotonic() - began)
      logger.info('groups loaded', { partition: partition.name, records: count, tookMs })
    } catch (error) {
      // Its groups stay unavailable, all others go on: half a state must never be answered from.
      logger.error('groups could not be loaded', { partition: partition.name, error })
    }
  }
}
