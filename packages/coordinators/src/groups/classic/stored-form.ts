import type { StoredClassicGroup } from '../state/groups-state.ts'
import type { ClassicGroup } from './classic-group.ts'
import { noAssignment } from './members.ts'
import { metadataOf } from './protocols.ts'

/** The group as its record keeps it; `assignments` are by member id, its members' own if not given. */
export function storedFrom(
  group: ClassicGroup,
  assignments?: ReadonlyMap<string, Buffer>,
): StoredClassicGroup {
  return {
    type: 'classic',
    protocolType: group.protocolType,
    generation: group.generation,
    protocolName: group.protocolName,
    leaderId: group.leaderId,
    stateTimestampMs: group.stateTimestampMs,
    members: Array.from(group.members.values(), (member) => ({
      id: member.id,
      instanceId: member.instanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeoutMs: member.rebalanceTimeoutMs,
      sessionTimeoutMs: member.sessionTimeoutMs,
      subscription: metadataOf(member, group.protocolName),
      assignment:
        assignments === undefined
          ? member.assignment
          : (assignments.get(member.id) ?? noAssignment),
    })),
  }
}
