import { errorNumber, KafkaError, type ErrorName } from '@ottla/protocol'
import type {
  LeaveGroupRequest,
  LeaveGroupResponseInput,
  MemberIdentity,
} from '@ottla/protocol/messages/leave-group'
import type { ClassicContext } from './classic-context.ts'
import type { ClassicGroup } from './classic-group.ts'
import { checkMember, removeMember, removePendingMember } from './members.ts'
import { completeJoinIfAllJoined, rebalanceOrCompleteJoin } from './rebalance.ts'

/** Before version 3 a request is about one member, and names it itself. */
export function leavingMembers(
  request: LeaveGroupRequest,
  apiVersion: number,
): readonly MemberIdentity[] {
  if (apiVersion >= 3) return request.members
  return [{ memberId: request.memberId, groupInstanceId: null, reason: null }]
}

/** LeaveGroup to a classic group that exists; one rebalance for all who leave. */
export function leaveGroup(
  context: ClassicContext,
  group: ClassicGroup,
  members: readonly MemberIdentity[],
): ErrorName[] {
  const errors = members.map((member) => leave(group, member))
  const left = members.filter((_, index) => errors[index] === 'NONE')
  if (left.length > 0) {
    const names = left.map(
      ({ memberId, groupInstanceId, reason }) =>
        `${memberId || groupInstanceId} left: ${reason || 'no reason given'}`,
    )
    if (group.state === 'Stable' || group.state === 'CompletingRebalance') {
      rebalanceOrCompleteJoin(context, group, names.join(', '))
    } else {
      completeJoinIfAllJoined(context, group)
    }
  }
  return errors
}

/** Before version 3 the one member's error is the answer's. */
export function leaveAnswer(
  members: readonly MemberIdentity[],
  errors: readonly ErrorName[],
  apiVersion: number,
): LeaveGroupResponseInput {
  if (apiVersion < 3) return { errorCode: errorNumber(errors[0] ?? 'NONE') }
  return {
    errorCode: 0,
    members: members.map(({ memberId, groupInstanceId }, index) => ({
      memberId,
      groupInstanceId,
      errorCode: errorNumber(errors[index]!),
    })),
  }
}

function leave(group: ClassicGroup, { memberId, groupInstanceId }: MemberIdentity): ErrorName {
  // An operator removes a static member by its instance id alone.
  if (memberId === '') {
    const staticId = groupInstanceId === null ? undefined : group.staticMembers.get(groupInstanceId)
    if (staticId === undefined) return 'UNKNOWN_MEMBER_ID'
    removeMember(group, staticId)
    return 'NONE'
  }
  if (group.pendingMembers.has(memberId)) {
    removePendingMember(group, memberId)
    return 'NONE'
  }
  try {
    checkMember(group, memberId, groupInstanceId)
  } catch (error) {
    if (error instanceof KafkaError) return error.code
    throw error
  }
  removeMember(group, memberId)
  return 'NONE'
}
