import type { ApiKey, VersionRange } from './api-key.ts'
import { apiTable, type ApiName } from './generated/api-table.ts'

export type { ApiKey, ApiName, VersionRange }

/** All APIs that are not retired, by number. */
export const apiKeys: readonly ApiKey[] = apiTable

const byKey = new Map<number, ApiKey>(apiTable.map((api) => [api.key, api]))
const byName = new Map<string, ApiKey>(apiTable.map((api) => [api.name, api]))

/** The API of a number from the wire; undefined for one that nobody knows. */
export function apiOfKey(key: number): ApiKey | undefined {
  return byKey.get(key)
}

export function apiNamed(name: ApiName): ApiKey {
  return byName.get(name)!
}
