import { moveReplicas } from '@ottla/client/admin/log-dirs'
import { knownBrokers } from '../input/known-brokers.ts'
import { parseTopicSelection, selectedPartitions } from '../input/topic-partitions.ts'
import { writeOutcomes } from '../output/write-outcomes.ts'
import type { OutputOptions } from '../output/write-rows.ts'
import type { Shell } from '../shell/shell.ts'
import { UserError } from '../user-error.ts'
import { type ClientCommandOptions, withAdmin } from './with-admin.ts'

export interface LogdirsMoveOptions extends ClientCommandOptions, OutputOptions {
  readonly to: string
  readonly broker?: string
}

/** `ottla logdirs move TOPIC[:PARTITIONS]… --to DIRECTORY`: begins it, and does not wait. */
export async function logdirsMove(
  shell: Shell,
  names: readonly string[],
  options: LogdirsMoveOptions,
): Promise<void> {
  const selections = names.map(parseTopicSelection)
  await withAdmin(shell, options, async (client) => {
    const [brokerId, ...others] = knownBrokers(
      client,
      options.broker === undefined ? [] : [options.broker],
    )
    if (brokerId === undefined || others.length > 0) {
      throw new UserError('on which broker? give --broker with its id')
    }
    const partitions = await selectedPartitions(client, selections, shell.stop)
    const call = { signal: shell.stop }
    const outcomes = await moveReplicas(client.cluster, brokerId, options.to, partitions, call)
    const told = outcomes.map(({ topic, partition, error }) => ({
      name: `${topic}-${partition}`,
      error,
      fields: { topic, partition, broker: brokerId, to: options.to },
    }))
    await writeOutcomes(shell, options, told, 'moving')
    if (outcomes.some(({ error }) => error === null)) {
      shell.tell(`ottla: \`ottla logdirs describe ${names.join(' ')}\` shows how far it is`)
    }
  })
}
