import { nodeRuntime } from '@ottla/runtime/node'
import { type Column } from '../output/table.ts'
import { type OutputOptions, writeRows } from '../output/write-rows.ts'
import { unknownProfile } from '../profiles/chosen-servers.ts'
import {
  type Profiles,
  profilesPath,
  readProfiles,
  writeProfiles,
} from '../profiles/profiles-file.ts'
import type { Shell } from '../shell/shell.ts'
import { UserError } from '../user-error.ts'

interface Row {
  readonly name: string
  readonly bootstrapServers: string
  readonly isCurrent: boolean
}

/** `ottla profile add NAME HOST:PORT`: the first one is used from then on. */
export async function profileAdd(
  shell: Shell,
  name: string,
  bootstrapServers: string,
  options: { readonly use?: boolean },
): Promise<void> {
  if (!/^[\w.-]+$/.test(name)) {
    throw new UserError(`${name}: a profile's name has letters, digits, '.', '_' and '-'`)
  }
  if (!/^[^\s,]+:\d{1,5}(?:,[^\s,]+:\d{1,5})*$/.test(bootstrapServers)) {
    throw new UserError(`${bootstrapServers}: give host:port, several with commas`)
  }
  change(shell, ({ current, profiles }) => ({
    current: options.use === true ? name : (current ?? name),
    profiles: { ...profiles, [name]: { bootstrapServers } },
  }))
  await shell.write(`added ${name}\n`)
}

/** `ottla profile list` */
export async function profileList(shell: Shell, options: OutputOptions): Promise<void> {
  const { current, profiles } = readProfiles(nodeRuntime().disk, profilesPath(shell.env))
  const rows = Object.entries(profiles).map(([name, { bootstrapServers }]) => ({
    name,
    bootstrapServers,
    isCurrent: name === current,
  }))
  const columns: Column<Row>[] = [
    { head: 'PROFILE', of: (row) => row.name },
    { head: 'BOOTSTRAP-SERVERS', of: (row) => row.bootstrapServers },
    { head: 'CURRENT', of: ({ isCurrent }) => (isCurrent ? 'yes' : null) },
  ]
  await writeRows(shell, options, rows, columns)
}

/** `ottla profile use NAME` */
export async function profileUse(shell: Shell, name: string): Promise<void> {
  await known(shell, name)
  change(shell, ({ profiles }) => ({ current: name, profiles }))
  await shell.write(`using ${name}\n`)
}

/** `ottla profile remove NAME` */
export async function profileRemove(shell: Shell, name: string): Promise<void> {
  await known(shell, name)
  change(shell, ({ current, profiles }) => ({
    current: current === name ? null : current,
    profiles: Object.fromEntries(Object.entries(profiles).filter(([other]) => other !== name)),
  }))
  await shell.write(`removed ${name}\n`)
}

/** @throws {UserError} for a profile that there is not. */
async function known(shell: Shell, name: string): Promise<void> {
  const { profiles } = readProfiles(nodeRuntime().disk, profilesPath(shell.env))
  if (!Object.hasOwn(profiles, name)) throw await unknownProfile(name, Object.keys(profiles))
}

function change(shell: Shell, to: (profiles: Profiles) => Profiles): void {
  const { disk } = nodeRuntime()
  const path = profilesPath(shell.env)
  writeProfiles(disk, path, to(readProfiles(disk, path)))
}
