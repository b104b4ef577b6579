import type { ClientQuotaRecord } from '@ottla/protocol/records/client-quota-record'

/** One part of whom a quota is for; a null name is the default, for all that have none of their own. */
export interface QuotaEntityPart {
  /** 'user', 'client-id' or 'ip'. */
  readonly entityType: string
  readonly entityName: string | null
}

/** Whom a quota is for: a user, a client id, a client id of a user, or an address. One part of a type. */
export type QuotaEntity = readonly QuotaEntityPart[]

/** In the order in which Kafka names them. */
const ORDER: readonly string[] = ['client-id', 'user', 'ip']

/** The parts in one order; of two of the same type the later counts. */
export function quotaEntity(parts: readonly QuotaEntityPart[]): QuotaEntity {
  const byType = new Map(
    parts.map(({ entityType, entityName }) => [entityType, { entityType, entityName }]),
  )
  return [...byType.values()].sort(
    (one, other) => ORDER.indexOf(one.entityType) - ORDER.indexOf(other.entityType),
  )
}

/** A quota of an entity as a map's key. */
export function quotaRecordKey(entity: readonly QuotaEntityPart[], key: string): string {
  const parts = entity.map(({ entityType, entityName }) => [entityType, entityName])
  return JSON.stringify([key, ...parts.sort(([a], [b]) => (a! < b! ? -1 : 1))])
}

export interface EntityQuotas {
  readonly entity: QuotaEntity
  /** By the quota's name, such as `producer_byte_rate`. */
  readonly values: ReadonlyMap<string, number>
}

/** All quotas, by whom they are for. */
export function quotasByEntity(records: Iterable<ClientQuotaRecord>): EntityQuotas[] {
  const found = new Map<string, { entity: QuotaEntity; values: Map<string, number> }>()
  for (const record of records) {
    const entity = quotaEntity(record.entity)
    const name = JSON.stringify(entity)
    let quotas = found.get(name)
    if (quotas === undefined) found.set(name, (quotas = { entity, values: new Map() }))
    quotas.values.set(record.key, record.value)
  }
  return [...found.values()]
}
