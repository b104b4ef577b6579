import { electLeaders } from '@ottla/client/admin/cluster'
import { parseTopicSelection, selectedPartitions } from '../input/topic-partitions.ts'
import { writeOutcomes } from '../output/write-outcomes.ts'
import { type OutputOptions, writeJson } from '../output/write-rows.ts'
import type { Shell } from '../shell/shell.ts'
import { UserError } from '../user-error.ts'
import { type ClientCommandOptions, withAdmin } from './with-admin.ts'

export interface ClusterElectLeadersOptions extends ClientCommandOptions, OutputOptions {
  readonly all?: boolean
  readonly unclean?: boolean
}

/** `ottla cluster elect-leaders [TOPIC[:PARTITIONS]…]` */
export async function clusterElectLeaders(
  shell: Shell,
  names: readonly string[],
  options: ClusterElectLeadersOptions,
): Promise<void> {
  if (names.length > 0 === (options.all === true)) {
    throw new UserError(
      'of which partitions? name topics, or partitions as letters:0,2, or give --all',
    )
  }
  const selections = names.map(parseTopicSelection)
  await withAdmin(shell, options, async (client) => {
    const partitions =
      options.all === true ? null : await selectedPartitions(client, selections, shell.stop)
    const type = options.unclean === true ? 'UNCLEAN' : 'PREFERRED'
    const elected = await electLeaders(client.cluster, type, partitions, { signal: shell.stop })
    for (const { topic, partition, error } of elected) {
      const fields = { topic, partition }
      // As it should be already: nothing has gone wrong.
      if (error?.code === 'ELECTION_NOT_NEEDED') {
        if (options.json === true)
          await writeJson(shell, [{ ...fields, elected: false, error: null }])
        else await shell.write(`${topic}-${partition} has its leader already\n`)
        continue
      }
      const outcome = {
        name: `${topic}-${partition}`,
        error,
        fields: { ...fields, elected: error === null },
      }
      await writeOutcomes(shell, options, [outcome], 'elected')
    }
    if (elected.length === 0 && options.json !== true) {
      await shell.write('every partition has its leader already\n')
    }
  })
}
