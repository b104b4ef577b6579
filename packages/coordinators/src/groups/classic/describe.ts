import type {
  DescribedGroupInput,
  DescribedGroupMemberInput,
} from '@ottla/protocol/messages/describe-groups'
import { errorNumber } from '@ottla/protocol'
import type { ClassicGroup } from './classic-group.ts'
import { metadataOf } from './protocols.ts'

/** Only a Stable group's members have told what they told for the strategy in force. */
export function describeGroup(group: ClassicGroup): DescribedGroupInput {
  const isStable = group.state === 'Stable'
  return {
    errorCode: 0,
    groupId: group.id,
    groupState: group.state,
    protocolType: group.protocolType ?? '',
    protocolData: isStable ? (group.protocolName ?? '') : '',
    members: Array.from(group.members.values(), (member): DescribedGroupMemberInput => ({
      memberId: member.id,
      groupInstanceId: member.instanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: isStable ? metadataOf(member, group.protocolName) : Buffer.alloc(0),
      memberAssignment: member.assignment,
    })),
  }
}

/** Version 6 says that there is no such group; before, it looks Dead. */
export function describeMissing(
  groupId: string,
  message: string,
  apiVersion: number,
): DescribedGroupInput {
  const dead = { groupId, groupState: 'Dead', protocolType: '', protocolData: '', members: [] }
  if (apiVersion < 6) return { ...dead, errorCode: 0 }
  return { ...dead, errorCode: errorNumber('GROUP_ID_NOT_FOUND'), errorMessage: message }
}
