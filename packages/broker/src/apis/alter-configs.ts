import { AlterConfigsRequest, AlterConfigsResponse } from '@ottla/protocol/messages/alter-configs'
import { alterTopicsOnly, refuseResources } from '../alterable-resources.ts'
import { type AnyApi, defineApi } from '../network/api.ts'

/**
 * AlterConfigs (key 33), versions 0–2.
 *
 * Replaces all that is set on a topic by what is given. Answers once that is in force here. Clients
 * should rather use IncrementalAlterConfigs, which leaves alone what it does not name.
 *
 *   v2  flexible
 *
 * What is left out: the settings of brokers, groups and client metrics (INVALID_REQUEST).
 */
export const alterConfigsApi: AnyApi = defineApi({
  request: AlterConfigsRequest,
  response: AlterConfigsResponse,
  handle: async ({ resources, validateOnly }, { controller }) => ({
    throttleTimeMs: 0,
    responses: await alterTopicsOnly(resources, async (topics) => {
      const { responses } = await controller.alterConfigs({ resources: topics, validateOnly })
      return responses
    }),
  }),
  waitsForOthers: true,
  refuse: ({ resources }, error) => ({
    throttleTimeMs: 0,
    responses: refuseResources(resources, error),
  }),
})
