import { KafkaError } from '@ottla/protocol'
import {
  type AlterableConfig,
  type AlterConfigsResource,
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from '@ottla/protocol/messages/incremental-alter-configs'
import { alterResources, refuseResources } from '../altered-resources.ts'
import { alterLoggers, type LoggerChange } from '../broker-loggers.ts'
import { type AnyApi, defineApi } from '../network/api.ts'

/** What is to be done with a setting. */
const SET = 0
const DELETE = 1
const APPEND = 2

/**
 * IncrementalAlterConfigs (key 44), versions 0–1 (KIP-339).
 *
 * Sets, deletes, appends to and subtracts from settings of topics, brokers (one, or all: ''), groups and
 * client metrics, and levels of this broker's loggers (KIP-412); a resource gets all that is asked for it,
 * or is refused. Answers once the settings are in force here.
 *
 *   v1  flexible
 */
export const incrementalAlterConfigsApi: AnyApi = defineApi({
  request: IncrementalAlterConfigsRequest,
  response: IncrementalAlterConfigsResponse,
  handle: async ({ resources, validateOnly }, context) => {
    const own = {
      settingsOf: ({ configs }: AlterConfigsResource) => configs.map(({ name }) => name),
      alterLoggers: ({ configs }: AlterConfigsResource) => {
        const changes = configs.map(loggerChange)
        if (!validateOnly) alterLoggers(context.logger.levels, changes)
      },
    }
    const responses = await alterResources(resources, context, own, async (others) => {
      const request = { resources: [...others], validateOnly }
      return (await context.controller.incrementalAlterConfigs(request)).responses
    })
    return { throttleTimeMs: 0, responses }
  },
  waitsForOthers: true,
  refuse: ({ resources }, error) => ({
    throttleTimeMs: 0,
    responses: refuseResources(resources, error),
  }),
})

function loggerChange({ name, configOperation, value }: AlterableConfig): LoggerChange {
  if (configOperation === SET) return { name, level: value ?? '' }
  if (configOperation === DELETE) return { name, level: null }
  const operation = configOperation === APPEND ? 'APPEND' : 'SUBTRACT'
  throw new KafkaError(
    'INVALID_REQUEST',
    `${operation} operation is not allowed for the BROKER_LOGGER resource`,
  )
}
