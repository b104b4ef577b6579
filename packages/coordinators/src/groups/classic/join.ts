import { KafkaError } from '@ottla/protocol'
import type { JoinGroupRequest, JoinGroupResponseInput } from '@ottla/protocol/messages/join-group'
import { Alarm } from '../alarm.ts'
import { NEW_MEMBER_JOIN_TIMEOUT_MS, PENDING_MEMBERS_MAX } from '../limits.ts'
import type { RequestOrigin } from '../request-origin.ts'
import type { ClassicContext } from './classic-context.ts'
import type { Answer, ClassicGroup, ClassicMember, MemberProtocol } from './classic-group.ts'
import { isLeader } from './classic-group.ts'
import {
  addMember,
  checkMember,
  joinError,
  noAssignment,
  removeMember,
  removePendingMember,
  restartSession,
  updateMember,
} from './members.ts'
import { newMember, newMemberId } from './new-member.ts'
import { copyProtocols, hasSameProtocols, supportsProtocols } from './protocols.ts'
import { completeJoinIfAllJoined, joinAnswer, rebalanceOrCompleteJoin } from './rebalance.ts'
import { endPending } from './session.ts'
import { replaceStaticMember } from './static-members.ts'

/** A JoinGroup with what was made of it. */
export interface Joining {
  readonly request: JoinGroupRequest
  readonly origin: RequestOrigin
  readonly protocols: readonly MemberProtocol[]
  /** Version 0 has no time-out of its own for rebalances. */
  readonly rebalanceTimeoutMs: number
  readonly answer: Answer<JoinGroupResponseInput>
}

/**
 * JoinGroup to a classic group that exists. Answered at once when it is refused, asks for a member
 * id, or changes nothing; otherwise when the join phase ends.
 */
export function joinGroup(
  context: ClassicContext,
  group: ClassicGroup,
  request: JoinGroupRequest,
  origin: RequestOrigin,
  answer: Answer<JoinGroupResponseInput>,
): void {
  const joining: Joining = {
    request,
    origin,
    protocols: copyProtocols(request.protocols),
    rebalanceTimeoutMs:
      origin.apiVersion === 0 ? request.sessionTimeoutMs : request.rebalanceTimeoutMs,
    answer,
  }
  const { memberId } = request
  if (!hasRoomFor(context, group, memberId)) {
    removeMember(group, memberId)
    removePendingMember(group, memberId)
    answer(joinError('GROUP_MAX_SIZE_REACHED', ''))
    // Perhaps it was the last one that the others waited for.
    completeJoinIfAllJoined(context, group)
  } else if (!supportsProtocols(group, request.protocolType, joining.protocols)) {
    answer(joinError('INCONSISTENT_GROUP_PROTOCOL', memberId))
  } else if (memberId === '') {
    joinAnew(context, group, joining)
  } else if (group.pendingMembers.has(memberId)) {
    joinWithGivenId(context, group, joining)
  } else {
    rejoin(context, group, joining)
  }
}

/** Before version 7 no strategy is an empty name, from then on it is null. */
export function joinAnswerOfVersion(
  response: JoinGroupResponseInput,
  apiVersion: number,
): JoinGroupResponseInput {
  const protocolName =
    apiVersion < 7 ? (response.protocolName ?? '') : response.protocolName || null
  return { ...response, protocolName }
}

/**
 * During a join phase those count who have joined, not all members: the group may be too large
 * already because the limit was lowered, and then the last to join again are those who must go.
 */
function hasRoomFor(context: ClassicContext, group: ClassicGroup, memberId: string): boolean {
  const { groupMaxSize } = context.settings
  const member = group.members.get(memberId)
  switch (group.state) {
    case 'Empty':
      return true
    case 'PreparingRebalance':
      return (
        (member !== undefined && member.awaitingJoin !== null) ||
        group.awaitingJoinCount < groupMaxSize
      )
    case 'CompletingRebalance':
    case 'Stable':
      return member !== undefined || group.members.size < groupMaxSize
    default:
      return group.state satisfies never
  }
}

