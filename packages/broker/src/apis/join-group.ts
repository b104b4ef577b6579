import { JoinGroupRequest, JoinGroupResponse } from '@ottla/protocol/messages/join-group'
import { type AnyApi, defineApi } from '../network/api.ts'

/**
 * JoinGroup (key 11), versions 0–9.
 *
 * Joins a classic group: answered when the rebalance that it belongs to has gathered its members.
 *
 *   v1  rebalance time-out      v2–3 throttling        v4  a new member is first given its id (KIP-394)
 *   v5  static members (KIP-345)  v6 flexible          v7  protocol type (KIP-559)
 *   v8  reason (KIP-800)        v9  skip assignment (KIP-814)
 */
export const joinGroupApi: AnyApi = defineApi({
  request: JoinGroupRequest,
  response: JoinGroupResponse,
  handle: (request, context) => context.groups.of(request.groupId).joinGroup(request, context),
  waitsForOthers: true,
  refuse: ({ memberId }, error, { apiVersion }) => ({
    errorCode: error.errorCode,
    generationId: -1,
    protocolType: null,
    protocolName: apiVersion >= 7 ? null : '',
    leader: '',
    memberId,
    members: [],
  }),
})
