import { apiKeys } from '@ottla/protocol'
import { assert } from '@ottla/runtime'
import type { AnyApi } from './api.ts'

/** An API with the versions that this broker serves, and those that it advertises. */
export interface ServedVersions {
  readonly key: number
  readonly name: string
  readonly api: AnyApi
  readonly lowestVersion: number
  readonly highestVersion: number
  /** Lower than `lowestVersion` only for Produce, which older clients want to see from 0. */
  readonly lowestAdvertised: number
}

export type ApiTable = ReadonlyMap<number, ServedVersions>

/** The table by API key; what is not in it is neither advertised nor served. */
export function makeApiTable(apis: readonly AnyApi[]): ApiTable {
  const table = new Map<number, ServedVersions>()
  for (const api of apis) {
    const key = api.request.apiKey
    const row = apiKeys.find((each) => each.key === key)
    assert(row !== undefined && row.brokerVersions !== null, 'a served API is one of a broker')
    assert(!table.has(key), 'an API is served by one handler')
    table.set(key, {
      key,
      name: row.name,
      api,
      lowestVersion: api.request.lowestVersion,
      highestVersion: row.brokerVersions.to,
      lowestAdvertised: row.brokerVersions.from,
    })
  }
  return table
}
