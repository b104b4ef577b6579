import type { TopicConfig, TopicState } from '@ottla/client'
import { knownTopics } from '../input/known-topics.ts'
import { table } from '../output/table.ts'
import { type OutputOptions, writeJson } from '../output/write-rows.ts'
import type { Shell } from '../shell/shell.ts'
import { type ClientCommandOptions, withAdmin } from './with-admin.ts'

/** `ottla topics describe NAME…`: each topic, the settings it has of its own, and its partitions. */
export async function topicsDescribe(
  shell: Shell,
  names: readonly string[],
  options: ClientCommandOptions & OutputOptions,
): Promise<void> {
  const { signal } = { signal: shell.stop }
  await withAdmin(shell, options, async (client) => {
    const wanted =
      names.length > 0
        ? await knownTopics(client, names, signal)
        : (await client.admin.listTopics({ signal })).filter(({ isInternal }) => !isInternal)
    for (const topic of wanted) {
      const configs = await client.admin.topicConfigs(topic.name, { signal })
      const own = configs.filter(({ isOwn }) => isOwn)
      if (options.json !== true) {
        await shell.write(describe(topic, own))
        continue
      }
      const { name, topicId, isInternal, partitions } = topic
      const settings = Object.fromEntries(own.map((config) => [config.name, config.value]))
      await writeJson(shell, [{ name, topicId, isInternal, configs: settings, partitions }])
    }
  })
}

function describe({ name, topicId, partitions }: TopicState, own: readonly TopicConfig[]): string {
  const replicas = partitions[0]?.replicas.length ?? 0
  const head = `${name}\tid ${topicId}\tpartitions ${partitions.length}\treplicas ${replicas}\n`
  const settings = own.map((config) => `  ${config.name}=${config.value ?? ''}\n`)
  const rows = table(partitions, [
    { head: 'PARTITION', of: ({ partition }) => partition },
    { head: 'LEADER', of: ({ leaderId }) => (leaderId < 0 ? null : leaderId) },
    { head: 'EPOCH', of: ({ leaderEpoch }) => (leaderEpoch < 0 ? null : leaderEpoch) },
    { head: 'REPLICAS', of: (partition) => partition.replicas.join(',') },
    { head: 'IN-SYNC', of: ({ isr }) => isr.join(',') },
    { head: 'OFFLINE', of: ({ offline }) => offline.join(',') },
  ])
  return [head, ...settings, rows, '\n'].join('')
}
