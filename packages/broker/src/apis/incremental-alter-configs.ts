import {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from '@ottla/protocol/messages/incremental-alter-configs'
import { alterTopicsOnly, refuseResources } from '../alterable-resources.ts'
import { type AnyApi, defineApi } from '../network/api.ts'

/**
 * IncrementalAlterConfigs (key 44), versions 0–1 (KIP-339).
 *
 * Sets, deletes, appends to and subtracts from settings of topics; a resource gets all that is asked
 * for it, or is refused. Answers once the settings are in force here.
 *
 *   v1  flexible
 *
 * What is left out: the settings of brokers, groups, loggers and client metrics (INVALID_REQUEST).
 */
export const incrementalAlterConfigsApi: AnyApi = defineApi({
  request: IncrementalAlterConfigsRequest,
  response: IncrementalAlterConfigsResponse,
  handle: async ({ resources, validateOnly }, { controller }) => ({
    throttleTimeMs: 0,
    responses: await alterTopicsOnly(resources, async (topics) => {
      const { responses } = await controller.incrementalAlterConfigs({
        resources: topics,
        validateOnly,
      })
      return responses
    }),
  }),
  waitsForOthers: true,
  refuse: ({ resources }, error) => ({
    throttleTimeMs: 0,
    responses: refuseResources(resources, error),
  }),
})
