import { unregisterBroker } from '@ottla/client/admin/cluster'
import { writeOutcomes } from '../output/write-outcomes.ts'
import type { OutputOptions } from '../output/write-rows.ts'
import type { Shell } from '../shell/shell.ts'
import { type ClientCommandOptions, withAdmin } from './with-admin.ts'

/** `ottla cluster unregister BROKER` */
export async function clusterUnregister(
  shell: Shell,
  brokerId: number,
  options: ClientCommandOptions & OutputOptions,
): Promise<void> {
  await withAdmin(shell, options, async (client) => {
    const error = await unregisterBroker(client.cluster, brokerId, { signal: shell.stop })
    const outcome = { name: `broker ${brokerId}`, error, fields: { brokerId } }
    await writeOutcomes(shell, options, [outcome], 'unregistered')
  })
}
