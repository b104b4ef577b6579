import { CONFIG_RESOURCE_TYPES } from '@ottla/metadata'
import { KafkaError, NO_ERROR } from '@ottla/protocol'
import type { RequestContext } from './network/request-context.ts'

interface Resource {
  readonly resourceType: number
  readonly resourceName: string
}

interface Result extends Resource {
  readonly errorCode: number
  readonly errorMessage: string | null
}

const INTEGER = /^-?\d+$/

/** What this broker itself has a say in, besides the controller. */
export interface OwnResources<R extends Resource> {
  /** Changes levels of this broker's loggers; they are kept nowhere. */
  readonly alterLoggers: (resource: R) => void
  /** The names of what is to be set on this broker. */
  readonly settingsOf: (resource: R) => readonly string[]
}

/**
 * Has the settings of resources altered by the controller, but for those of this broker that it cannot
 * take on, and its loggers. Every resource has its own result, in the request's order.
 *
 * @throws Nothing: a refusal is a result.
 */
export async function alterResources<R extends Resource>(
  resources: readonly R[],
  context: RequestContext,
  own: OwnResources<R>,
  alter: (resources: readonly R[]) => Promise<readonly Result[]>,
): Promise<Result[]> {
  const answers = new Map<R, Result>()
  for (const resource of resources) {
    const answer = alterHere(resource, context, own)
    if (answer !== null) answers.set(resource, answer)
  }
  const others = resources.filter((resource) => !answers.has(resource))
  const altered = others.length === 0 ? [] : await alter(others)
  let next = 0
  return resources.map((resource) => answers.get(resource) ?? altered[next++]!)
}

/** The same refusal for all of them. */
export function refuseResources(resources: readonly Resource[], error: KafkaError): Result[] {
  return resources.map((resource) => refusal(resource, error))
}

/** The answer of a resource that the controller need not see; null for all others. */
function alterHere<R extends Resource>(
  resource: R,
  context: RequestContext,
  own: OwnResources<R>,
): Result | null {
  const { resourceType: type, resourceName: name } = resource
  try {
    if (type === CONFIG_RESOURCE_TYPES.broker) {
      if (INTEGER.test(name)) checkOwnSettings(name, own.settingsOf(resource), context)
      return null
    }
    if (type !== CONFIG_RESOURCE_TYPES.brokerLogger) return null
    if (!INTEGER.test(name)) throw invalid(`Node id must be an integer, but it is: ${name}`)
    const { nodeId } = context.settings
    if (Number(name) !== nodeId) {
      throw invalid(`Unexpected node id. Expected ${nodeId}, but received ${name}`)
    }
    own.alterLoggers(resource)
    return { errorCode: NO_ERROR, errorMessage: null, resourceType: type, resourceName: name }
  } catch (error) {
    return refusal(resource, context.asKafkaError(error))
  }
}

function checkOwnSettings(
  name: string,
  names: readonly string[],
  { settings: { nodeId } }: RequestContext,
): void {
  if (Number(name) !== nodeId) {
    throw invalid(`Unexpected broker id, expected ${nodeId}, but received ${name}`)
  }
  if (names.includes('listeners')) {
    throw invalid('listeners cannot be changed while the broker runs; restart it with the new ones')
  }
}

function refusal({ resourceType, resourceName }: Resource, error: KafkaError): Result {
  const { errorCode, message: errorMessage } = error
  return { errorCode, errorMessage, resourceType, resourceName }
}

function invalid(message: string): KafkaError {
  return new KafkaError('INVALID_REQUEST', message)
}
