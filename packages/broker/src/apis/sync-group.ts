import { SyncGroupRequest, SyncGroupResponse } from '@ottla/protocol/messages/sync-group'
import { type AnyApi, defineApi } from '../network/api.ts'

/**
 * SyncGroup (key 14), versions 0–5.
 *
 * Takes the leader's assignments and gives each member its own, once the leader has spoken.
 *
 *   v3  static members      v4  flexible      v5  protocol type and name (KIP-559)
 */
export const syncGroupApi: AnyApi = defineApi({
  request: SyncGroupRequest,
  response: SyncGroupResponse,
  handle: (request, context) => context.groups.of(request.groupId).syncGroup(request, context),
  waitsForOthers: true,
  refuse: (_request, error) => ({ errorCode: error.errorCode, assignment: Buffer.alloc(0) }),
})
