import { errorNumber } from '@ottla/protocol'
import { assert } from '@ottla/runtime'
import { groupMetadataRecord } from '../state/group-record.ts'
import { coordinatorError } from '../coordinator-error.ts'
import type { ClassicContext } from './classic-context.ts'
import type { ClassicGroup, ClassicMember } from './classic-group.ts'
import { isLeader } from './classic-group.ts'
import type { Joining } from './join.ts'
import {
  answerJoin,
  answerSync,
  joinError,
  restartSession,
  syncError,
  updateMember,
} from './members.ts'
import { newMember } from './new-member.ts'
import { selectProtocol } from './protocols.ts'
import {
  completeJoinIfAllJoined,
  joinedMembers,
  rebalanceOrCompleteJoin,
  startRebalance,
} from './rebalance.ts'
import { storedFrom } from './stored-form.ts'

/**
 * A static member comes back under a new member id (KIP-345), and whoever still has the old one is
 * fenced. A Stable group goes on as it was, unless the newcomer's metadata changes the vote: no
 * rebalance is what static membership is for.
 */
export function replaceStaticMember(
  context: ClassicContext,
  group: ClassicGroup,
  memberId: string,
  joining: Joining,
): void {
  const { request, protocols, rebalanceTimeoutMs, answer } = joining
  const instanceId = request.groupInstanceId!
  const formerId = group.staticMembers.get(instanceId)!
  const formerLeaderId = group.leaderId
  const member = rename(context, group, instanceId, memberId)
  const before = {
    protocols: member.protocols,
    rebalanceTimeoutMs: member.rebalanceTimeoutMs,
    sessionTimeoutMs: member.sessionTimeoutMs,
    awaitingJoin: null,
  }
  // With the session time-out that is known; the new one counts from the next heartbeat on.
  restartSession(member)
  updateMember(group, member, {
    protocols,
    rebalanceTimeoutMs,
    sessionTimeoutMs: request.sessionTimeoutMs,
    awaitingJoin: answer,
  })
  const reason = `static member ${instanceId} is back: ${request.reason || 'no reason given'}`
  switch (group.state) {
    case 'Empty':
      assert(false, 'an empty group has no static member to replace')
      return
    case 'PreparingRebalance':
      completeJoinIfAllJoined(context, group)
      return
    case 'CompletingRebalance':
      // The leader may be assigning to the old member id already; the new one would get nothing.
      startRebalance(context, group, reason)
      return
    case 'Stable':
      if (selectProtocol(group) !== group.protocolName) {
        rebalanceOrCompleteJoin(context, group, reason)
        return
      }
      break
    default:
      group.state satisfies never
  }

  context.write(groupMetadataRecord(group.id, storedFrom(group)), (refusal) => {
    if (refusal === null) {
      answerReplacement(group, member, joining, formerLeaderId)
      return
    }
    context.logger.warn('a static member could not be stored', { group: group.id, error: refusal })
    const error = joinError(coordinatorError(refusal), '')
    if (!group.members.has(memberId)) {
      answer(error)
      return
    }
    answerJoin(group, member, error)
    updateMember(group, member, before)
    restartSession(rename(context, group, instanceId, formerId))
  })
}

function answerReplacement(
  group: ClassicGroup,
  member: ClassicMember,
  { origin, answer }: Joining,
  formerLeaderId: string | null,
): void {
  // A rebalance that began meanwhile, or a request sent again, has answered it or is going to.
  if (group.state !== 'Stable' || member.awaitingJoin !== answer) return
  // Version 9 tells a leader that has lost its memory who the members are, and that it need not
  // assign (KIP-814). Before, it must not learn that it leads: it would assign, and be ignored.
  const canSkip = origin.apiVersion >= 9
  const leads = isLeader(group, member.id)
  answerJoin(group, member, {
    errorCode: errorNumber('NONE'),
    generationId: group.generation,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    leader: (canSkip ? group.leaderId : formerLeaderId) ?? '',
    memberId: member.id,
    members: canSkip && leads ? joinedMembers(group) : [],
    skipAssignment: canSkip && leads,
  })
}

/** Gives the static member a new member id; its parked requests are fenced. */
function rename(
  context: ClassicContext,
  group: ClassicGroup,
  instanceId: string,
  memberId: string,
): ClassicMember {
  const formerId = group.staticMembers.get(instanceId)!
  const former = group.members.get(formerId)
  assert(former !== undefined, 'an instance id leads to a member')
  answerJoin(group, former, joinError('FENCED_INSTANCE_ID', formerId))
  answerSync(former, syncError('FENCED_INSTANCE_ID'))
  former.session.cancel()
  const member = newMember(context, group, {
    ...former,
    id: memberId,
    isNew: false,
    awaitingJoin: null,
  })
  group.members.delete(formerId)
  group.members.set(memberId, member)
  group.staticMembers.set(instanceId, memberId)
  if (group.pendingSyncs.delete(formerId)) group.pendingSyncs.add(memberId)
  if (isLeader(group, formerId)) group.leaderId = memberId
  return member
}
