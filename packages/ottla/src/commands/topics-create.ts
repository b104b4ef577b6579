import type { Shell } from '../shell/shell.ts'
import { UserError } from '../user-error.ts'
import { type ClientCommandOptions, withClient } from './with-client.ts'

export interface TopicsCreateOptions extends ClientCommandOptions {
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
  const configs = Object.fromEntries(options.config.map(nameAndValue))
  await withClient(shell, options, async (client) => {
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
      if (error === null) {
        await shell.write(`created ${name}\n`)
      } else if (error.code === 'TOPIC_ALREADY_EXISTS' && options.ifNotExists === true) {
        await shell.write(`${name} exists\n`)
      } else {
        shell.tell(`ottla: ${name} is not created: ${error.message}`)
        shell.exitCode = 1
      }
    }
  })
}

function nameAndValue(text: string): [string, string] {
  const equals = text.indexOf('=')
  if (equals > 0) return [text.slice(0, equals), text.slice(equals + 1)]
  throw new UserError(`--config ${text}: give name=value, as in --config retention.ms=60000`)
}
