import { KafkaError } from '@ottla/protocol'
import type { CreatableTopic } from '@ottla/protocol/messages/create-topics'
import type { Random } from '@ottla/runtime'
import { isActive } from '../image/broker-image.ts'
import type { MetadataImage } from '../image/metadata-image.ts'
import { MIGRATING_DIRECTORY, UNASSIGNED_DIRECTORY } from '../image/partition-image.ts'
import type { ControllerSettings } from './controller-settings.ts'
import { areDirectoriesAssigned, recordVersions } from '../image/record-versions.ts'
import type { MetadataRecord } from '../records/metadata-record.ts'
import { placeReplicas } from './replica-placement.ts'

/** Where a partition about to be created lives. */
export interface NewPartition {
  readonly replicas: readonly number[]
  /** Of each replica. */
  readonly directories: readonly string[]
  /** The replicas whose brokers are active; the first leads. Never empty. */
  readonly isr: readonly number[]
}

/** The partitions of a topic whose creator says how many, or leaves it to the defaults. */
export function placedPartitions(
  image: MetadataImage,
  topic: CreatableTopic,
  settings: ControllerSettings,
  random: Random,
): NewPartition[] {
  if (topic.replicationFactor < -1 || topic.replicationFactor === 0) {
    throw new KafkaError(
      'INVALID_REPLICATION_FACTOR',
      'Replication factor must be larger than 0, or -1 to use the default value.',
    )
  }
  if (topic.numPartitions < -1 || topic.numPartitions === 0) {
    throw new KafkaError(
      'INVALID_PARTITIONS',
      'Number of partitions was set to an invalid non-positive value.',
    )
  }
  const count = topic.numPartitions === -1 ? settings.numPartitions : topic.numPartitions
  const factor =
    topic.replicationFactor === -1 ? settings.defaultReplicationFactor : topic.replicationFactor
  return placedOnBrokers(image, count, factor, random)
}

/** `count` partitions with `factor` replicas each, wherever there is room. */
export function placedOnBrokers(
  image: MetadataImage,
  count: number,
  factor: number,
  random: Random,
): NewPartition[] {
  return placeReplicas(image, count, factor, random).map((replicas) => {
    const isr = activeOf(image, replicas)
    if (isr.length === 0) {
      throw new KafkaError(
        'INVALID_REPLICATION_FACTOR',
        `Unable to replicate the partition ${factor} time(s): All brokers are currently fenced ` +
          'or in controlled shutdown.',
      )
    }
    return newPartition(image, replicas, isr)
  })
}

/** The partitions of a topic whose creator assigned them to brokers. */
export function assignedPartitions(image: MetadataImage, topic: CreatableTopic): NewPartition[] {
  if (topic.replicationFactor !== -1) {
    throw new KafkaError(
      'INVALID_REQUEST',
      'A manual partition assignment was specified, but replication factor was not set to -1.',
    )
  }
  if (topic.numPartitions !== -1) {
    throw new KafkaError(
      'INVALID_REQUEST',
      'A manual partition assignment was specified, but numPartitions was not set to -1.',
    )
  }
  const byIndex = new Map<number, NewPartition>()
  let replicationFactor: number | null = null
  for (const { partitionIndex, brokerIds } of topic.assignments) {
    if (byIndex.has(partitionIndex)) {
      throw invalid(`Found multiple manual partition assignments for partition ${partitionIndex}`)
    }
    byIndex.set(
      partitionIndex,
      assignedToBrokers(image, partitionIndex, brokerIds, replicationFactor),
    )
    replicationFactor = brokerIds.length
  }
  return Array.from({ length: byIndex.size }, (_, index) => {
    const partition = byIndex.get(index)
    if (partition !== undefined) return partition
    throw invalid('partitions should be a consecutive 0-based integer sequence')
  })
}

/**
 * A partition on the brokers that its creator names.
 * @param replicationFactor Of the partitions before; null when this is the first.
 */
export function assignedToBrokers(
  image: MetadataImage,
  partitionIndex: number,
  brokerIds: readonly number[],
  replicationFactor: number | null,
): NewPartition {
  checkAssignment(image, brokerIds, replicationFactor)
  const isr = activeOf(image, brokerIds)
  if (isr.length === 0) {
    throw invalid(
      'All brokers specified in the manual partition assignment for partition ' +
        `${partitionIndex} are fenced or in controlled shutdown.`,
    )
  }
  return newPartition(image, brokerIds, isr)
}

/** @param first The index of the first of them. */
export function partitionRecords(
  image: MetadataImage,
  topicId: string,
  first: number,
  partitions: readonly NewPartition[],
): MetadataRecord[] {
  const version = recordVersions(image).partition
  return partitions.map(({ replicas, directories, isr }, index) => ({
    type: 'PartitionRecord',
    version,
    value: {
      partitionId: first + index,
      topicId,
      replicas,
      isr,
      removingReplicas: [],
      addingReplicas: [],
      leader: isr[0]!,
      leaderRecoveryState: 0,
      leaderEpoch: 0,
      partitionEpoch: 0,
      directories,
      eligibleLeaderReplicas: null,
      lastKnownElr: null,
    },
  }))
}

/** @param replicationFactor Of the partitions before; null when this is the first. */
export function checkAssignment(
  image: MetadataImage,
  brokerIds: readonly number[],
  replicationFactor: number | null,
): void {
  if (brokerIds.length === 0) {
    throw invalid('The manual partition assignment includes an empty replica list.')
  }
  let previous: number | null = null
  for (const brokerId of brokerIds.toSorted((a, b) => a - b)) {
    if (image.broker(brokerId) === undefined) {
      throw invalid(
        `The manual partition assignment includes broker ${brokerId}, but no such broker is ` +
          'registered.',
      )
    }
    if (brokerId === previous) {
      throw invalid(
        `The manual partition assignment includes the broker ${brokerId} more than once.`,
      )
    }
    previous = brokerId
  }
  if (replicationFactor !== null && brokerIds.length !== replicationFactor) {
    throw invalid(
      `The manual partition assignment includes a partition with ${brokerIds.length} replica(s), ` +
        `but this is not consistent with previous partitions, which have ${replicationFactor} ` +
        'replica(s).',
    )
  }
}

function invalid(message: string): KafkaError {
  return new KafkaError('INVALID_REPLICA_ASSIGNMENT', message)
}

function activeOf(image: MetadataImage, replicas: readonly number[]): number[] {
  return replicas.filter((id) => isActive(image.broker(id)))
}

function newPartition(
  image: MetadataImage,
  replicas: readonly number[],
  isr: readonly number[],
): NewPartition {
  return { replicas, isr, directories: replicas.map((id) => directoryFor(image, id)) }
}

/** A broker with one directory to choose from has no choice; others say later where they put it. */
function directoryFor(image: MetadataImage, brokerId: number): string {
  if (!areDirectoriesAssigned(image)) return MIGRATING_DIRECTORY
  const broker = image.broker(brokerId)
  const open = broker?.directories.filter((id) => !broker.cordonedDirectories?.includes(id)) ?? []
  return open.length === 1 ? open[0]! : UNASSIGNED_DIRECTORY
}
