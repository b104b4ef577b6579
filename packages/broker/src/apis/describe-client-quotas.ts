import { type QuotaEntity, quotasByEntity } from '@ottla/metadata'
import { KafkaError, NO_ERROR } from '@ottla/protocol'
import {
  type ComponentData,
  DescribeClientQuotasRequest,
  DescribeClientQuotasResponse,
} from '@ottla/protocol/messages/describe-client-quotas'
import { type AnyApi, defineApi } from '../network/api.ts'

/** How a part of an entity is looked for. */
const EXACT = 0
const DEFAULT = 1
const ANY = 2

/**
 * DescribeClientQuotas (key 48), versions 0–1 (KIP-546).
 *
 * The quotas of all entities that have what every component asks for; a strict filter wants nothing besides.
 * v1 is flexible.
 */
export const describeClientQuotasApi: AnyApi = defineApi({
  request: DescribeClientQuotasRequest,
  response: DescribeClientQuotasResponse,
  handle: ({ components, strict }, { metadata }) => {
    checkFilter(components)
    const quotas = quotasByEntity(metadata.image.clientQuotas.values())
    return {
      throttleTimeMs: 0,
      errorCode: NO_ERROR,
      errorMessage: '',
      entries: quotas
        .filter(({ entity }) => isMatch(entity, components, strict))
        .map(({ entity, values }) => ({
          entity: [...entity],
          values: Array.from(values, ([key, value]) => ({ key, value })),
        })),
    }
  },
  refuse: (_request, { errorCode, message }) => ({
    throttleTimeMs: 0,
    errorCode,
    errorMessage: message,
    entries: null,
  }),
})

/** @throws {KafkaError} INVALID_REQUEST, UNSUPPORTED_VERSION for a type that is not known. */
function checkFilter(components: readonly ComponentData[]): void {
  const types = new Set<string>()
  for (const { entityType, matchType, match } of components) {
    if (types.has(entityType)) {
      throw invalid(`Entity type ${entityType} cannot appear more than once in the filter.`)
    }
    if (entityType === '') throw invalid('Invalid empty entity type.')
    if (!['user', 'client-id', 'ip'].includes(entityType)) {
      throw new KafkaError('UNSUPPORTED_VERSION', `Unsupported entity type ${entityType}`)
    }
    types.add(entityType)
    if (matchType !== EXACT && matchType !== DEFAULT && matchType !== ANY) {
      throw invalid(`Unknown match type ${matchType}`)
    }
    if (matchType === EXACT && match === null) {
      throw invalid('Request specified MATCH_TYPE_EXACT, but set match string to null.')
    }
    if (matchType !== EXACT && match !== null) {
      const name = matchType === DEFAULT ? 'MATCH_TYPE_DEFAULT' : 'MATCH_TYPE_SPECIFIED'
      throw invalid(`Request specified ${name}, but also specified a match string.`)
    }
  }
  if (types.has('ip') && types.size > 1) {
    throw invalid(
      'Invalid entity filter component combination. IP filter component should not be used with user ' +
        'or clientId filter component.',
    )
  }
}

function isMatch(
  entity: QuotaEntity,
  components: readonly ComponentData[],
  strict: boolean,
): boolean {
  if (strict && entity.length !== components.length) return false
  return components.every(({ entityType, matchType, match }) => {
    const part = entity.find((each) => each.entityType === entityType)
    if (part === undefined) return false
    return matchType === ANY || part.entityName === match
  })
}

function invalid(message: string): KafkaError {
  return new KafkaError('INVALID_REQUEST', message)
}
