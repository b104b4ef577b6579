import { apiOfKey, KafkaError, type VersionRange } from '@ottla/protocol'
import type { ApiVersionsResponse } from '@ottla/protocol/messages/api-versions'

/** The APIs that a broker said it has, in which versions. */
export class BrokerVersions {
  readonly #broker: string
  readonly #offered: ReadonlyMap<number, VersionRange>

  /** @param broker Its name in errors. */
  constructor(broker: string, { apiKeys }: Pick<ApiVersionsResponse, 'apiKeys'>) {
    this.#broker = broker
    this.#offered = new Map(
      apiKeys.map((api) => [api.apiKey, { from: api.minVersion, to: api.maxVersion }]),
    )
  }

  /**
   * The highest version that both sides have and that is not above `highest`.
   * @throws {KafkaError} UNSUPPORTED_VERSION when there is none.
   */
  versionFor(api: { readonly key: number; readonly name: string }, highest: number): number {
    const ours = apiOfKey(api.key)!.stableVersions
    const theirs = this.#offered.get(api.key)
    const version = Math.min(ours.to, theirs?.to ?? -1, highest)
    if (theirs !== undefined && version >= theirs.from && version >= ours.from) return version
    const offer = theirs === undefined ? 'does not have it' : `has versions ${span(theirs)}`
    const message = `${api.name}: ${this.#broker} ${offer}; this client has ${span(ours)}`
    throw new KafkaError('UNSUPPORTED_VERSION', message)
  }
}

function span({ from, to }: VersionRange): string {
  return `${from}–${to}`
}
