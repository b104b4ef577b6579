import { errorNumber } from '@ottla/protocol'
import { DeleteGroupsRequest, DeleteGroupsResponse } from '@ottla/protocol/messages/delete-groups'
import { inSlices } from '../in-slices.ts'
import { type AnyApi, defineApi } from '../network/api.ts'

/**
 * DeleteGroups (key 42), versions 0–2.
 *
 * Forgets groups without members, with their offsets. v2 is flexible.
 */
export const deleteGroupsApi: AnyApi = defineApi({
  request: DeleteGroupsRequest,
  response: DeleteGroupsResponse,
  handle: async ({ groupsNames }, { clock, groups }) => {
    const results = await inSlices(clock, groupsNames, (names) =>
      Promise.all(
        names.map(async (groupId) => {
          const notHere = [{ groupId, errorCode: errorNumber('NOT_COORDINATOR') }]
          return (await groups.find(groupId)?.deleteGroups([groupId])) ?? notHere
        }),
      ),
    )
    return { throttleTimeMs: 0, results: results.flat() }
  },
})
