import { describeLogDirs, type LogDir } from '@ottla/client/admin/log-dirs'
import { explainKafkaError } from '../explain-kafka-error.ts'
import { knownBrokers } from '../input/known-brokers.ts'
import { parseTopicSelection, selectedPartitions } from '../input/topic-partitions.ts'
import { table } from '../output/table.ts'
import { type OutputOptions, writeJson } from '../output/write-rows.ts'
import type { Shell } from '../shell/shell.ts'
import { type ClientCommandOptions, withAdmin } from './with-admin.ts'

export interface LogdirsDescribeOptions extends ClientCommandOptions, OutputOptions {
  readonly broker: readonly string[]
  readonly replicas?: boolean
}

/** `ottla logdirs describe [TOPIC[:PARTITIONS]…]` */
export async function logdirsDescribe(
  shell: Shell,
  names: readonly string[],
  options: LogdirsDescribeOptions,
): Promise<void> {
  const selections = names.map(parseTopicSelection)
  const { signal } = { signal: shell.stop }
  await withAdmin(shell, options, async (client) => {
    const brokers = knownBrokers(client, options.broker)
    const partitions =
      selections.length === 0 ? null : await selectedPartitions(client, selections, signal)
    const dirs = await describeLogDirs(client.cluster, brokers, partitions, { signal })
    for (const { brokerId, path, error } of dirs) {
      if (error === null) continue
      shell.tell(`ottla: ${path} of broker ${brokerId}: ${explainKafkaError(error)}`)
      shell.exitCode = 1
    }
    if (options.json === true) {
      const rows = dirs.map(({ error, ...dir }) => ({
        ...dir,
        error: error === null ? null : { code: error.code, message: error.message },
      }))
      await writeJson(shell, rows)
      return
    }
    const isDetailed = options.replicas === true || names.length > 0
    await shell.write(isDetailed ? replicaTable(dirs) : dirTable(dirs))
  })
}

function dirTable(dirs: readonly LogDir[]): string {
  return table(dirs, [
    { head: 'BROKER', of: ({ brokerId }) => brokerId },
    { head: 'DIRECTORY', of: ({ path }) => path },
    { head: 'STATE', of: ({ error }) => (error === null ? 'online' : 'offline') },
    { head: 'REPLICAS', of: ({ replicas }) => replicas.length },
    {
      head: 'BYTES',
      of: ({ replicas }) => replicas.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    },
    { head: 'USABLE', of: ({ usableBytes }) => usableBytes },
    { head: 'TOTAL', of: ({ totalBytes }) => totalBytes },
  ])
}

function replicaTable(dirs: readonly LogDir[]): string {
  const rows = dirs.flatMap(({ brokerId, path, replicas }) =>
    replicas.map((replica) => ({ brokerId, path, ...replica })),
  )
  return table(rows, [
    { head: 'TOPIC', of: ({ topic }) => topic },
    { head: 'PARTITION', of: ({ partition }) => partition },
    { head: 'BROKER', of: ({ brokerId }) => brokerId },
    { head: 'DIRECTORY', of: ({ path }) => path },
    { head: 'BYTES', of: ({ sizeBytes }) => sizeBytes },
    { head: 'LAG', of: ({ offsetLag }) => offsetLag },
    { head: 'KIND', of: ({ isFuture }) => (isFuture ? 'moving-here' : 'current') },
  ])
}
