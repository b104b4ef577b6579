import { type OutputOptions, writeJson } from '../output/write-rows.ts'
import type { Shell } from '../shell/shell.ts'
import { type ClientCommandOptions, withAdmin } from './with-admin.ts'

export interface TopicsListOptions extends ClientCommandOptions, OutputOptions {
  readonly internal?: boolean
}

/** `ottla topics list`: a name a line. */
export async function topicsList(shell: Shell, options: TopicsListOptions): Promise<void> {
  await withAdmin(shell, options, async (client) => {
    const topics = await client.admin.listTopics({ signal: shell.stop })
    const shown = topics.filter(({ isInternal }) => !isInternal || options.internal === true)
    if (options.json === true) {
      const rows = shown.map(({ name, topicId, isInternal, partitions }) => ({
        name,
        topicId,
        isInternal,
        partitions: partitions.length,
        replicas: partitions[0]?.replicas.length ?? 0,
      }))
      await writeJson(shell, rows)
      return
    }
    await shell.write(shown.map(({ name }) => `${name}\n`).join(''))
  })
}
