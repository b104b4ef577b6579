import { LeaveGroupRequest, LeaveGroupResponse } from '@ottla/protocol/messages/leave-group'
import { type AnyApi, defineApi } from '../network/api.ts'

/**
 * LeaveGroup (key 13), versions 0–5.
 *
 * Members leave at once instead of timing out; from v3 on several, by member id or by instance id.
 *
 *   v3  several members, static ones too (KIP-345)      v4  flexible      v5  reason (KIP-800)
 */
export const leaveGroupApi: AnyApi = defineApi({
  request: LeaveGroupRequest,
  response: LeaveGroupResponse,
  handle: (request, context) => context.groups.of(request.groupId).leaveGroup(request, context),
  refuse: (_request, error) => ({ errorCode: error.errorCode, members: [] }),
})
