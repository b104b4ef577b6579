import { KafkaError, type ErrorName } from '@ottla/protocol'
import type { HeartbeatRequest } from '@ottla/protocol/messages/heartbeat'
import type { ClassicGroup } from './classic-group.ts'
import { checkMember, restartSession } from './members.ts'

/**
 * Heartbeat to a classic group that exists. While a join phase is under way the session goes on, but
 * the member is told to join.
 */
export function heartbeat(group: ClassicGroup, request: HeartbeatRequest): ErrorName {
  try {
    const member = checkMember(group, request.memberId, request.groupInstanceId)
    if (request.generationId !== group.generation) return 'ILLEGAL_GENERATION'
    restartSession(member)
    return group.state === 'PreparingRebalance' ? 'REBALANCE_IN_PROGRESS' : 'NONE'
  } catch (error) {
    if (error instanceof KafkaError) return error.code
    throw error
  }
}
