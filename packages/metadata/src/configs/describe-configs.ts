import { KafkaError } from '@ottla/protocol'
import type {
  DescribeConfigsRequest,
  DescribeConfigsResource,
  DescribeConfigsResourceResultInput,
  DescribeConfigsResultInput,
} from '@ottla/protocol/messages/describe-configs'
import { describeBroker, describeClusterDefault } from './describe-broker.ts'
import {
  describeClientMetrics,
  describeGroup,
  describeLoggers,
  describeTopic,
} from './describe-resource.ts'
import type { ConfigSource } from './config-source.ts'

/** Kafka's numbers of the kinds of resources that have settings. */
export const configResourceType = {
  topic: 2,
  broker: 4,
  brokerLogger: 8,
  clientMetrics: 16,
  group: 32,
} as const

/**
 * Answers DescribeConfigs (key 32), versions 1–4, for resources the caller may see.
 *
 * Each resource gets its own result; an unknown kind of resource fails the request, as in Kafka.
 * The values are those in force here: of this broker and of the topics and groups of the image.
 *
 *   v1  the source of a value and its synonyms (KIP-226)
 *   v3  type and documentation (KIP-569)
 *
 * @throws {KafkaError} INVALID_REQUEST for an unknown kind of resource.
 */
export function describeConfigs(
  request: DescribeConfigsRequest,
  source: ConfigSource,
): DescribeConfigsResultInput[] {
  const kinds: readonly number[] = Object.values(configResourceType)
  for (const { resourceType, resourceName } of request.resources) {
    if (!kinds.includes(resourceType)) {
      throw new KafkaError(
        'INVALID_REQUEST',
        `Unexpected resource type ${resourceType} for resource ${resourceName}`,
      )
    }
  }
  return request.resources.map((resource) => describeOne(resource, request, source))
}

function describeOne(
  resource: DescribeConfigsResource,
  { includeSynonyms, includeDocumentation }: DescribeConfigsRequest,
  source: ConfigSource,
): DescribeConfigsResultInput {
  const { resourceType, resourceName, configurationKeys } = resource
  const asked = { resourceType, resourceName }
  try {
    const found = describeResource(resource, source)
    if (found === null) {
      const { errorCode } = new KafkaError('UNKNOWN_TOPIC_OR_PARTITION')
      return { errorCode, errorMessage: '', ...asked, configs: [] }
    }
    const isAsked = ({ name }: { name: string }): boolean =>
      configurationKeys === null ||
      configurationKeys.length === 0 ||
      configurationKeys.includes(name)
    const configs = found.filter(isAsked)
    for (const config of configs) {
      if (!includeSynonyms) config.synonyms = []
      if (!includeDocumentation) config.documentation = null
    }
    return { errorCode: 0, errorMessage: '', ...asked, configs }
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    const { errorCode, message } = error
    return { errorCode, errorMessage: message, ...asked, configs: [] }
  }
}

/** null for a topic that does not exist. */
function describeResource(
  { resourceType, resourceName }: DescribeConfigsResource,
  source: ConfigSource,
): DescribeConfigsResourceResultInput[] | null {
  switch (resourceType) {
    case configResourceType.topic: {
      const overrides = source.topic(resourceName)
      return overrides === null ? null : describeTopic(overrides, source)
    }
    case configResourceType.broker:
      if (resourceName === '') return describeClusterDefault(source)
      requireThisBroker(resourceName, source, ' or empty string,')
      return describeBroker(source)
    case configResourceType.brokerLogger:
      if (resourceName === '') throw invalid('Broker id must not be empty')
      requireThisBroker(resourceName, source, '')
      return describeLoggers(source)
    case configResourceType.clientMetrics:
      if (resourceName === '') throw invalid('Client metrics subscription name must not be empty')
      return describeClientMetrics(source.clientMetrics(resourceName))
    default:
      if (resourceName === '') throw invalid('Group name must not be empty')
      return describeGroup(source.group(resourceName), source)
  }
}

function requireThisBroker(name: string, { settings }: ConfigSource, alternative: string): void {
  if (!/^[+-]?\d+$/.test(name)) throw invalid(`Broker id must be an integer, but it is: ${name}`)
  if (Number(name) === settings.nodeId) return
  throw invalid(
    `Unexpected broker id, expected ${settings.nodeId}${alternative} but received ${name}`,
  )
}

function invalid(message: string): KafkaError {
  return new KafkaError('INVALID_REQUEST', message)
}
