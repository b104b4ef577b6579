import type { Disk } from '@ottla/runtime'
import { unknownName } from '../input/unknown-name.ts'
import { profilesPath, readProfiles } from './profiles-file.ts'

/** Where a cluster is looked for when nothing says where. */
export const DEFAULT_BOOTSTRAP_SERVERS = 'localhost:9092'

export interface ClusterOptions {
  readonly bootstrapServer?: string
  readonly profile?: string
}

/**
 * The brokers that a command asks: those of `--bootstrap-server`, else of the profile that `--profile`,
 * OTTLA_PROFILE or `ottla profile use` names, else one on this machine.
 * @throws {UserError} for a profile that there is not.
 */
export async function chosenServers(
  { bootstrapServer, profile }: ClusterOptions,
  env: Readonly<Record<string, string | undefined>>,
  disk: Disk,
): Promise<string> {
  if (bootstrapServer !== undefined) return bootstrapServer
  const { current, profiles } = readProfiles(disk, profilesPath(env))
  const named = profile ?? (env.OTTLA_PROFILE === '' ? undefined : env.OTTLA_PROFILE)
  const name = named ?? current
  if (name === null) return DEFAULT_BOOTSTRAP_SERVERS
  const found = Object.hasOwn(profiles, name) ? profiles[name] : undefined
  if (found !== undefined) return found.bootstrapServers
  throw await unknownProfile(name, Object.keys(profiles))
}

export function unknownProfile(name: string, names: readonly string[]): Promise<Error> {
  const all = names.length === 0 ? '`ottla profile add` makes one' : `there are ${names.join(', ')}`
  return unknownName(`there is no profile ${name}`, name, names, all)
}
