import { errorNumber, NO_ERROR } from '@ottla/protocol'
import {
  type DescribedGroupInput,
  DescribeGroupsRequest,
  DescribeGroupsResponse,
} from '@ottla/protocol/messages/describe-groups'
import { type AnyApi, defineApi } from '../network/api.ts'
import { groupOperations, OPERATIONS_NOT_ASKED } from '../security/authorized-operations.ts'

/**
 * DescribeGroups (key 15), versions 0–6.
 *
 * State, protocol and members of classic groups.
 *
 *   v3  the client's rights      v4  static members      v5  flexible
 *   v6  GROUP_ID_NOT_FOUND instead of a dead group (KIP-1043)
 */
export const describeGroupsApi: AnyApi = defineApi({
  request: DescribeGroupsRequest,
  response: DescribeGroupsResponse,
  handle: async ({ groups: ids, includeAuthorizedOperations }, context) => {
    const groups: DescribedGroupInput[] = []
    for (const groupId of ids) {
      const coordinator = context.groups.find(groupId)
      if (coordinator === undefined) {
        groups.push(notHere(groupId))
        continue
      }
      for (const described of await coordinator.describeGroups([groupId], context)) {
        const isAsked = includeAuthorizedOperations && described.errorCode === NO_ERROR
        groups.push({
          ...described,
          authorizedOperations: isAsked ? groupOperations : OPERATIONS_NOT_ASKED,
        })
      }
    }
    return { throttleTimeMs: 0, groups }
  },
})

function notHere(groupId: string): DescribedGroupInput {
  return {
    errorCode: errorNumber('NOT_COORDINATOR'),
    groupId,
    groupState: '',
    protocolType: '',
    protocolData: '',
    members: [],
    authorizedOperations: OPERATIONS_NOT_ASKED,
  }
}
