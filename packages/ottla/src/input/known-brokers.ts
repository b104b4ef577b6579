import type { AdminClient } from '../commands/with-admin.ts'
import { UserError } from '../user-error.ts'

/**
 * Brokers by their ids; without any, all there are.
 * @throws {UserError} for one that there is not.
 */
export function knownBrokers(client: AdminClient, ids: readonly string[]): readonly number[] {
  const all = [...client.cluster.metadata.brokers.keys()].sort((one, other) => one - other)
  for (const id of ids) {
    if (all.map(String).includes(id)) continue
    throw new UserError(`there is no broker ${id}; there are ${all.join(', ')}`)
  }
  return ids.length === 0 ? all : ids.map(Number)
}
