import { encodeCoordinatorKey, encodeCoordinatorValue } from '@ottla/protocol'
import { GroupMetadataKey, GroupMetadataValue } from '@ottla/protocol/records/group-metadata'
import { OffsetCommitKey, OffsetCommitValue } from '@ottla/protocol/records/offset-commit'
import type { CommittedOffset, StoredClassicGroup } from './groups-state.ts'

/**
 * A record of `__consumer_offsets`. A null value is a tombstone.
 *
 *   key    type int16, then the key's fields: 1 offset of a partition, 2 classic group, 3 and up the
 *          newer kinds of groups
 *   value  version int16, then the value's fields
 */
export interface GroupRecord {
  readonly key: Buffer
  readonly value: Buffer | null
  /** Of a transactional batch: its producer. Without it the record counts at once. */
  readonly producerId?: number
  /** Of a control batch: a marker that decides its producer's transaction. */
  readonly isControl?: boolean
}

/** As Kafka 4.3 writes them, so that its tools and older brokers of its line read them. */
const groupMetadataVersion = 3
const offsetCommitVersion = 4
/** The only version with a time at which the offset goes. */
const expiringOffsetCommitVersion = 1

export function groupMetadataRecord(groupId: string, group: StoredClassicGroup): GroupRecord {
  const value = {
    protocolType: group.protocolType ?? '',
    generation: group.generation,
    protocol: group.protocolName,
    leader: group.leaderId,
    currentStateTimestamp: group.stateTimestampMs,
    members: group.members.map((member) => ({
      memberId: member.id,
      groupInstanceId: member.instanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeout: member.rebalanceTimeoutMs,
      sessionTimeout: member.sessionTimeoutMs,
      subscription: member.subscription,
      assignment: member.assignment,
    })),
  }
  return {
    key: groupMetadataKey(groupId),
    value: encodeCoordinatorValue(GroupMetadataValue, value, groupMetadataVersion),
  }
}

export function groupTombstone(groupId: string): GroupRecord {
  return { key: groupMetadataKey(groupId), value: null }
}

export function offsetCommitRecord(
  groupId: string,
  topic: string,
  partition: number,
  committed: CommittedOffset,
): GroupRecord {
  const isExpiring = committed.expireTimestampMs !== -1
  const value = {
    offset: committed.offset,
    leaderEpoch: committed.leaderEpoch,
    metadata: committed.metadata,
    commitTimestamp: committed.commitTimestampMs,
    expireTimestamp: committed.expireTimestampMs,
    topicId: committed.topicId,
  }
  const version = isExpiring ? expiringOffsetCommitVersion : offsetCommitVersion
  return {
    key: offsetCommitKey(groupId, topic, partition),
    value: encodeCoordinatorValue(OffsetCommitValue, value, version),
  }
}

export function offsetTombstone(groupId: string, topic: string, partition: number): GroupRecord {
  return { key: offsetCommitKey(groupId, topic, partition), value: null }
}

function groupMetadataKey(group: string): Buffer {
  return encodeCoordinatorKey(GroupMetadataKey, { group })
}

function offsetCommitKey(group: string, topic: string, partition: number): Buffer {
  return encodeCoordinatorKey(OffsetCommitKey, { group, topic, partition })
}
