import { errorNumber, KafkaError, type ErrorName } from '@ottla/protocol'
import type { SyncGroupRequest, SyncGroupResponseInput } from '@ottla/protocol/messages/sync-group'
import { coordinatorError } from '../coordinator-error.ts'
import { groupMetadataRecord } from '../state/group-record.ts'
import type { ClassicContext } from './classic-context.ts'
import type { Answer, ClassicGroup, ClassicMember } from './classic-group.ts'
import { isLeader, transitionTo } from './classic-group.ts'
import { answerSync, checkMember, noAssignment, syncError } from './members.ts'
import { dropAssignments, handOutAssignments, rebalanceOrCompleteJoin } from './rebalance.ts'
import { storedFrom } from './stored-form.ts'

/**
 * SyncGroup to a classic group that exists: answered with the member's assignment once the leader's
 * own SyncGroup, which brings everybody's, is committed.
 */
export function syncGroup(
  context: ClassicContext,
  group: ClassicGroup,
  request: SyncGroupRequest,
  answer: Answer<SyncGroupResponseInput>,
): void {
  let member: ClassicMember
  try {
    member = checkSync(group, request)
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    answer(syncError(error.code))
    return
  }
  switch (group.state) {
    case 'Empty':
      answer(syncError('UNKNOWN_MEMBER_ID'))
      return
    case 'PreparingRebalance':
      answer(syncError('REBALANCE_IN_PROGRESS'))
      return
    case 'CompletingRebalance':
      // A SyncGroup sent again takes the place of the one that is parked.
      answerSync(member, syncError('REBALANCE_IN_PROGRESS'))
      member.awaitingSync = answer
      syncCame(group, member)
      if (isLeader(group, member.id)) storeAssignments(context, group, request)
      return
    case 'Stable':
      syncCame(group, member)
      answer({
        errorCode: errorNumber('NONE'),
        protocolType: group.protocolType,
        protocolName: group.protocolName,
        assignment: member.assignment,
      })
      return
    default:
      group.state satisfies never
  }
}

function checkSync(group: ClassicGroup, request: SyncGroupRequest): ClassicMember {
  const member = checkMember(group, request.memberId, request.groupInstanceId)
  if (request.generationId !== group.generation) {
    throw new KafkaError(
      'ILLEGAL_GENERATION',
      `group ${group.id} is in generation ${group.generation}, not ${request.generationId}`,
    )
  }
  if (
    differs(request.protocolType, group.protocolType) ||
    differs(request.protocolName, group.protocolName)
  ) {
    throw new KafkaError(
      'INCONSISTENT_GROUP_PROTOCOL',
      `group ${group.id} uses ${group.protocolType} and ${group.protocolName}, ` +
        `not ${request.protocolType} and ${request.protocolName}`,
    )
  }
  return member
}

/** Before version 5 a client does not say what it believes. */
function differs(asked: string | null, actual: string | null): boolean {
  return asked !== null && actual !== null && asked !== actual
}

function syncCame(group: ClassicGroup, member: ClassicMember): void {
  group.pendingSyncs.delete(member.id)
  if (group.pendingSyncs.size === 0) group.syncAlarm.cancel()
}

function storeAssignments(
  context: ClassicContext,
  group: ClassicGroup,
  request: SyncGroupRequest,
): void {
  const { generation } = group
  const assignments = new Map<string, Buffer>()
  for (const { memberId, assignment } of request.assignments) {
    // Copied out of the frame: it is kept as long as the generation lasts.
    if (group.members.has(memberId)) assignments.set(memberId, Buffer.from(assignment))
  }
  context.write(groupMetadataRecord(group.id, storedFrom(group, assignments)), (refusal) => {
    // Somebody may have come or gone while the record was on its way.
    if (group.state !== 'CompletingRebalance' || group.generation !== generation) return
    if (refusal !== null) {
      const error: ErrorName = coordinatorError(refusal)
      context.logger.warn('an assignment was not stored', { group: group.id, error: refusal })
      dropAssignments(group, error)
      rebalanceOrCompleteJoin(context, group, `its assignment was not stored: ${refusal.message}`)
      return
    }
    for (const member of group.members.values()) {
      member.assignment = assignments.get(member.id) ?? noAssignment
    }
    transitionTo(group, 'Stable', context.clock.now())
    handOutAssignments(group)
  })
}
