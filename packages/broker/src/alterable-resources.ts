import { CONFIG_RESOURCE_TYPES } from '@ottla/metadata'
import { KafkaError } from '@ottla/protocol'

interface Resource {
  readonly resourceType: number
  readonly resourceName: string
}

interface Result extends Resource {
  readonly errorCode: number
  readonly errorMessage: string | null
}

const kinds: ReadonlyMap<number, string> = new Map([
  [CONFIG_RESOURCE_TYPES.broker, 'brokers'],
  [CONFIG_RESOURCE_TYPES.clientMetrics, 'client metrics'],
  [CONFIG_RESOURCE_TYPES.group, 'groups'],
  [8, 'loggers'],
])

/**
 * Has the settings of topics altered, and refuses those of other resources: they would be kept, but
 * most of them not acted on. Every resource has its own result, in the request's order.
 */
export async function alterTopicsOnly<R extends Resource>(
  resources: readonly R[],
  alter: (topics: readonly R[]) => Promise<readonly Result[]>,
): Promise<Result[]> {
  const topics = resources.filter(isTopic)
  const altered = topics.length === 0 ? [] : await alter(topics)
  let next = 0
  return resources.map((resource) => (isTopic(resource) ? altered[next++]! : refusal(resource)))
}

/** All of them, for the same reason. */
export function refuseResources(resources: readonly Resource[], error: KafkaError): Result[] {
  const { errorCode, message: errorMessage } = error
  return resources.map(({ resourceType, resourceName }) => ({
    errorCode,
    errorMessage,
    resourceType,
    resourceName,
  }))
}

function isTopic({ resourceType }: Resource): boolean {
  return resourceType === CONFIG_RESOURCE_TYPES.topic
}

function refusal(resource: Resource): Result {
  const { resourceType } = resource
  const kind = kinds.get(resourceType)
  const message =
    kind === undefined
      ? `Unknown resource type ${resourceType}`
      : `The settings of ${kind} cannot be altered while running, only those of topics.`
  return refuseResources([resource], new KafkaError('INVALID_REQUEST', message))[0]!
}
