import { errorNumber, KafkaError, ZERO_UUID, type ErrorName } from '@ottla/protocol'
import type {
  OffsetDeleteRequest,
  OffsetDeleteResponseInput,
} from '@ottla/protocol/messages/offset-delete'
import type { Decision } from '@ottla/state-machine'
import type { ClassicGroup } from '../classic/classic-group.ts'
import { isSubscribedTo, usesConsumerProtocol } from '../classic/protocols.ts'
import { offsetTombstone, type GroupRecord } from '../state/group-record.ts'
import type { GroupsState } from '../state/groups-state.ts'
import { offsetOf, type OffsetsByGroup } from '../state/offsets-by-group.ts'
import { hasPendingOffset } from '../state/transactions.ts'
import type { TopicLookup } from '../topic-lookup.ts'

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
      else if (
        offsetOf(state.offsets, group.id, name, partitionIndex) !== undefined ||
        hasPendingOffset(state, group.id, name, partitionIndex)
      ) {
        records.push(offsetTombstone(group.id, name, partitionIndex))
      }
      return { partitionIndex, errorCode: errorNumber(error) }
    }),
  }))
  return { records, reply: { errorCode: 0, throttleTimeMs: 0, topics: answers } }
}

/** Tombstones for everything that a group has committed, in undecided transactions too. */
export function allOffsetTombstones(state: GroupsState, groupId: string): GroupRecord[] {
  const records = new Map<string, GroupRecord>()
  for (const offsets of storesOf(state)) {
    for (const [topic, partitions] of offsets.get(groupId) ?? []) {
      for (const partition of partitions.keys()) {
        records.set(`${topic}-${partition}`, offsetTombstone(groupId, topic, partition))
      }
    }
  }
  return [...records.values()]
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
): GroupRecord[] {
  const records: GroupRecord[] = []
  for (const offsets of storesOf(state)) {
    for (const [groupId, topics] of offsets) {
      for (const [partition, { topicId }] of topics.get(name) ?? []) {
        // Old records do not say which topic of that name they are about.
        if (topicId === ZERO_UUID || topicId === id) {
          records.push(offsetTombstone(groupId, name, partition))
        }
      }
    }
  }
  return records
}

function storesOf(state: GroupsState): OffsetsByGroup[] {
  return [state.offsets, ...state.transactions.values()]
}
