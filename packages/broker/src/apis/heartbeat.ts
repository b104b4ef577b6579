import { HeartbeatRequest, HeartbeatResponse } from '@ottla/protocol/messages/heartbeat'
import { type AnyApi, defineApi } from '../network/api.ts'

/**
 * Heartbeat (key 12), versions 0–4.
 *
 * Keeps a member alive, and tells it of a rebalance.
 *
 *   v3  static members      v4  flexible
 */
export const heartbeatApi: AnyApi = defineApi({
  request: HeartbeatRequest,
  response: HeartbeatResponse,
  handle: (request, context) => context.groups.of(request.groupId).heartbeat(request),
  refuse: (_request, error) => ({ errorCode: error.errorCode }),
})
