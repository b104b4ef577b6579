import { offsetFetchError, offsetFetchGroups, offsetFetchResponse } from '@ottla/coordinators'
import { OffsetFetchRequest, OffsetFetchResponse } from '@ottla/protocol/messages/offset-fetch'
import { type AnyApi, defineApi } from '../network/api.ts'

/**
 * OffsetFetch (key 9), versions 1–10.
 *
 * The offsets that groups have committed: of the topics named, or of all.
 *
 *   v2  all topics; a top-level error      v6  flexible      v7  only stable offsets (KIP-447)
 *   v8  several groups at once (KIP-709)      v9  member id and epoch (KIP-848)      v10 topic ids
 */
export const offsetFetchApi: AnyApi = defineApi({
  request: OffsetFetchRequest,
  response: OffsetFetchResponse,
  handle: async (request, context) => {
    const { apiVersion, groups } = context
    const answers = await Promise.all(
      offsetFetchGroups(request, apiVersion).map(async (group) => {
        const coordinator = groups.find(group.groupId)
        if (coordinator === undefined) {
          return offsetFetchError(group, 'NOT_COORDINATOR', apiVersion)
        }
        return await coordinator.fetchOffsets(group, context, request.requireStable)
      }),
    )
    return offsetFetchResponse(answers, apiVersion)
  },
})
