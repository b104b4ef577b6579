import { describeCluster } from '@ottla/client/admin/cluster'
import { table } from '../output/table.ts'
import { type OutputOptions, writeJson } from '../output/write-rows.ts'
import type { Shell } from '../shell/shell.ts'
import { type ClientCommandOptions, withAdmin } from './with-admin.ts'

/** `ottla cluster describe`: its id and its brokers. */
export async function clusterDescribe(
  shell: Shell,
  options: ClientCommandOptions & OutputOptions,
): Promise<void> {
  await withAdmin(shell, options, async (client) => {
    const cluster = await describeCluster(client.cluster, { signal: shell.stop })
    if (options.json === true) return writeJson(shell, [cluster])
    const { clusterId, controllerId, brokers } = cluster
    const rows = table(brokers, [
      { head: 'BROKER', of: ({ nodeId }) => nodeId },
      { head: 'HOST', of: ({ host }) => host },
      { head: 'PORT', of: ({ port }) => port },
      { head: 'RACK', of: ({ rack }) => rack },
      { head: 'STATE', of: ({ isFenced }) => (isFenced ? 'fenced' : 'active') },
    ])
    return shell.write(
      `cluster ${clusterId}, controller ${controllerId < 0 ? 'unknown' : controllerId}\n\n${rows}`,
    )
  })
}
