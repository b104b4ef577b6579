import { listGroups } from '@ottla/client/admin/groups'
import { type OutputOptions, writeRows } from '../output/write-rows.ts'
import type { Shell } from '../shell/shell.ts'
import { type ClientCommandOptions, withAdmin } from './with-admin.ts'

export interface GroupsListOptions extends ClientCommandOptions, OutputOptions {
  readonly type: readonly string[]
  readonly state: readonly string[]
}

/** `ottla groups list`: a group a line. */
export async function groupsList(shell: Shell, options: GroupsListOptions): Promise<void> {
  await withAdmin(shell, options, async (client) => {
    const groups = await listGroups(client.cluster, { signal: shell.stop })
    const wanted = groups.filter(
      ({ type, state }) => isAmong(type, options.type) && isAmong(state, options.state),
    )
    await writeRows(shell, options, wanted, [
      { head: 'GROUP', of: ({ groupId }) => groupId },
      { head: 'TYPE', of: ({ type }) => type },
      { head: 'STATE', of: ({ state }) => state },
      { head: 'PROTOCOL', of: ({ protocolType }) => protocolType },
    ])
  })
}

/** No list is all. */
function isAmong(name: string, list: readonly string[]): boolean {
  return list.length === 0 || list.some((other) => other.toLowerCase() === name.toLowerCase())
}
