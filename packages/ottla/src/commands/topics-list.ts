import type { Shell } from '../shell/shell.ts'
import { type ClientCommandOptions, withClient } from './with-client.ts'

export interface TopicsListOptions extends ClientCommandOptions {
  readonly internal?: boolean
}

/** `ottla topics list`: a name a line. */
export async function topicsList(shell: Shell, options: TopicsListOptions): Promise<void> {
  await withClient(shell, options, async (client) => {
    const topics = await client.admin.listTopics({ signal: shell.stop })
    const shown = topics.filter(({ isInternal }) => !isInternal || options.internal === true)
    await shell.write(shown.map(({ name }) => `${name}\n`).join(''))
  })
}