function joinAnew(context: ClassicContext, group: ClassicGroup, joining: Joining): void {
  const { request, origin, answer } = joining
  const instanceId = request.groupInstanceId
  const memberId = newMemberId(context, instanceId ?? origin.clientId ?? '')
  if (instanceId !== null) {
    if (group.staticMembers.has(instanceId)) replaceStaticMember(context, group, memberId, joining)
    else addAndRebalance(context, group, memberId, joining)
    return
  }
  // Version 4 asks clients to come again with the id they are given (KIP-394): one that gives up
  // before then leaves a name behind, not a member that everybody waits for.
  if (origin.apiVersion < 4) {
    addAndRebalance(context, group, memberId, joining)
    return
  }
  if (group.pendingMembers.size >= PENDING_MEMBERS_MAX) {
    answer(joinError('GROUP_MAX_SIZE_REACHED', ''))
    return
  }
  const alarm = new Alarm(context.clock)
  group.pendingMembers.set(memberId, alarm)
  alarm.set(request.sessionTimeoutMs, () => endPending(context, group, memberId))
  answer(joinError('MEMBER_ID_REQUIRED', memberId))
}

function joinWithGivenId(context: ClassicContext, group: ClassicGroup, joining: Joining): void {
  const { memberId, groupInstanceId } = joining.request
  if (groupInstanceId !== null) {
    // Static members are never asked to come again, so this client mixes two of its lives. Kafka
    // has no better error either.
    joining.answer(joinError('UNKNOWN_SERVER_ERROR', ''))
    return
  }
  addAndRebalance(context, group, memberId, joining)
}

function addAndRebalance(
  context: ClassicContext,
  group: ClassicGroup,
  memberId: string,
  { request, origin, protocols, rebalanceTimeoutMs, answer }: Joining,
): void {
  const member = newMember(context, group, {
    id: memberId,
    instanceId: request.groupInstanceId,
    clientId: origin.clientId ?? '',
    clientHost: `/${origin.clientAddress}`,
    rebalanceTimeoutMs,
    sessionTimeoutMs: request.sessionTimeoutMs,
    protocols,
    assignment: noAssignment,
    isNew: true,
    awaitingJoin: answer,
  })
  if (group.state === 'PreparingRebalance' && group.previousState === 'Empty') {
    group.hasNewMember = true
  }
  addMember(group, member, request.protocolType)
  restartSession(member, NEW_MEMBER_JOIN_TIMEOUT_MS)
  rebalanceOrCompleteJoin(
    context,
    group,
    `${memberId} joins: ${request.reason || 'no reason given'}`,
  )
}

function rejoin(context: ClassicContext, group: ClassicGroup, joining: Joining): void {
  const { request, answer } = joining
  const { memberId } = request
  let member: ClassicMember
  try {
    member = checkMember(group, memberId, request.groupInstanceId)
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    answer(joinError(error.code, memberId))
    return
  }
  const hasChanged = !hasSameProtocols(member, joining.protocols)
  switch (group.state) {
    case 'Empty':
      // Cannot be, as it has a member.
      answer(joinError('UNKNOWN_MEMBER_ID', memberId))
      return
    case 'PreparingRebalance':
      updateAndRebalance(context, group, member, joining, 'joins again')
      return
    case 'CompletingRebalance':
      // With nothing new it may only have missed the answer: it gets the same one again.
      if (!hasChanged) answer(joinAnswer(group, member))
      else updateAndRebalance(context, group, member, joining, 'joins with new metadata')
      return
    case 'Stable':
      // A leader that joins again asks for a new assignment, for reasons that only it can see, such
      // as new partitions. A follower with nothing new is told what it should know, and syncs.
      if (isLeader(group, memberId)) {
        updateAndRebalance(context, group, member, joining, 'is the leader and joins again')
      } else if (hasChanged) {
        updateAndRebalance(context, group, member, joining, 'joins with new metadata')
      } else {
        answer(joinAnswer(group, member))
      }
      return
    default:
      group.state satisfies never
  }
}

function updateAndRebalance(
  context: ClassicContext,
  group: ClassicGroup,
  member: ClassicMember,
  { request, protocols, rebalanceTimeoutMs, answer }: Joining,
  what: string,
): void {
  updateMember(group, member, {
    protocols,
    rebalanceTimeoutMs,
    sessionTimeoutMs: request.sessionTimeoutMs,
    awaitingJoin: answer,
  })
  rebalanceOrCompleteJoin(
    context,
    group,
    `${member.id} ${what}: ${request.reason || 'no reason given'}`,
  )
}
