import { errorNumber, NO_ERROR } from '@ottla/protocol'
import {
  type DescribedGroupInput,
  DescribeGroupsRequest,
  DescribeGroupsResponse,
} from '@ottla/protocol/messages/describe-groups'
import { inSlices } from '../in-slices.ts'
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
    const describe = async (groupId: string): Promise<DescribedGroupInput[]> => {
      const coordinator = context.groups.find(groupId)
      if (coordinator === undefined) return [notHere(groupId)]
      const described = await coordinator.describeGroups([groupId], context)
      return described.map((group) => {
        const isAsked = includeAuthorizedOperations && group.errorCode === NO_ERROR
        return {
          ...group,
          authorizedOperations: isAsked ? groupOperations : OPERATIONS_NOT_ASKED,
        }
      })
    }
    const groups = await inSlices(context.clock, ids, async (some) =>
      (await Promise.all(some.map(describe))).flat(),
    )
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
