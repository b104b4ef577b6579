import { errorNumber, KafkaError, ZERO_UUID, type ErrorName } from '@ottla/protocol'
import type {
  OffsetCommitRequest,
  OffsetCommitRequestTopic,
  OffsetCommitResponseInput,
  OffsetCommitResponsePartitionInput,
} from '@ottla/protocol/messages/offset-commit'
import type { Decision } from '@ottla/state-machine'
import { checkMember } from '../classic/members.ts'
import type { ClassicGroup } from '../classic/classic-group.ts'
import type { GroupSettings } from '../group-settings.ts'
import { offsetCommitRecord, type GroupRecord } from '../state/group-record.ts'
import type { TopicLookup } from '../topic-lookup.ts'

/** From this version on a topic is named by its id. */
const topicIdsFromVersion = 10

/**
 * Whether a commit may come from who it says it comes from.
 *
 * Without a generation it is from somebody who manages partitions alone, or from an operator: fine
 * while the group has no members.
 * @throws {KafkaError} UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID, ILLEGAL_GENERATION;
 *   REBALANCE_IN_PROGRESS when the member has joined but not synced.
 */
export function checkCommit(group: ClassicGroup, request: OffsetCommitRequest): void {
  const { generationIdOrMemberEpoch: generation, memberId, groupInstanceId } = request
  if (generation < 0 && group.state === 'Empty') return
  if (generation < 0 && memberId === '' && groupInstanceId === null) {
    throw new KafkaError(
      'UNKNOWN_MEMBER_ID',
      `group ${group.id} has members; only they commit its offsets`,
    )
  }
  checkMember(group, memberId, groupInstanceId)
  if (generation !== group.generation) {
    throw new KafkaError(
      'ILLEGAL_GENERATION',
      `group ${group.id} is in generation ${group.generation}, not ${generation}`,
    )
  }
  if (group.state === 'CompletingRebalance') {
    throw new KafkaError('REBALANCE_IN_PROGRESS', `group ${group.id} waits for its assignment`)
  }
}

export interface CommitFacts {
  readonly apiVersion: number
  readonly nowMs: number
  readonly settings: GroupSettings
  readonly topics: TopicLookup
}

/** The records and the answer of a commit that is allowed; each partition succeeds or fails alone. */
export function decideCommit(
  request: OffsetCommitRequest,
  facts: CommitFacts,
): Decision<GroupRecord, OffsetCommitResponseInput> {
  const records: GroupRecord[] = []
  const retentionMs = Number(request.retentionTimeMs)
  // Versions 2 to 4: the client says how long its offsets are kept.
  const expireTimestampMs = retentionMs === -1 ? -1 : facts.nowMs + retentionMs
  const topics = request.topics.map((topic) => {
    const { name, topicId, error } = resolve(topic, facts)
    const partitions = topic.partitions.map((partition): OffsetCommitResponsePartitionInput => {
      const { partitionIndex, committedMetadata } = partition
      const refusal = error ?? refusalOf(name, partitionIndex, committedMetadata, facts)
      if (refusal !== null) return { partitionIndex, errorCode: errorNumber(refusal) }
      records.push(
        offsetCommitRecord(request.groupId, name, partitionIndex, {
          offset: partition.committedOffset,
          leaderEpoch: partition.committedLeaderEpoch,
          metadata: committedMetadata ?? '',
          commitTimestampMs: facts.nowMs,
          expireTimestampMs,
          topicId,
        }),
      )
      return { partitionIndex, errorCode: 0 }
    })
    return { name, topicId: topic.topicId, partitions }
  })
  return { records, reply: { topics } }
}

/** The answer when the whole commit fails. */
export function commitError(
  request: OffsetCommitRequest,
  error: ErrorName,
): OffsetCommitResponseInput {
  const errorCode = errorNumber(error)
  return {
    topics: request.topics.map(({ name, topicId, partitions }) => ({
      name,
      topicId,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    })),
  }
}

interface ResolvedTopic {
  readonly name: string
  readonly topicId: string
  readonly error: ErrorName | null
}

function resolve(topic: OffsetCommitRequestTopic, facts: CommitFacts): ResolvedTopic {
  if (facts.apiVersion >= topicIdsFromVersion) {
    const name = facts.topics.nameOf(topic.topicId)
    if (name === undefined) return { name: '', topicId: topic.topicId, error: 'UNKNOWN_TOPIC_ID' }
    return { name, topicId: topic.topicId, error: null }
  }
  const topicId = facts.topics.idOf(topic.name)
  if (topicId === undefined) {
    return { name: topic.name, topicId: ZERO_UUID, error: 'UNKNOWN_TOPIC_OR_PARTITION' }
  }
  return { name: topic.name, topicId, error: null }
}

function refusalOf(
  topic: string,
  partition: number,
  metadata: string | null,
  { settings, topics }: CommitFacts,
): ErrorName | null {
  if (!topics.hasPartition(topic, partition)) return 'UNKNOWN_TOPIC_OR_PARTITION'
  if (metadata !== null && metadata.length > settings.offsetMetadataMaxBytes) {
    return 'OFFSET_METADATA_TOO_LARGE'
  }
  return null
}
