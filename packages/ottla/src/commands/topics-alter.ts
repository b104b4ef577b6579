import { alterConfigs, type ConfigChange } from '@ottla/client/admin/configs'
import { createPartitions } from '@ottla/client/admin/create-partitions'
import type { KafkaError } from '@ottla/protocol'
import { knownTopics } from '../input/known-topics.ts'
import { writeOutcomes } from '../output/write-outcomes.ts'
import type { OutputOptions } from '../output/write-rows.ts'
import type { Shell } from '../shell/shell.ts'
import { UserError } from '../user-error.ts'
import { adviseOnNames, changesOf, type ConfigChangeOptions } from './configs-alter.ts'
import { type AdminClient, type ClientCommandOptions, withAdmin } from './with-admin.ts'

export interface TopicsAlterOptions
  extends ClientCommandOptions, OutputOptions, ConfigChangeOptions {
  readonly partitions?: number
  readonly validateOnly?: boolean
}

/** `ottla topics alter NAME…`: settings first, so that new partitions begin with them. */
export async function topicsAlter(
  shell: Shell,
  names: readonly string[],
  options: TopicsAlterOptions,
): Promise<void> {
  const changes = changesOf(options)
  const { partitions, validateOnly = false } = options
  if (changes.length === 0 && partitions === undefined) {
    throw new UserError('what to alter? give --partitions, --set, --delete, --append or --subtract')
  }
  await withAdmin(shell, options, async (client) => {
    await knownTopics(client, names, shell.stop)
    const call = { signal: shell.stop, validateOnly }
    const outcomes: { name: string; error: KafkaError | null; fields: { name: string } }[] = []
    for (const name of names) {
      let error = changes.length === 0 ? null : await alterSettings(client, name, changes, call)
      if (error === null && partitions !== undefined) {
        const [grown] = await createPartitions(client.cluster, [{ name, count: partitions }], call)
        error = grown?.error ?? null
      }
      outcomes.push({ name, error, fields: { name } })
    }
    await writeOutcomes(shell, options, outcomes, validateOnly ? 'validated' : 'altered')
  })
}

async function alterSettings(
  client: AdminClient,
  name: string,
  changes: readonly ConfigChange[],
  call: { readonly signal: AbortSignal; readonly validateOnly: boolean },
): Promise<KafkaError | null> {
  const topic = { type: 'TOPIC', name } as const
  const error = await alterConfigs(client.cluster, topic, changes, call)
  if (error !== null) await adviseOnNames(client, topic, changes, call.signal)
  return error
}
