import { decodeCoordinatorKey, decodeCoordinatorValue, errorName, ZERO_UUID } from '@ottla/protocol'
import type { DescribedGroupInput } from '@ottla/protocol/messages/describe-groups'
import type { JoinGroupResponseInput } from '@ottla/protocol/messages/join-group'
import type { LeaveGroupResponseInput } from '@ottla/protocol/messages/leave-group'
import type { OffsetCommitResponseInput } from '@ottla/protocol/messages/offset-commit'
import type { OffsetDeleteResponseInput } from '@ottla/protocol/messages/offset-delete'
import type { OffsetFetchResponseGroupInput } from '@ottla/protocol/messages/offset-fetch'
import type { SyncGroupResponseInput } from '@ottla/protocol/messages/sync-group'
import { GroupMetadataKey, GroupMetadataValue } from '@ottla/protocol/records/group-metadata'
import { OffsetCommitKey, OffsetCommitValue } from '@ottla/protocol/records/offset-commit'
import type { GroupRecord } from '../../src/index.ts'

/** Answers and records as the lines of a transcript. */

export function showError(code: number): string {
  return errorName(code)
}

export function showBytes(bytes: Buffer): string {
  const text = bytes.toString('latin1')
  return /^[ -~]*$/.test(text) ? `"${text}"` : `0x${bytes.toString('hex')}`
}

export function showJoin(response: JoinGroupResponseInput): string {
  const { errorCode, memberId, members } = response
  if (errorCode !== 0) return `${showError(errorCode)} member=${memberId || "''"}`
  const lines = [
    `NONE generation=${response.generationId} ${strategy(response)}`,
    `member=${memberId} leader=${response.leader}`,
  ]
  const shown = members.map(
    (member) =>
      `${member.memberId}${member.groupInstanceId == null ? '' : `(${member.groupInstanceId})`}` +
      ` ${showBytes(member.metadata)}`,
  )
  if (members.length > 0) lines.push(`members=[${shown.join(', ')}]`)
  if (response.skipAssignment === true) lines.push('skip assignment')
  return lines.join(' ')
}

export function showSync({
  errorCode,
  protocolType,
  protocolName,
  assignment,
}: SyncGroupResponseInput): string {
  if (errorCode !== 0) return showError(errorCode)
  return `NONE ${strategy({ protocolType, protocolName })} ${showBytes(assignment)}`
}

export function showLeave({ errorCode, members }: LeaveGroupResponseInput): string {
  const shown = (members ?? []).map(
    ({ memberId, groupInstanceId, errorCode: code }) =>
      `${memberId || "''"}${groupInstanceId === null ? '' : `(${groupInstanceId})`} ${showError(code ?? 0)}`,
  )
  return [showError(errorCode), ...shown].join(', ')
}

export function showCommit({ topics }: OffsetCommitResponseInput): string {
  return topics
    .flatMap(({ name, topicId, partitions }) =>
      partitions.map(
        ({ partitionIndex, errorCode }) =>
          `${name || topicId}-${partitionIndex} ${showError(errorCode)}`,
      ),
    )
    .join(', ')
}

export function showFetch({ errorCode, topics }: OffsetFetchResponseGroupInput): string {
  if (errorCode !== undefined && errorCode !== 0) return showError(errorCode)
  const shown = topics.flatMap(({ name, topicId, partitions }) =>
    partitions.map((partition) => {
      const what = `${name || topicId}-${partition.partitionIndex}`
      if (partition.errorCode !== 0) return `${what} ${showError(partition.errorCode)}`
      const epoch =
        partition.committedLeaderEpoch === -1 ? '' : ` epoch ${partition.committedLeaderEpoch}`
      const metadata = partition.metadata === '' ? '' : ` "${partition.metadata}"`
      return `${what}=${partition.committedOffset}${epoch}${metadata}`
    }),
  )
  return shown.length === 0 ? 'nothing' : shown.join(', ')
}

export function showDescribed(group: DescribedGroupInput): string {
  const error =
    group.errorCode === 0 ? '' : ` ${showError(group.errorCode)} ${group.errorMessage ?? ''}`
  const members = group.members.map(
    (member) =>
      `${member.memberId}${member.groupInstanceId == null ? '' : `(${member.groupInstanceId})`}` +
      ` ${member.clientId} ${member.clientHost}` +
      ` ${showBytes(member.memberMetadata)} ${showBytes(member.memberAssignment)}`,
  )
  return `${group.groupId}: ${group.groupState}${error} ${group.protocolType}/${group.protocolData}${members.length > 0 ? ` ${members.join(', ')}` : ''}`
}

export function showOffsetDelete({ errorCode, topics }: OffsetDeleteResponseInput): string {
  if (errorCode !== 0) return showError(errorCode)
  return topics
    .flatMap(({ name, partitions }) =>
      partitions.map(
        ({ partitionIndex, errorCode: code }) => `${name}-${partitionIndex} ${showError(code)}`,
      ),
    )
    .join(', ')
}

/** @param startMs Times are shown as milliseconds after it. */
export function showRecord({ key, value }: GroupRecord, startMs: number): string {
  const { type, reader } = decodeCoordinatorKey(key)
  if (type === OffsetCommitKey.apiKey) {
    const { group, topic, partition } = OffsetCommitKey.read(reader, 0)
    const what = `offset ${group} ${topic}-${partition}`
    if (value === null) return `${what} tombstone`
    const stored = decodeCoordinatorValue(OffsetCommitValue, value)
    return [
      `${what} v${value.readInt16BE(0)} = ${stored.offset}`,
      stored.leaderEpoch === -1 ? '' : ` epoch ${stored.leaderEpoch}`,
      stored.metadata === '' ? '' : ` "${stored.metadata}"`,
      ` at ${Number(stored.commitTimestamp) - startMs}`,
      stored.expireTimestamp === -1 ? '' : ` until ${Number(stored.expireTimestamp) - startMs}`,
      stored.topicId === ZERO_UUID ? '' : ` id ${stored.topicId}`,
    ].join('')
  }
  const { group } = GroupMetadataKey.read(reader, 0)
  if (value === null) return `group ${group} tombstone`
  const stored = decodeCoordinatorValue(GroupMetadataValue, value)
  const members = stored.members.map(
    (member) =>
      `${member.memberId}${member.groupInstanceId === null ? '' : `(${member.groupInstanceId})`}` +
      ` ${showBytes(member.subscription)} ${showBytes(member.assignment)}`,
  )
  return (
    `group ${group} v${value.readInt16BE(0)} generation=${stored.generation} ` +
    `${stored.protocolType || "''"}/${stored.protocol} leader=${stored.leader} ` +
    `since ${Number(stored.currentStateTimestamp) - startMs} [${members.join(', ')}]`
  )
}

/** Old versions do not tell the protocol type, or neither. */
function strategy({ protocolType, protocolName }: Strategy): string {
  return [protocolType, protocolName].filter((part) => part != null).join('/') || '-'
}

interface Strategy {
  readonly protocolType?: string | null | undefined
  readonly protocolName?: string | null | undefined
}
