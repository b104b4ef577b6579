import { KafkaError, NO_ERROR } from '@ottla/protocol'
import { ListGroupsRequest, ListGroupsResponse } from '@ottla/protocol/messages/list-groups'
import { type AnyApi, defineApi } from '../network/api.ts'

/**
 * ListGroups (key 16), versions 0–5.
 *
 * The groups that this broker coordinates.
 *
 *   v3  flexible      v4  filter by state (KIP-518)      v5  filter by type (KIP-848)
 */
export const listGroupsApi: AnyApi = defineApi({
  request: ListGroupsRequest,
  response: ListGroupsResponse,
  handle: async (request, context) => {
    const groups = []
    let errorCode = NO_ERROR
    for (const coordinator of context.groups.all()) {
      try {
        groups.push(...(await coordinator.listGroups(request)))
      } catch (error) {
        // Some groups are still being loaded: what is known is answered, with that error beside it.
        if (!(error instanceof KafkaError)) throw error
        errorCode = error.errorCode
      }
    }
    return { throttleTimeMs: 0, errorCode, groups }
  },
})
