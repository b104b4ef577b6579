import { deleteGroups } from '@ottla/client/admin/groups'
import { writeOutcomes } from '../output/write-outcomes.ts'
import type { OutputOptions } from '../output/write-rows.ts'
import type { Shell } from '../shell/shell.ts'
import { type ClientCommandOptions, withAdmin } from './with-admin.ts'

/** `ottla groups delete GROUP…` */
export async function groupsDelete(
  shell: Shell,
  names: readonly string[],
  options: ClientCommandOptions & OutputOptions,
): Promise<void> {
  await withAdmin(shell, options, async (client) => {
    const outcomes = await deleteGroups(client.cluster, names, { signal: shell.stop })
    await writeOutcomes(
      shell,
      options,
      outcomes.map(({ groupId, error }) => ({ name: groupId, error, fields: { groupId } })),
      'deleted',
    )
  })
}
