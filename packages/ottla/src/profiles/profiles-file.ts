import type { Disk } from '@ottla/runtime'
import { UserError } from '../user-error.ts'

/** A cluster that has a name. */
export interface Profile {
  /** `host:port`, several with commas. */
  readonly bootstrapServers: string
}

export interface Profiles {
  /** Which one commands use that name none; null: none. */
  readonly current: string | null
  readonly profiles: Readonly<Record<string, Profile>>
}

type Environment = Readonly<Record<string, string | undefined>>

/** The file of this person's profiles; null where the environment names no home. */
export function profilesPath({ XDG_CONFIG_HOME, HOME, USERPROFILE }: Environment): string | null {
  const home = HOME ?? USERPROFILE
  // What is not from the root counts as not set, as the XDG specification has it.
  const isSet = XDG_CONFIG_HOME?.startsWith('/') === true
  if (isSet) return `${XDG_CONFIG_HOME}/ottla/profiles.json`
  return home === undefined || home === '' ? null : `${home}/.config/ottla/profiles.json`
}

/**
 * Reads the file:
 *
 *     { "current": "prod", "profiles": { "prod": { "bootstrapServers": "kafka1:9092,kafka2:9092" } } }
 *
 * @returns No profiles where there is no file.
 * @throws {UserError} for a file that is not like that.
 */
export function readProfiles(disk: Disk, path: string | null): Profiles {
  if (path === null || disk.stat(path) === null) return { current: null, profiles: {} }
  const wrong = (what: string): UserError =>
    new UserError(`${path}: ${what}; put it right, or remove it and add profiles anew`)
  let content: unknown
  try {
    content = JSON.parse(disk.readFile(path).toString('utf8'))
  } catch (error) {
    throw wrong(`this is not JSON: ${(error as Error).message}`)
  }
  const { current = null, profiles = {} } = Object(content) as Record<string, unknown>
  if (current !== null && typeof current !== 'string') throw wrong('"current" is not a name')
  for (const [name, profile] of Object.entries(Object(profiles) as Record<string, unknown>)) {
    const { bootstrapServers } = Object(profile) as Record<string, unknown>
    if (typeof bootstrapServers !== 'string')
      throw wrong(`profile ${name} has no "bootstrapServers"`)
  }
  return { current, profiles: profiles as Profiles['profiles'] }
}

/** @throws {UserError} where there is no place for the file. */
export function writeProfiles(disk: Disk, path: string | null, profiles: Profiles): void {
  if (path === null) throw new UserError('profiles need a home: set XDG_CONFIG_HOME or HOME')
  disk.makeDirectory(path.slice(0, path.lastIndexOf('/')))
  disk.replaceFile(path, `${JSON.stringify(profiles, null, 2)}\n`)
}
