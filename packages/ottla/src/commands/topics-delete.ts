import type { Shell } from '../shell/shell.ts'
import { type ClientCommandOptions, withClient } from './with-client.ts'

/** `ottla topics delete NAME…` */
export async function topicsDelete(
  shell: Shell,
  names: readonly string[],
  options: ClientCommandOptions,
): Promise<void> {
  await withClient(shell, options, async (client) => {
    for (const { name, error } of await client.admin.deleteTopics(names, { signal: shell.stop })) {
      if (error === null) {
        await shell.write(`deleted ${name}\n`)
      } else {
        const why =
          error.code === 'UNKNOWN_TOPIC_OR_PARTITION' ? 'there is no such topic' : error.message
        shell.tell(`ottla: ${name} is not deleted: ${why}`)
        shell.exitCode = 1
      }
    }
  })
}
