import { errorNumber, type ErrorName } from '@ottla/protocol'
import type {
  JoinGroupResponseInput,
  JoinGroupResponseMemberInput,
} from '@ottla/protocol/messages/join-group'
import { groupMetadataRecord } from '../state/group-record.ts'
import type { ClassicContext } from './classic-context.ts'
import type { ClassicGroup, ClassicMember } from './classic-group.ts'
import {
  canRebalance,
  hasAllMembersJoined,
  isLeader,
  rebalanceTimeoutMs,
  transitionTo,
} from './classic-group.ts'
import {
  answerJoin,
  answerSync,
  noAssignment,
  removeMember,
  restartSession,
  syncError,
} from './members.ts'
import { metadataOf, selectProtocol, subscribedTopicsOf } from './protocols.ts'
import { storedFrom } from './stored-form.ts'

/** Starts a join phase, or ends the one that is under way if nobody else is waited for. */
export function rebalanceOrCompleteJoin(
  context: ClassicContext,
  group: ClassicGroup,
  reason: string,
): void {
  if (canRebalance(group)) startRebalance(context, group, reason)
  else completeJoinIfAllJoined(context, group)
}

/**
 * Starts a join phase. It ends when all members have joined, or after the longest of their rebalance
 * time-outs; an empty group's first one after `group.initial.rebalance.delay.ms`, which grows while
 * members keep coming.
 */
export function startRebalance(context: ClassicContext, group: ClassicGroup, reason: string): void {
  if (group.state === 'CompletingRebalance') dropAssignments(group, 'REBALANCE_IN_PROGRESS')
  group.pendingSyncs.clear()
  group.syncAlarm.cancel()

  const isFirst = group.state === 'Empty'
  if (isFirst) {
    const delayMs = context.settings.initialRebalanceDelayMs
    const leftMs = Math.max(rebalanceTimeoutMs(group) - delayMs, 0)
    group.joinAlarm.set(delayMs, () => endInitialDelay(context, group, delayMs, leftMs))
  }
  transitionTo(group, 'PreparingRebalance', context.clock.now())
  context.logger.info('a group rebalances', {
    group: group.id,
    generation: group.generation,
    reason,
  })
  if (isFirst) return

  if (hasAllMembersJoined(group)) completeJoin(context, group)
  else group.joinAlarm.set(rebalanceTimeoutMs(group), () => completeJoin(context, group))
}

/** An empty group's first join phase is left to its delay: more members may be on their way. */
export function completeJoinIfAllJoined(context: ClassicContext, group: ClassicGroup): void {
  if (group.state !== 'PreparingRebalance' || group.previousState === 'Empty') return
  if (hasAllMembersJoined(group)) completeJoin(context, group)
}

/** @param leftMs How much longer the delay may become in all. */
function endInitialDelay(
  context: ClassicContext,
  group: ClassicGroup,
  delayMs: number,
  leftMs: number,
): void {
  if (!group.hasNewMember || leftMs === 0) {
    completeJoin(context, group)
    return
  }
  group.hasNewMember = false
  const nextDelayMs = Math.min(context.settings.initialRebalanceDelayMs, leftMs)
  const nextLeftMs = Math.max(leftMs - delayMs, 0)
  group.joinAlarm.set(nextDelayMs, () => endInitialDelay(context, group, nextDelayMs, nextLeftMs))
}

/**
 * Ends the join phase: members that have not joined are out, unless they are static, and the others
 * get their answers with the next generation. From then on their SyncGroups are waited for.
 */
export function completeJoin(context: ClassicContext, group: ClassicGroup): void {
  group.joinAlarm.cancel()
  for (const member of group.members.values()) {
    if (member.awaitingJoin === null && member.instanceId === null) removeMember(group, member.id)
  }

  if (group.members.size > 0 && !electJoinedLeader(group)) {
    // Only static members, all away. Their sessions end some time; until then there is nobody to
    // make a generation of.
    group.joinAlarm.set(rebalanceTimeoutMs(group), () => completeJoin(context, group))
    return
  }

  group.generation++
  const nowMs = context.clock.now()
  group.pendingSyncs.clear()
  if (group.members.size === 0) {
    group.protocolName = null
    group.subscribedTopics = subscribedTopicsOf(group)
    transitionTo(group, 'Empty', nowMs)
    context.logger.info('a group is empty', { group: group.id, generation: group.generation })
    context.write(groupMetadataRecord(group.id, storedFrom(group)), (refusal) => {
      // The generation before stays the stored one. Its members are gone, so it does no harm.
      if (refusal !== null) {
        context.logger.warn('an empty group was not stored', { group: group.id, error: refusal })
      }
    })
    return
  }

  group.protocolName = selectProtocol(group)
  group.subscribedTopics = subscribedTopicsOf(group)
  transitionTo(group, 'CompletingRebalance', nowMs)
  for (const member of group.members.values()) {
    answerJoin(group, member, joinAnswer(group, member))
    restartSession(member)
    member.isNew = false
    group.pendingSyncs.add(member.id)
  }
  const { generation } = group
  group.syncAlarm.set(rebalanceTimeoutMs(group), () => endSyncs(context, group, generation))
}

/** The current generation as a member sees it: its leader also gets everybody's metadata. */
export function joinAnswer(group: ClassicGroup, member: ClassicMember): JoinGroupResponseInput {
  return {
    errorCode: 0,
    generationId: group.generation,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    leader: group.leaderId ?? '',
    memberId: member.id,
    members: isLeader(group, member.id) ? joinedMembers(group) : [],
  }
}

export function joinedMembers(group: ClassicGroup): JoinGroupResponseMemberInput[] {
  return Array.from(group.members.values(), (member) => ({
    memberId: member.id,
    groupInstanceId: member.instanceId,
    metadata: metadataOf(member, group.protocolName),
  }))
}

/**
 * Everybody who waits for an assignment is told why there is none, and comes again. Its session
 * starts anew, for the old one may have run out unnoticed while it waited.
 */
export function dropAssignments(group: ClassicGroup, error: ErrorName): void {
  for (const member of group.members.values()) {
    member.assignment = noAssignment
    if (answerSync(member, syncError(error))) restartSession(member)
  }
}

/** Gives everybody who waits its assignment, and a fresh session. */
export function handOutAssignments(group: ClassicGroup): void {
  for (const member of group.members.values()) {
    const isAnswered = answerSync(member, {
      errorCode: errorNumber('NONE'),
      protocolType: group.protocolType,
      protocolName: group.protocolName,
      assignment: member.assignment,
    })
    if (isAnswered) restartSession(member)
  }
}

/** Those that never asked for their assignment are out; the others rebalance without them. */
function endSyncs(context: ClassicContext, group: ClassicGroup, generation: number): void {
  if (group.generation !== generation || group.pendingSyncs.size === 0) return
  if (group.state !== 'CompletingRebalance' && group.state !== 'Stable') return
  const silent = [...group.pendingSyncs]
  for (const memberId of silent) removeMember(group, memberId)
  startRebalance(context, group, `no SyncGroup came from ${silent.join(', ')}`)
}

/** Whether the group has a leader that has joined, after making one if need be. */
function electJoinedLeader(group: ClassicGroup): boolean {
  const leader = group.leaderId === null ? undefined : group.members.get(group.leaderId)
  if (leader !== undefined && leader.awaitingJoin !== null) return true
  for (const member of group.members.values()) {
    if (member.awaitingJoin === null) continue
    group.leaderId = member.id
    return true
  }
  return false
}
