import type { IsolationLevel } from '@ottla/client'
import { listOffsets, type OffsetQuestion } from '@ottla/client/admin/offsets'
import { explainKafkaError } from '../explain-kafka-error.ts'
import { parseTopicSelection, selectedPartitions } from '../input/topic-partitions.ts'
import { type OutputOptions, writeRows } from '../output/write-rows.ts'
import type { Shell } from '../shell/shell.ts'
import { formatTime, parseTime } from '../shell/wall-time.ts'
import { UserError } from '../user-error.ts'
import { type ClientCommandOptions, withAdmin } from './with-admin.ts'

export interface OffsetsGetOptions extends ClientCommandOptions, OutputOptions {
  readonly at: string
  readonly isolation: 'uncommitted' | 'committed'
}

const questions = [
  'earliest',
  'latest',
  'max-timestamp',
  'earliest-local',
  'latest-tiered',
] as const

/** `ottla offsets get [TOPIC[:PARTITIONS]…]` */
export async function offsetsGet(
  shell: Shell,
  names: readonly string[],
  options: OffsetsGetOptions,
): Promise<void> {
  const question = questionOf(options.at)
  const isolationLevel: IsolationLevel = `read_${options.isolation}`
  await withAdmin(shell, options, async (client) => {
    const { signal } = { signal: shell.stop }
    const selections =
      names.length > 0
        ? names.map(parseTopicSelection)
        : (await client.admin.listTopics({ signal }))
            .filter(({ isInternal }) => !isInternal)
            .map(({ name }) => ({ topic: name, partitions: null }))
    const partitions = await selectedPartitions(client, selections, signal)
    const found = await listOffsets(client.cluster, partitions, question, {
      signal,
      isolationLevel,
    })
    const rows = found.map(({ topic, partition, offset, timestamp, leaderEpoch, error }) => {
      if (error !== null) {
        shell.tell(`ottla: ${topic}-${partition}: ${explainKafkaError(error)}`)
        shell.exitCode = 1
      }
      const isThere = error === null && offset >= 0
      return {
        topic,
        partition,
        offset: isThere ? offset : null,
        timestamp: isThere && timestamp >= 0 ? timestamp : null,
        leaderEpoch: isThere && leaderEpoch >= 0 ? leaderEpoch : null,
      }
    })
    await writeRows(shell, options, rows, [
      { head: 'TOPIC', of: ({ topic }) => topic },
      { head: 'PARTITION', of: ({ partition }) => partition },
      { head: 'OFFSET', of: ({ offset }) => offset },
      { head: 'EPOCH', of: ({ leaderEpoch }) => leaderEpoch },
      { head: 'TIME', of: ({ timestamp }) => formatTime(timestamp ?? -1) },
    ])
  })
}

function questionOf(text: string): OffsetQuestion {
  const found = questions.find((question) => question === text)
  if (found !== undefined) return found
  const timestamp = parseTime(text)
  if (timestamp !== null) return { timestamp }
  throw new UserError(
    `--at ${text}: give ${questions.join(', ')}, or a time, as in 2026-08-01T12:00:00Z`,
  )
}
