import { KafkaError } from '@ottla/protocol'
import {
  AlterConfigsRequest,
  type AlterConfigsResource,
  AlterConfigsResponse,
} from '@ottla/protocol/messages/alter-configs'
import { alterResources, refuseResources } from '../altered-resources.ts'
import { type AnyApi, defineApi } from '../network/api.ts'

/**
 * AlterConfigs (key 33), versions 0–2.
 *
 * Replaces all that is set on a topic, broker, group or client metrics by what is given. Answers once that
 * is in force here. Clients should rather use IncrementalAlterConfigs, which leaves alone what it does not
 * name, and knows loggers.
 *
 *   v2  flexible
 */
export const alterConfigsApi: AnyApi = defineApi({
  request: AlterConfigsRequest,
  response: AlterConfigsResponse,
  handle: async ({ resources, validateOnly }, context) => {
    const own = {
      settingsOf: ({ configs }: AlterConfigsResource) => configs.map(({ name }) => name),
      alterLoggers: ({ resourceType }: AlterConfigsResource) => {
        throw new KafkaError('INVALID_REQUEST', `Unknown resource type ${resourceType}`)
      },
    }
    const responses = await alterResources(resources, context, own, async (others) => {
      const request = { resources: [...others], validateOnly }
      return (await context.controller.alterConfigs(request)).responses
    })
    return { throttleTimeMs: 0, responses }
  },
  waitsForOthers: true,
  refuse: ({ resources }, error) => ({
    throttleTimeMs: 0,
    responses: refuseResources(resources, error),
  }),
})
