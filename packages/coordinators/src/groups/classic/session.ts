import type { ClassicContext } from './classic-context.ts'
import { hasAllMembersJoined, type ClassicGroup } from './classic-group.ts'
import { removeMember, removePendingMember } from './members.ts'
import { completeJoin, rebalanceOrCompleteJoin } from './rebalance.ts'

/** A member has not been heard of for its session time-out. */
export function endSession(context: ClassicContext, group: ClassicGroup, memberId: string): void {
  const member = group.members.get(memberId)
  if (member === undefined) return
  // Who waits for an answer cannot send heartbeats, and its session starts anew with the answer. A
  // new member does not know its id yet: its alarm is about the parked request itself.
  const isWaiting = member.awaitingJoin !== null || member.awaitingSync !== null
  if (isWaiting && !member.isNew) return

  context.logger.info('a member of a group fell silent', { group: group.id, member: memberId })
  removeMember(group, memberId)
  if (group.state === 'Stable' || group.state === 'CompletingRebalance') {
    rebalanceOrCompleteJoin(context, group, `member ${memberId} was not heard of in its session`)
  } else if (group.state === 'PreparingRebalance' && hasAllMembersJoined(group)) {
    completeJoin(context, group)
  }
}

/** Somebody who was given a member id has not come to join with it. */
export function endPending(context: ClassicContext, group: ClassicGroup, memberId: string): void {
  if (!group.pendingMembers.has(memberId)) return
  removePendingMember(group, memberId)
  if (group.state === 'PreparingRebalance' && hasAllMembersJoined(group)) {
    completeJoin(context, group)
  }
}
