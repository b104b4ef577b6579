import { KafkaError, NO_ERROR } from '@ottla/protocol'
import type {
  AlterClientQuotasRequest,
  AlterClientQuotasResponseInput,
  EntityData,
  AlterClientQuotasRequestEntryData,
  OpData,
} from '@ottla/protocol/messages/alter-client-quotas'
import type { Decision } from '@ottla/state-machine'
import { quotaEntity, quotaRecordKey, type QuotaEntity } from '../image/client-quotas.ts'
import type { MetadataImage } from '../image/metadata-image.ts'
import type { MetadataRecord } from '../records/metadata-record.ts'
import { recordsPerRequestMax } from './controller-settings.ts'

type Type = 'whole' | 'any'

const CLIENT_QUOTAS: ReadonlyMap<string, Type> = new Map([
  ['producer_byte_rate', 'whole'],
  ['consumer_byte_rate', 'whole'],
  ['request_percentage', 'any'],
  ['controller_mutation_rate', 'any'],
])
const IP_QUOTAS: ReadonlyMap<string, Type> = new Map([['connection_creation_rate', 'whole']])
/** Above what a Java long holds. */
const LONG_MAX = 2 ** 63

/**
 * AlterClientQuotas (key 49), versions 0–1 (KIP-546, KIP-612).
 *
 * Sets and removes the quotas of users, client ids (one of a user, or of anybody) and addresses, by name or
 * by default (a null name). Each entity gets all that is asked for it, or is refused; one that is named
 * twice is refused.
 *
 *   v1  flexible encoding (KIP-482)
 */
export function alterClientQuotas(
  image: MetadataImage,
  { entries, validateOnly }: AlterClientQuotasRequest,
): Decision<MetadataRecord, AlterClientQuotasResponseInput> {
  const operations = entries.reduce((sum, { ops }) => sum + ops.length + 1, 0)
  if (operations > recordsPerRequestMax) {
    throw new KafkaError(
      'POLICY_VIOLATION',
      `${operations} changes of quotas in one request; no more than ${recordsPerRequestMax} can be made`,
    )
  }
  const byEntity = Map.groupBy(entries, ({ entity }) => JSON.stringify(quotaEntity(entity)))
  const records: MetadataRecord[] = []
  const results = Array.from(byEntity.values(), ([entry, ...others]) => {
    const entity = quotaEntity(entry!.entity)
    const answer = { entity: [...entity] }
    try {
      if (others.length > 0 || hasDuplicates(entry!.ops)) throw twice(entity)
      records.push(...alterEntity(image, entity, entry!))
      return { ...answer, errorCode: NO_ERROR, errorMessage: null }
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      return { ...answer, errorCode: error.errorCode, errorMessage: error.message }
    }
  })
  return {
    records: validateOnly ? [] : records,
    reply: { throttleTimeMs: 0, entries: results },
  }
}

function alterEntity(
  image: MetadataImage,
  entity: QuotaEntity,
  { ops }: AlterClientQuotasRequestEntryData,
): MetadataRecord[] {
  const quotas = quotasOf(entity)
  const records: MetadataRecord[] = []
  for (const { key, value, remove } of ops) {
    if (!remove) checkValue(quotas, key, value)
    const before = image.clientQuotas.get(quotaRecordKey(entity, key))?.value
    if (remove ? before === undefined : before === value) continue
    records.push({
      type: 'ClientQuotaRecord',
      version: 0,
      value: { entity: [...entity], key, value: remove ? 0 : value, remove },
    })
  }
  return records
}

/** What can be set on such an entity. */
function quotasOf(entity: QuotaEntity): ReadonlyMap<string, Type> {
  if (entity.length === 0) throw invalid('Invalid empty client quota entity')
  for (const { entityType, entityName } of entity) {
    if (!['user', 'client-id', 'ip'].includes(entityType)) {
      throw invalid(`Unhandled client quota entity type: ${entityType}`)
    }
    if (entityName === '') throw invalid(`Empty ${entityType} not supported`)
  }
  const ip = entity.find(({ entityType }) => entityType === 'ip')
  if (ip === undefined) return CLIENT_QUOTAS
  if (entity.length > 1) {
    throw invalid(
      'Invalid quota entity combination, IP entity should not be combined with User or ClientId',
    )
  }
  if (ip.entityName !== null && !isHost(ip.entityName)) {
    throw invalid(`${ip.entityName} is not a valid IP or resolvable host.`)
  }
  return IP_QUOTAS
}

function checkValue(quotas: ReadonlyMap<string, Type>, key: string, value: number): void {
  const type = quotas.get(key)
  if (type === undefined) throw invalid(`Invalid configuration key ${key}`)
  if (!(value > 0)) throw invalid(`Quota ${key} must be greater than 0`)
  if (type === 'any') return
  if (value >= LONG_MAX) throw invalid(`Proposed value for ${key} is too large for a LONG.`)
  if (!Number.isInteger(value)) throw invalid(`${key} cannot be a fractional value.`)
}

/** An address, or what can be a host's name. Whether it resolves is not looked up: a controller does no I/O. */
function isHost(text: string): boolean {
  return /^[A-Za-z0-9._-]{1,253}$/.test(text) || /^[0-9A-Fa-f:.]+(%[\w.-]+)?$/.test(text)
}

function hasDuplicates(ops: readonly OpData[]): boolean {
  return new Set(ops.map(({ key }) => key)).size < ops.length
}

function twice(entity: readonly EntityData[]): KafkaError {
  const text = entity.map(({ entityType, entityName }) => `${entityType}=${entityName}`).join(', ')
  return invalid(`Ignoring duplicate entity ClientQuotaEntity(entries={${text}})`)
}

function invalid(message: string): KafkaError {
  return new KafkaError('INVALID_REQUEST', message)
}
