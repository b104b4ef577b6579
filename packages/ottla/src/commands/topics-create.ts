import { nameAndValue } from '../input/name-value.ts'
import { writeOutcomes } from '../output/write-outcomes.ts'
import type { OutputOptions } from '../output/write-rows.ts'
import type { Shell } from '../shell/shell.ts'
import { type ClientCommandOptions, withAdmin } from './with-admin.ts'

export interface TopicsCreateOptions extends ClientCommandOptions, OutputOptions {
  readonly partitions?: number
  readonly replicationFactor?: number
  readonly config: readonly string[]
  readonly ifNotExists?: boolean
}

/** `ottla topics create NAME…` */
export async function topicsCreate(
  shell: Shell,
  names: readonly string[],
  options: TopicsCreateOptions,
): Promise<void> {
  const { partitions, replicationFactor } = options
  const configs = Object.fromEntries(
    options.config.map((text) => nameAndValue('--config', text, 'retention.ms=60000')),
  )
  await withAdmin(shell, options, async (client) => {
    const outcomes = await client.admin.createTopics(
      names.map((name) => ({
        name,
        configs,
        ...(partitions !== undefined && { partitions }),
        ...(replicationFactor !== undefined && { replicationFactor }),
      })),
      { signal: shell.stop },
    )
    for (const { name, error } of outcomes) {
      if (error?.code === 'TOPIC_ALREADY_EXISTS' && options.ifNotExists === true) {
        const exists = { name, error: null, fields: { name } }
        await writeOutcomes(shell, options, [exists], 'found')
        continue
      }
      await writeOutcomes(shell, options, [{ name, error, fields: { name } }], 'created')
    }
  })
}
