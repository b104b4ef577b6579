import { KafkaError, throwIfError } from '@ottla/protocol'
import { OffsetCommitApi } from '@ottla/protocol/messages/offset-commit'
import { OffsetDeleteApi } from '@ottla/protocol/messages/offset-delete'
import { OffsetFetchApi } from '@ottla/protocol/messages/offset-fetch'
import type { CallOptions, Cluster } from '../cluster/cluster.ts'
import type { TopicPartition } from '../consumer/consumer-record.ts'
import { byPartition, byTopic, errorOf, type PartitionOutcome, retryIfAny } from './outcome.ts'

/** Versions above these name topics by id, which committed offsets of deleted topics have no more. */
const OFFSET_COMMIT_BY_NAME = 9
const OFFSET_FETCH_BY_NAME = 9

/** From 2 on the null list of topics means all of them. */
const OFFSET_FETCH_ALL = 2

export interface GroupOffset extends TopicPartition {
  /** Of the next record to read. */
  readonly offset: number
  /** What the group's members noted with it. */
  readonly metadata: string
}

/**
 * All offsets that a group has committed, by topic and partition; none for a group that does not exist.
 * @throws {KafkaError} UNSUPPORTED_VERSION from brokers before 0.10.2.
 */
export async function groupOffsets(
  cluster: Cluster,
  groupId: string,
  options: CallOptions = {},
): Promise<readonly GroupOffset[]> {
  return cluster.call(async () => {
    const coordinatorId = await cluster.coordinator(groupId, 'group', options.signal)
    const response = await cluster.send(
      coordinatorId,
      OffsetFetchApi,
      (version) => {
        if (version >= 8) return { groups: [{ groupId, topics: null }] }
        if (version >= OFFSET_FETCH_ALL) return { groupId, topics: null }
        throw new KafkaError(
          'UNSUPPORTED_VERSION',
          'this broker cannot list the offsets of a group',
        )
      },
      { signal: options.signal, highestVersion: OFFSET_FETCH_BY_NAME },
    )
    const group = response.groups[0] ?? response
    throwIfError(group.errorCode)
    return group.topics
      .flatMap(({ name, partitions }) =>
        partitions.map(({ partitionIndex, committedOffset, metadata, errorCode }) => {
          throwIfError(errorCode)
          const offset = Number(committedOffset)
          return { topic: name, partition: partitionIndex, offset, metadata: metadata ?? '' }
        }),
      )
      .filter(({ offset }) => offset >= 0)
      .sort(byPartition)
  }, options)
}

/**
 * Commits offsets in the place of a group without members; a group that does not exist comes to be.
 *
 * @throws {KafkaError} UNKNOWN_MEMBER_ID when the group has members: theirs alone count then.
 */
export async function alterGroupOffsets(
  cluster: Cluster,
  groupId: string,
  offsets: readonly (TopicPartition & { readonly offset: number })[],
  options: CallOptions = {},
): Promise<readonly PartitionOutcome[]> {
  return cluster.call(async () => {
    const coordinatorId = await cluster.coordinator(groupId, 'group', options.signal)
    const response = await cluster.send(
      coordinatorId,
      OffsetCommitApi,
      () => ({
        groupId,
        generationIdOrMemberEpoch: -1,
        memberId: '',
        topics: byTopic(offsets).map(({ topic, entries }) => ({
          name: topic,
          partitions: entries.map(({ partition, offset }) => ({
            partitionIndex: partition,
            committedOffset: offset,
            committedMetadata: '',
          })),
        })),
      }),
      { signal: options.signal, highestVersion: OFFSET_COMMIT_BY_NAME },
    )
    return outcomesOf(response.topics)
  }, options)
}

/**
 * Deletes committed offsets of partitions whose topics no member of the group subscribes to.
 * @throws {KafkaError} GROUP_ID_NOT_FOUND, NON_EMPTY_GROUP when its members are no consumers.
 */
export async function deleteGroupOffsets(
  cluster: Cluster,
  groupId: string,
  partitions: readonly TopicPartition[],
  options: CallOptions = {},
): Promise<readonly PartitionOutcome[]> {
  return cluster.call(async () => {
    const coordinatorId = await cluster.coordinator(groupId, 'group', options.signal)
    const response = await cluster.send(
      coordinatorId,
      OffsetDeleteApi,
      () => ({
        groupId,
        topics: byTopic(partitions).map(({ topic, entries }) => ({
          name: topic,
          partitions: entries.map(({ partition }) => ({ partitionIndex: partition })),
        })),
      }),
      { signal: options.signal },
    )
    throwIfError(response.errorCode)
    return outcomesOf(response.topics)
  }, options)
}

function outcomesOf(
  topics: readonly {
    readonly name: string
    readonly partitions: readonly { readonly partitionIndex: number; readonly errorCode: number }[]
  }[],
): readonly PartitionOutcome[] {
  const outcomes = topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex, errorCode }) => ({
      topic: name,
      partition: partitionIndex,
      error: errorOf(errorCode),
    })),
  )
  retryIfAny(outcomes.map(({ error }) => error))
  return outcomes.sort(byPartition)
}
