import {
  decodeCoordinatorKey,
  decodeCoordinatorValue,
  KafkaError,
  type Reader,
} from '@ottla/protocol'
import { GroupMetadataKey, GroupMetadataValue } from '@ottla/protocol/records/group-metadata'
import { OffsetCommitKey, OffsetCommitValue } from '@ottla/protocol/records/offset-commit'
import { controlRecordType } from '@ottla/records'
import type { Logger } from '@ottla/runtime'
import type { GroupRecord } from './group-record.ts'
import {
  emptyStoredGroup,
  type GroupsState,
  type StoredClassicGroup,
  type StoredModernGroup,
} from './groups-state.ts'
import { putOffset, removeOffset, type OffsetsByGroup } from './offsets-by-group.ts'
import { endTransaction, forgetPendingOffset } from './transactions.ts'

/** Written before Kafka 0.9; the fields are those of type 1. */
const legacyOffsetCommitType = 0

/** The records that say that a group of a newer kind is there, or no more. */
const modernGroupTypes: Readonly<Record<number, StoredModernGroup['type']>> = {
  3: 'consumer',
  11: 'share',
  17: 'streams',
}

/**
 * Folds a record into the state. One of a type that is not known yet, or that cannot be read, is
 * passed over: it must not keep all other groups of the partition from their coordinator.
 */
export function apply(state: GroupsState, record: GroupRecord, logger: Logger): void {
  state.order++
  let what = 'without a type'
  try {
    if (record.isControl === true) {
      const end = controlRecordType(record.key)
      if (record.producerId === undefined || (end !== 'COMMIT' && end !== 'ABORT')) return
      endTransaction(state, record.producerId, end === 'COMMIT')
      return
    }
    const { type, reader: key } = decodeCoordinatorKey(record.key)
    what = `of type ${type}`
    switch (type) {
      case legacyOffsetCommitType:
      case OffsetCommitKey.apiKey:
        applyOffset(state, OffsetCommitKey.read(key, 0), record)
        return
      case GroupMetadataKey.apiKey:
        applyGroup(state, GroupMetadataKey.read(key, 0).group, record.value)
        return
      default:
        applyModernGroup(state, type, key, record.value)
    }
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    logger.error(`a group record ${what} cannot be read; it is passed over`, {
      key: record.key.toString('hex', 0, 200),
      error,
    })
  }
}

function applyOffset(
  state: GroupsState,
  key: OffsetCommitKey,
  { value, producerId }: GroupRecord,
): void {
  const { group: groupId, topic, partition } = key
  if (value === null) {
    removeOffset(state.offsets, groupId, topic, partition)
    forgetPendingOffset(state, groupId, topic, partition)
    return
  }
  const committed = decodeCoordinatorValue(OffsetCommitValue, value)
  const commitTimestampMs = Number(committed.commitTimestamp)
  if (!state.groups.has(groupId)) state.groups.set(groupId, emptyStoredGroup(commitTimestampMs))
  putOffset(offsetsOf(state, producerId), groupId, topic, partition, {
    offset: committed.offset,
    leaderEpoch: committed.leaderEpoch,
    metadata: committed.metadata,
    commitTimestampMs,
    expireTimestampMs: Number(committed.expireTimestamp),
    topicId: committed.topicId,
    order: state.order,
  })
}

function offsetsOf(state: GroupsState, producerId: number | undefined): OffsetsByGroup {
  if (producerId === undefined) return state.offsets
  let pending = state.transactions.get(producerId)
  if (pending === undefined) state.transactions.set(producerId, (pending = new Map()))
  return pending
}

function applyGroup(state: GroupsState, groupId: string, value: Buffer | null): void {
  if (value === null) {
    // The tombstone of a kind that the group no longer is must not take the new one with it.
    if (state.groups.get(groupId)?.type === 'classic') state.groups.delete(groupId)
    return
  }
  state.groups.set(groupId, storedGroup(decodeCoordinatorValue(GroupMetadataValue, value)))
}

/** @throws {KafkaError} INVALID_RECORD when its members cannot be those of one group. */
function storedGroup(value: GroupMetadataValue): StoredClassicGroup {
  const ids = new Set(value.members.map(({ memberId }) => memberId))
  const instanceIds = value.members.flatMap(({ groupInstanceId }) => groupInstanceId ?? [])
  if (
    ids.size !== value.members.length ||
    new Set(instanceIds).size !== instanceIds.length ||
    (ids.size > 0 && (value.protocol === null || value.protocolType === ''))
  ) {
    throw new KafkaError(
      'INVALID_RECORD',
      'a stored group with members has a protocol, and each of its ids once',
    )
  }
  return {
    type: 'classic',
    protocolType: value.protocolType === '' ? null : value.protocolType,
    generation: value.generation,
    protocolName: value.protocol,
    leaderId: value.leader !== null && ids.has(value.leader) ? value.leader : null,
    stateTimestampMs: Number(value.currentStateTimestamp),
    members: value.members.map((member) => ({
      id: member.memberId,
      instanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      // Version 0 has only one time-out.
      rebalanceTimeoutMs:
        member.rebalanceTimeout === -1 ? member.sessionTimeout : member.rebalanceTimeout,
      sessionTimeoutMs: member.sessionTimeout,
      // Copies: a slice would keep the whole batch in memory that the record was read from.
      subscription: Buffer.from(member.subscription),
      assignment: Buffer.from(member.assignment),
    })),
  }
}

function applyModernGroup(
  state: GroupsState,
  type: number,
  key: Reader,
  value: Buffer | null,
): void {
  const groupType = modernGroupTypes[type]
  if (groupType === undefined) return
  const groupId = key.string()
  if (value !== null) state.groups.set(groupId, { type: groupType })
  else if (state.groups.get(groupId)?.type === groupType) state.groups.delete(groupId)
}
