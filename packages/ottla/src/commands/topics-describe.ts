import type { TopicState } from '@ottla/client'
import type { Shell } from '../shell/shell.ts'
import { type ClientCommandOptions, withClient } from './with-client.ts'

/** `ottla topics describe NAME…`: each topic, the settings it has of its own, and its partitions. */
export async function topicsDescribe(
  shell: Shell,
  names: readonly string[],
  options: ClientCommandOptions,
): Promise<void> {
  await withClient(shell, options, async (client) => {
    const wanted =
      names.length > 0
        ? await client.admin.describeTopics(names, { signal: shell.stop })
        : (await client.admin.listTopics({ signal: shell.stop })).filter(
            ({ isInternal }) => !isInternal,
          )
    for (const topic of wanted) {
      const configs = await client.admin.topicConfigs(topic.name, { signal: shell.stop })
      const own = configs.filter(({ isOwn }) => isOwn)
      await shell.write(describe(topic, own))
    }
  })
}

function describe(
  { name, topicId, partitions }: TopicState,
  own: readonly { readonly name: string; readonly value: string | null }[],
): string {
  const replicas = partitions[0]?.replicas.length ?? 0
  const head = `${name}\tid ${topicId}\tpartitions ${partitions.length}\treplicas ${replicas}\n`
  const settings = own.map((config) => `  ${config.name}=${config.value ?? ''}\n`)
  const rows = partitions.map(
    ({ partition, leaderId, replicas, isr }) =>
      `  partition ${partition}\tleader ${leaderId < 0 ? 'none' : leaderId}` +
      `\treplicas ${replicas.join(',')}\tin sync ${isr.join(',')}\n`,
  )
  return [head, ...settings, ...rows].join('')
}
