import { type EntityQuotas, quotaRecordKey, quotasByEntity } from '@ottla/metadata'
import type { MetadataImage } from '@ottla/metadata'

/** Whose request it is. */
export interface Requester {
  readonly user: string
  readonly clientId: string
}

export interface Limit {
  /** Per second; of `request_percentage`, percent of one thread's time. */
  readonly value: number
  /** All requesters with the same name share the limit. */
  readonly sharedBy: string
}

export type QuotaKey =
  | 'producer_byte_rate'
  | 'consumer_byte_rate'
  | 'request_percentage'
  | 'controller_mutation_rate'

/** How many requesters' limits are remembered; a hostile client may call itself anything. */
const REMEMBERED_MAX = 10_000

/**
 * Which quota holds for whom, the first of these that there is (KIP-55, KIP-546):
 *
 *   a user's client id, a user's default, the user,
 *   the default user's client id, its default, the default user,
 *   the client id, the default client id
 *
 * A quota that is for a user is shared by all of the user's clients, and one for a client id by all users.
 */
export class QuotaLimits {
  #quotas: MetadataImage['clientQuotas'] = new Map()
  #byEntity: ReadonlyMap<string, ReadonlyMap<string, number>> = new Map()
  readonly #found: Map<string, Limit | null> = new Map()

  /** null: there is none. */
  find(image: MetadataImage, key: QuotaKey, who: Requester): Limit | null {
    if (image.clientQuotas.size === 0) return null
    if (this.#quotas !== image.clientQuotas) this.#renew(image)
    const name = `${key} ${who.user} ${who.clientId}`
    let found = this.#found.get(name)
    if (found === undefined) {
      found = this.#search(key, who)
      if (this.#found.size >= REMEMBERED_MAX) this.#found.clear()
      this.#found.set(name, found)
    }
    return found
  }

  /** `connection_creation_rate` of an address, or the default one; null: there is none. */
  findForAddress(image: MetadataImage, address: string): number | null {
    if (image.clientQuotas.size === 0) return null
    for (const entityName of [address, null]) {
      const entity = [{ entityType: 'ip', entityName }]
      const quota = image.clientQuotas.get(quotaRecordKey(entity, 'connection_creation_rate'))
      if (quota !== undefined) return quota.value
    }
    return null
  }

  #renew(image: MetadataImage): void {
    this.#quotas = image.clientQuotas
    this.#found.clear()
    this.#byEntity = new Map(
      quotasByEntity(image.clientQuotas.values()).map(({ entity, values }) => [
        nameOf(partOf(entity, 'user'), partOf(entity, 'client-id')),
        values,
      ]),
    )
  }

  #search(key: QuotaKey, { user, clientId }: Requester): Limit | null {
    const both = nameOf(user, clientId)
    for (const [ofUser, ofClient, sharedBy] of [
      [user, clientId, both],
      [user, null, both],
      [user, undefined, nameOf(user, undefined)],
      [null, clientId, both],
      [null, null, both],
      [null, undefined, nameOf(user, undefined)],
      [undefined, clientId, nameOf(undefined, clientId)],
      [undefined, null, nameOf(undefined, clientId)],
    ] as const) {
      const value = this.#byEntity.get(nameOf(ofUser, ofClient))?.get(key)
      if (value !== undefined) return { value, sharedBy }
    }
    return null
  }
}

/** null is the default, undefined that the entity has no such part. */
function partOf(entity: EntityQuotas['entity'], type: string): string | null | undefined {
  return entity.find(({ entityType }) => entityType === type)?.entityName
}

function nameOf(user: string | null | undefined, clientId: string | null | undefined): string {
  return JSON.stringify([
    user === undefined ? 'any' : [user],
    clientId === undefined ? 'any' : [clientId],
  ])
}
