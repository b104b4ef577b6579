import type { StoredClassicGroup } from '../state/groups-state.ts'
import type { ClassicContext } from './classic-context.ts'
import { newClassicGroup, type ClassicGroup } from './classic-group.ts'
import { addMember, restartSession } from './members.ts'
import { newMember } from './new-member.ts'
import { subscribedTopicsOf } from './protocols.ts'
import { startRebalance } from './rebalance.ts'

/** A group as its record left it: Stable, its members with fresh sessions, or Empty. */
export function restoreGroup(
  context: ClassicContext,
  id: string,
  stored: StoredClassicGroup,
): ClassicGroup {
  const group = newClassicGroup(id, context.clock)
  group.protocolType = stored.protocolType
  group.protocolName = stored.protocolName
  group.generation = stored.generation
  group.leaderId = stored.leaderId
  for (const { subscription, ...facts } of stored.members) {
    const member = newMember(context, group, {
      ...facts,
      protocols: [{ name: stored.protocolName ?? '', metadata: subscription }],
      isNew: false,
      awaitingJoin: null,
    })
    addMember(group, member, stored.protocolType ?? '')
    restartSession(member)
  }
  group.state = group.members.size === 0 ? 'Empty' : 'Stable'
  group.stateTimestampMs = stored.stateTimestampMs
  group.subscribedTopics = subscribedTopicsOf(group)
  if (group.members.size > context.settings.groupMaxSize) {
    startRebalance(
      context,
      group,
      `it has ${group.members.size} members and group.max.size is ${context.settings.groupMaxSize}`,
    )
  }
  return group
}
