import { KafkaError } from '@ottla/protocol'
import { writeOutcomes } from '../output/write-outcomes.ts'
import type { OutputOptions } from '../output/write-rows.ts'
import type { Shell } from '../shell/shell.ts'
import { type ClientCommandOptions, withAdmin } from './with-admin.ts'

/** `ottla topics delete NAME…` */
export async function topicsDelete(
  shell: Shell,
  names: readonly string[],
  options: ClientCommandOptions & OutputOptions,
): Promise<void> {
  await withAdmin(shell, options, async (client) => {
    const outcomes = await client.admin.deleteTopics(names, { signal: shell.stop })
    const told = outcomes.map(({ name, error }) => ({
      name,
      error: inWords(error),
      fields: { name },
    }))
    await writeOutcomes(shell, options, told, 'deleted')
  })
}

function inWords(error: KafkaError | null): KafkaError | null {
  const isMissing = error?.code === 'UNKNOWN_TOPIC_OR_PARTITION'
  return isMissing ? new KafkaError(error.code, 'there is no such topic') : error
}
