import { listReassignments } from '@ottla/client/admin/cluster'
import { type OutputOptions, writeRows } from '../output/write-rows.ts'
import type { Shell } from '../shell/shell.ts'
import { type ClientCommandOptions, withAdmin } from './with-admin.ts'

/** `ottla cluster reassignments`: partitions on their way to other brokers. */
export async function clusterReassignments(
  shell: Shell,
  options: ClientCommandOptions & OutputOptions,
): Promise<void> {
  await withAdmin(shell, options, async (client) => {
    const moving = await listReassignments(client.cluster, { signal: shell.stop })
    if (moving.length === 0 && options.json !== true)
      shell.tell('ottla: no partition is on its way')
    await writeRows(shell, options, moving, [
      { head: 'TOPIC', of: ({ topic }) => topic },
      { head: 'PARTITION', of: ({ partition }) => partition },
      { head: 'REPLICAS', of: ({ replicas }) => replicas.join(',') },
      { head: 'ADDING', of: ({ adding }) => adding.join(',') },
      { head: 'REMOVING', of: ({ removing }) => removing.join(',') },
    ])
  })
}
