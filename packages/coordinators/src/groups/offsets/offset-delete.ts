import { errorNumber, KafkaError, type ErrorName } from '@ottla/protocol'
import type {
  OffsetDeleteRequest,
  OffsetDeleteResponseInput,
} from '@ottla/protocol/messages/offset-delete'
import type { Decision } from '@ottla/state-machine'
import type { ClassicGroup } from '../classic/classic-group.ts'
import { isSubscribedTo, usesConsumerProtocol } from '../classic/protocols.ts'
import { offsetTombstone, type GroupRecord } from '../state/group-record.ts'
import type { GroupsState } from '../state/groups-state.ts'
import type { TopicLookup } from '../topic-lookup.ts'
import { committedOffset } from './committed-offsets.ts'

/**
 * OffsetDelete: forgets offsets of topics that nobody in the group consumes.
 * @throws {KafkaError} NON_EMPTY_GROUP when the group has members and we cannot know their topics.
 */
export function decideOffsetDelete(
  state: GroupsState,
  group: ClassicGroup,
  request: OffsetDeleteRequest,
  topics: TopicLookup,
): Decision<GroupRecord, OffsetDeleteResponseInput> {
  if (group.state !== 'Empty' && !usesConsumerProtocol(group)) {
    throw new KafkaError('NON_EMPTY_GROUP', `group ${group.id} has members; its topics are unknown`)
  }
  const records: GroupRecord[] = []
  const answers = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex }) => {
      let error: ErrorName = 'NONE'
      if (!topics.hasPartition(name, partitionIndex)) error = 'UNKNOWN_TOPIC_OR_PARTITION'
      else if (isSubscribedTo(group, name)) error = 'GROUP_SUBSCRIBED_TO_TOPIC'
      else if (committedOffset(state, group.id, name, partitionIndex) !== undefined) {
        records.push(offsetTombstone(group.id, name, partitionIndex))
      }
      return { partitionIndex, errorCode: errorNumber(error) }
    }),
  }))
  return { records, reply: { errorCode: 0, throttleTimeMs: 0, topics: answers } }
}

/** Tombstones for everything that a group has committed. */
export function allOffsetTombstones(state: GroupsState, groupId: string): GroupRecord[] {
  const records: GroupRecord[] = []
  for (const [topic, partitions] of state.offsets.get(groupId) ?? []) {
    for (const partition of partitions.keys()) {
      records.push(offsetTombstone(groupId, topic, partition))
    }
  }
  return records
}

/** A topic that is no more. */
export interface DeletedTopic {
  readonly id: string
  readonly name: string
}

/** Tombstones for what all groups committed of a topic, unless it is of a later one of that name. */
export function topicOffsetTombstones(
  state: GroupsState,
  { id, name }: DeletedTopic,
  zeroUuid: string,
): GroupRecord[] {
  const records: GroupRecord[] = []
  for (const [groupId, topics] of state.offsets) {
    for (const [partition, { topicId }] of topics.get(name) ?? []) {
      if (topicId === zeroUuid || topicId === id) {
        records.push(offsetTombstone(groupId, name, partition))
      }
    }
  }
  return records
}
