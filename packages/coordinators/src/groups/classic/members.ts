import { errorNumber, KafkaError, type ErrorName } from '@ottla/protocol'
import type { JoinGroupResponseInput } from '@ottla/protocol/messages/join-group'
import type { SyncGroupResponseInput } from '@ottla/protocol/messages/sync-group'
import { assert } from '@ottla/runtime'
import type { Answer, ClassicGroup, ClassicMember, MemberProtocol } from './classic-group.ts'
import { isLeader } from './classic-group.ts'
import { countProtocols, supportsProtocols } from './protocols.ts'

/** The assignment of a member that the leader gave none, and of all before the leader's sync. */
export const noAssignment: Buffer = Buffer.alloc(0)

/** An answer to JoinGroup that holds nothing but an error. */
export function joinError(error: ErrorName, memberId: string): JoinGroupResponseInput {
  return {
    errorCode: errorNumber(error),
    generationId: -1,
    protocolName: null,
    leader: '',
    memberId,
    members: [],
  }
}

export function syncError(error: ErrorName): SyncGroupResponseInput {
  return { errorCode: errorNumber(error), assignment: noAssignment }
}

export function addMember(group: ClassicGroup, member: ClassicMember, protocolType: string): void {
  if (group.members.size === 0) group.protocolType = protocolType
  assert(group.protocolType === protocolType, 'all members of a group have its protocol type')
  assert(
    supportsProtocols(group, protocolType, member.protocols),
    'the members of a group always have a strategy in common',
  )
  if (member.instanceId !== null) {
    assert(!group.staticMembers.has(member.instanceId), 'an instance id has one member')
    group.staticMembers.set(member.instanceId, member.id)
  }
  group.leaderId ??= member.id
  group.members.set(member.id, member)
  countProtocols(group, member, 1)
  if (member.awaitingJoin !== null) group.awaitingJoinCount++
  removePendingMember(group, member.id)
}

/** Forgets a member; requests of it that are still parked are told that it is unknown. */
export function removeMember(group: ClassicGroup, memberId: string): void {
  const member = group.members.get(memberId)
  if (member === undefined) return
  answerJoin(group, member, joinError('UNKNOWN_MEMBER_ID', ''))
  answerSync(member, syncError('UNKNOWN_MEMBER_ID'))
  member.session.cancel()
  group.members.delete(memberId)
  countProtocols(group, member, -1)
  if (member.instanceId !== null) group.staticMembers.delete(member.instanceId)
  if (isLeader(group, memberId)) group.leaderId = group.members.keys().next().value ?? null
  group.pendingSyncs.delete(memberId)
}

export function removePendingMember(group: ClassicGroup, memberId: string): void {
  group.pendingMembers.get(memberId)?.cancel()
  group.pendingMembers.delete(memberId)
}

/** What a JoinGroup may change about a member that is already there. */
export interface MemberUpdate {
  readonly protocols: readonly MemberProtocol[]
  readonly rebalanceTimeoutMs: number
  readonly sessionTimeoutMs: number
  readonly awaitingJoin: Answer<JoinGroupResponseInput> | null
}

export function updateMember(
  group: ClassicGroup,
  member: ClassicMember,
  { protocols, rebalanceTimeoutMs, sessionTimeoutMs, awaitingJoin }: MemberUpdate,
): void {
  countProtocols(group, member, -1)
  member.protocols = protocols
  countProtocols(group, member, 1)
  member.rebalanceTimeoutMs = rebalanceTimeoutMs
  member.sessionTimeoutMs = sessionTimeoutMs
  // A JoinGroup sent again takes the place of the one that is parked. Whoever still waits for that
  // must hear something, or its connection would be stuck.
  answerJoin(group, member, joinError('REBALANCE_IN_PROGRESS', member.id))
  member.awaitingJoin = awaitingJoin
  if (awaitingJoin !== null) group.awaitingJoinCount++
}

/** Answers the member's parked JoinGroup, if there is one. */
export function answerJoin(
  group: ClassicGroup,
  member: ClassicMember,
  response: JoinGroupResponseInput,
): void {
  const answer = member.awaitingJoin
  if (answer === null) return
  member.awaitingJoin = null
  group.awaitingJoinCount--
  answer(response)
}

/** Answers the member's parked SyncGroup; false when there is none. */
export function answerSync(member: ClassicMember, response: SyncGroupResponseInput): boolean {
  const answer = member.awaitingSync
  if (answer === null) return false
  member.awaitingSync = null
  answer(response)
  return true
}

/** The member was heard of; it has this long to be heard of again. */
export function restartSession(
  member: ClassicMember,
  timeoutMs: number = member.sessionTimeoutMs,
): void {
  member.session.set(timeoutMs, member.onSilence)
}

/**
 * Checks that a request comes from a member.
 * @throws {KafkaError} UNKNOWN_MEMBER_ID; FENCED_INSTANCE_ID when another member has taken over the
 *   instance id.
 */
export function checkMember(
  group: ClassicGroup,
  memberId: string,
  instanceId: string | null,
): ClassicMember {
  if (instanceId !== null) {
    const memberIdNow = group.staticMembers.get(instanceId)
    if (memberIdNow === undefined) {
      throw new KafkaError(
        'UNKNOWN_MEMBER_ID',
        `group ${group.id} has no static member ${instanceId}`,
      )
    }
    if (memberIdNow !== memberId) {
      throw new KafkaError(
        'FENCED_INSTANCE_ID',
        `in group ${group.id} the instance id ${instanceId} belongs to another member by now`,
      )
    }
  }
  const member = group.members.get(memberId)
  if (member === undefined) {
    throw new KafkaError('UNKNOWN_MEMBER_ID', `group ${group.id} has no member ${memberId}`)
  }
  return member
}
