import { CONFIG_RESOURCE_TYPES, type ConfigResourceType } from '@ottla/metadata'
import { KafkaError, NO_ERROR } from '@ottla/protocol'
import {
  type ConfigResourceInput,
  ListConfigResourcesRequest,
  ListConfigResourcesResponse,
} from '@ottla/protocol/messages/list-config-resources'
import type { Metadata } from '../metadata.ts'
import { type AnyApi, defineApi } from '../network/api.ts'

const { topic, broker, brokerLogger, clientMetrics, group } = CONFIG_RESOURCE_TYPES
const ALL_TYPES: readonly ConfigResourceType[] = [group, clientMetrics, brokerLogger, broker, topic]

/**
 * ListConfigResources (key 74), versions 0–1 (KIP-714, KIP-1142).
 *
 * Names of what can have settings: brokers, their loggers and topics that there are, groups and client
 * metrics that have any.
 *
 *   v0  client metrics only      v1  the types that are asked for; none: all of them
 */
export const listConfigResourcesApi: AnyApi = defineApi({
  request: ListConfigResourcesRequest,
  response: ListConfigResourcesResponse,
  handle: ({ resourceTypes }, { metadata, apiVersion }) => {
    const asked = apiVersion === 0 ? [clientMetrics] : [...new Set(resourceTypes)]
    const unknown = asked.find((type) => !ALL_TYPES.some((known) => known === type))
    if (unknown !== undefined) {
      throw new KafkaError('UNSUPPORTED_VERSION', `no resource of type ${unknown} has settings`)
    }
    const types = ALL_TYPES.filter((type) => asked.length === 0 || asked.includes(type))
    return {
      throttleTimeMs: 0,
      errorCode: NO_ERROR,
      configResources: types.flatMap((type): ConfigResourceInput[] =>
        namesOf(type, metadata).map((resourceName) => ({ resourceName, resourceType: type })),
      ),
    }
  },
  refuse: (_request, { errorCode }) => ({ throttleTimeMs: 0, errorCode, configResources: [] }),
})

function namesOf(type: ConfigResourceType, { image }: Metadata): string[] {
  switch (type) {
    case topic:
      return Array.from(image.topics(), ({ name }) => name)
    case broker:
    case brokerLogger:
      return image.aliveBrokers().map(({ id }) => String(id))
    case clientMetrics:
    case group:
      return image.configNames(type)
    default:
      return type satisfies never
  }
}
