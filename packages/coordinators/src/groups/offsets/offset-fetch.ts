import { errorNumber, ZERO_UUID, type ErrorName } from '@ottla/protocol'
import type {
  OffsetFetchRequest,
  OffsetFetchRequestGroup,
  OffsetFetchRequestTopics,
  OffsetFetchResponseGroupInput,
  OffsetFetchResponseInput,
  OffsetFetchResponsePartitionsInput,
  OffsetFetchResponseTopicsInput,
} from '@ottla/protocol/messages/offset-fetch'
import type { CommittedOffset, GroupsState } from '../state/groups-state.ts'
import type { GroupOffsets } from '../state/offsets-by-group.ts'
import { hasPendingOffset } from '../state/transactions.ts'
import type { TopicLookup } from '../topic-lookup.ts'

/** From this version on one request asks for many groups. */
const manyGroupsFromVersion = 8
/** From this version on a topic is named by its id. */
const topicIdsFromVersion = 10
/** From this version on a group has an error of its own. */
const groupErrorFromVersion = 2

/** The groups that a request of any version asks for, each for its own coordinator. */
export function offsetFetchGroups(
  request: OffsetFetchRequest,
  apiVersion: number,
): readonly OffsetFetchRequestGroup[] {
  if (apiVersion >= manyGroupsFromVersion) return request.groups
  const topics =
    request.topics?.map(({ name, partitionIndexes }) => ({
      name,
      topicId: ZERO_UUID,
      partitionIndexes,
    })) ?? null
  return [{ groupId: request.groupId, memberId: null, memberEpoch: -1, topics }]
}

/** The coordinators' answers as one response of the request's version. */
export function offsetFetchResponse(
  groups: readonly OffsetFetchResponseGroupInput[],
  apiVersion: number,
): OffsetFetchResponseInput {
  if (apiVersion >= manyGroupsFromVersion) return { groups: [...groups] }
  const [group] = groups
  if (group === undefined) return { topics: [] }
  return {
    errorCode: group.errorCode ?? 0,
    topics: group.topics.map(({ name, partitions }) => ({ name: name ?? '', partitions })),
  }
}

export interface FetchFacts {
  readonly state: GroupsState
  readonly topics: TopicLookup
  readonly apiVersion: number
  /** An offset that an undecided transaction is about to change is not told, but to be asked again. */
  readonly requireStable: boolean
}

/** The committed offsets of a group; of one that does not exist, as of one without offsets. */
export function fetchOffsets(
  facts: FetchFacts,
  { groupId, topics }: OffsetFetchRequestGroup,
): OffsetFetchResponseGroupInput {
  return {
    groupId,
    topics:
      topics === null
        ? allTopics(facts, groupId)
        : topics.map((topic) => oneTopic(facts, groupId, topic)),
  }
}

/** The answer, in the request's version, when nothing of a group can be told. */
export function offsetFetchError(
  request: OffsetFetchRequestGroup,
  error: ErrorName,
  apiVersion: number,
): OffsetFetchResponseGroupInput {
  const { groupId } = request
  if (apiVersion >= groupErrorFromVersion) {
    return { groupId, topics: [], errorCode: errorNumber(error) }
  }
  return {
    groupId,
    topics: (request.topics ?? []).map((topic) => failedTopic(topic, error)),
  }
}

function allTopics(facts: FetchFacts, groupId: string): OffsetFetchResponseTopicsInput[] {
  const { state, topics, apiVersion } = facts
  const answers: OffsetFetchResponseTopicsInput[] = []
  for (const [name, partitions] of offsetsOf(state, groupId) ?? []) {
    const topicId = topics.idOf(name)
    // A topic whose id nobody knows has no place in an answer by ids.
    if (topicId === undefined && apiVersion >= topicIdsFromVersion) continue
    answers.push({
      name,
      topicId: topicId ?? ZERO_UUID,
      partitions: Array.from(partitions, ([partition, offset]) =>
        isUnstable(facts, groupId, name, partition)
          ? missing(partition, errorNumber('UNSTABLE_OFFSET_COMMIT'))
          : found(partition, offset),
      ),
    })
  }
  return answers
}

function oneTopic(
  facts: FetchFacts,
  groupId: string,
  topic: OffsetFetchRequestTopics,
): OffsetFetchResponseTopicsInput {
  let { name } = topic
  if (facts.apiVersion >= topicIdsFromVersion) {
    const known = facts.topics.nameOf(topic.topicId)
    if (known === undefined) return failedTopic(topic, 'UNKNOWN_TOPIC_ID')
    name = known
  }
  const partitions = offsetsOf(facts.state, groupId)?.get(name)
  return {
    name,
    topicId: topic.topicId,
    partitions: topic.partitionIndexes.map((partition) => {
      if (isUnstable(facts, groupId, name, partition)) {
        return missing(partition, errorNumber('UNSTABLE_OFFSET_COMMIT'))
      }
      const offset = partitions?.get(partition)
      if (offset === undefined || isOfAnother(offset, topic.topicId)) return missing(partition)
      return found(partition, offset)
    }),
  }
}

function isUnstable(
  { state, requireStable }: FetchFacts,
  groupId: string,
  topic: string,
  partition: number,
): boolean {
  return requireStable && hasPendingOffset(state, groupId, topic, partition)
}

function offsetsOf(state: GroupsState, groupId: string): GroupOffsets | undefined {
  return state.groups.has(groupId) ? state.offsets.get(groupId) : undefined
}

/** The topic was deleted and made again since: the offset is in another log. */
function isOfAnother({ topicId }: CommittedOffset, asked: string): boolean {
  return topicId !== ZERO_UUID && asked !== ZERO_UUID && topicId !== asked
}

function found(partition: number, offset: CommittedOffset): OffsetFetchResponsePartitionsInput {
  return {
    partitionIndex: partition,
    committedOffset: offset.offset,
    committedLeaderEpoch: offset.leaderEpoch,
    metadata: offset.metadata,
    errorCode: 0,
  }
}

function missing(partition: number, errorCode = 0): OffsetFetchResponsePartitionsInput {
  return {
    partitionIndex: partition,
    committedOffset: -1,
    committedLeaderEpoch: -1,
    metadata: '',
    errorCode,
  }
}

function failedTopic(
  topic: OffsetFetchRequestTopics,
  error: ErrorName,
): OffsetFetchResponseTopicsInput {
  const errorCode = errorNumber(error)
  return {
    name: topic.name,
    topicId: topic.topicId,
    partitions: topic.partitionIndexes.map((partition) => missing(partition, errorCode)),
  }
}
