import { throwIfError } from '@ottla/protocol'
import { OffsetCommitApi } from '@ottla/protocol/messages/offset-commit'
import { OffsetFetchApi } from '@ottla/protocol/messages/offset-fetch'
import type { CallOptions, Cluster } from '../cluster/cluster.ts'
import { partitionName, type TopicPartition } from './consumer-record.ts'
import type { Generation } from './group-membership.ts'

/** Versions above these name topics by id, which committed offsets of deleted topics have no more. */
const OFFSET_COMMIT_BY_NAME = 9
const OFFSET_FETCH_BY_NAME = 9

export interface OffsetToCommit extends TopicPartition {
  /** Of the next record to read. */
  readonly offset: number
}

/**
 * Commits offsets of a group.
 * @throws {KafkaError} REBALANCE_IN_PROGRESS, ILLEGAL_GENERATION, UNKNOWN_MEMBER_ID: others may read these
 *   partitions now.
 */
export async function commitOffsets(
  cluster: Cluster,
  groupId: string,
  offsets: readonly OffsetToCommit[],
  member: Generation & { readonly groupInstanceId: string | null },
  options: CallOptions = {},
): Promise<void> {
  if (offsets.length === 0) return
  await cluster.call(async () => {
    const coordinatorId = await cluster.coordinator(groupId, 'group', options.signal)
    const response = await cluster.send(
      coordinatorId,
      OffsetCommitApi,
      () => ({
        groupId,
        generationIdOrMemberEpoch: member.generationId,
        memberId: member.memberId,
        groupInstanceId: member.groupInstanceId,
        topics: byTopic(offsets).map(({ name, entries }) => ({
          name,
          partitions: entries.map(({ partition, offset }) => ({
            partitionIndex: partition,
            committedOffset: offset,
            committedMetadata: '',
          })),
        })),
      }),
      { signal: options.signal, highestVersion: OFFSET_COMMIT_BY_NAME },
    )
    for (const { partitions } of response.topics) {
      for (const { errorCode } of partitions) throwIfError(errorCode)
    }
  }, options)
}

/** The committed offsets of some partitions, by `topic-partition`; those without one are missing. */
export async function committedOffsets(
  cluster: Cluster,
  groupId: string,
  partitions: readonly TopicPartition[],
  options: CallOptions = {},
): Promise<ReadonlyMap<string, number>> {
  if (partitions.length === 0) return new Map()
  return cluster.call(async () => {
    const coordinatorId = await cluster.coordinator(groupId, 'group', options.signal)
    const topics = byTopic(partitions).map(({ name, entries }) => ({
      name,
      partitionIndexes: entries.map(({ partition }) => partition),
    }))
    const response = await cluster.send(
      coordinatorId,
      OffsetFetchApi,
      (version) =>
        version >= 8
          ? { groups: [{ groupId, topics }], requireStable: true }
          : { groupId, topics, ...(version >= 7 && { requireStable: true }) },
      { signal: options.signal, highestVersion: OFFSET_FETCH_BY_NAME },
    )
    const group = response.groups[0] ?? response
    throwIfError(group.errorCode)
    const committed = new Map<string, number>()
    for (const topic of group.topics) {
      for (const { partitionIndex, committedOffset, errorCode } of topic.partitions) {
        throwIfError(errorCode)
        const name = partitionName({ topic: topic.name, partition: partitionIndex })
        if (Number(committedOffset) >= 0) committed.set(name, Number(committedOffset))
      }
    }
    return committed
  }, options)
}

function byTopic<T extends TopicPartition>(
  entries: readonly T[],
): readonly { readonly name: string; readonly entries: readonly T[] }[] {
  const topics = new Map<string, T[]>()
  for (const entry of entries) topics.set(entry.topic, [...(topics.get(entry.topic) ?? []), entry])
  return [...topics].map(([name, of]) => ({ name, entries: of }))
}
