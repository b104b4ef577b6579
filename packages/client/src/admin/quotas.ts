import { type KafkaError, throwIfError } from '@ottla/protocol'
import { AlterClientQuotasApi } from '@ottla/protocol/messages/alter-client-quotas'
import { DescribeClientQuotasApi } from '@ottla/protocol/messages/describe-client-quotas'
import type { CallOptions, Cluster } from '../cluster/cluster.ts'
import { errorOf, retryIfAny } from './outcome.ts'

/** Whom a quota is for: a user, a client id, both, or an address. null is the default of their kind. */
export type QuotaEntity = Readonly<Partial<Record<'user' | 'client-id' | 'ip', string | null>>>

export interface EntityQuotas {
  readonly entity: QuotaEntity
  /** By Kafka's names: producer_byte_rate, consumer_byte_rate, request_percentage, … */
  readonly quotas: Readonly<Record<string, number>>
}

const EXACT = 0
const DEFAULT = 1

/**
 * Quotas, of all or of those whose entity has these parts (KIP-546).
 * @throws {KafkaError} INVALID_REQUEST for parts that do not go together, as an ip and a user.
 */
export async function describeQuotas(
  cluster: Cluster,
  parts: QuotaEntity = {},
  options: CallOptions = {},
): Promise<readonly EntityQuotas[]> {
  return cluster.call(async () => {
    const response = await cluster.send(
      'any',
      DescribeClientQuotasApi,
      () => ({
        components: Object.entries(parts).map(([entityType, name]) => ({
          entityType,
          matchType: name === null ? DEFAULT : EXACT,
          match: name,
        })),
        strict: false,
      }),
      { signal: options.signal },
    )
    throwIfError(response.errorCode, response.errorMessage)
    return (response.entries ?? []).map(({ entity, values }) => ({
      entity: Object.fromEntries(entity.map((part) => [part.entityType, part.entityName])),
      quotas: Object.fromEntries(values.map(({ key, value }) => [key, value])),
    }))
  }, options)
}

/**
 * Sets quotas of one entity; null takes one away.
 * @returns What the broker refused it for, or null.
 */
export async function alterQuotas(
  cluster: Cluster,
  entity: QuotaEntity,
  quotas: Readonly<Record<string, number | null>>,
  options: CallOptions & { readonly validateOnly?: boolean } = {},
): Promise<KafkaError | null> {
  return cluster.call(async () => {
    const response = await cluster.send(
      'any',
      AlterClientQuotasApi,
      () => ({
        entries: [
          {
            entity: Object.entries(entity).map(([entityType, entityName]) => ({
              entityType,
              entityName,
            })),
            ops: Object.entries(quotas).map(([key, value]) => ({
              key,
              value: value ?? 0,
              remove: value === null,
            })),
          },
        ],
        validateOnly: options.validateOnly ?? false,
      }),
      { signal: options.signal },
    )
    const result = response.entries[0]
    const error = errorOf(result?.errorCode ?? 0, result?.errorMessage)
    retryIfAny([error])
    return error
  }, options)
}
