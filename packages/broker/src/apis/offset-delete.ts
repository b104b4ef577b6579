import { OffsetDeleteRequest, OffsetDeleteResponse } from '@ottla/protocol/messages/offset-delete'
import { type AnyApi, defineApi } from '../network/api.ts'

/**
 * OffsetDelete (key 47), version 0 (KIP-496).
 *
 * Forgets a group's offsets of partitions, unless the group is subscribed to the topic.
 */
export const offsetDeleteApi: AnyApi = defineApi({
  request: OffsetDeleteRequest,
  response: OffsetDeleteResponse,
  handle: (request, context) => context.groups.of(request.groupId).deleteOffsets(request),
  refuse: (_request, { errorCode }) => ({ errorCode, topics: [] }),
})
