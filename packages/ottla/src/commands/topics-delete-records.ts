import { deleteRecords } from '@ottla/client/admin/delete-records'
import { listOffsets } from '@ottla/client/admin/offsets'
import type { TopicPartition } from '@ottla/client'
import { explainKafkaError } from '../explain-kafka-error.ts'
import { parseTopicSelection, selectedPartitions } from '../input/topic-partitions.ts'
import { type OutputOptions, writeRows } from '../output/write-rows.ts'
import type { Shell } from '../shell/shell.ts'
import { parseTime, timeForms } from '../shell/wall-time.ts'
import { UserError } from '../user-error.ts'
import { type AdminClient, type ClientCommandOptions, withAdmin } from './with-admin.ts'

export interface TopicsDeleteRecordsOptions extends ClientCommandOptions, OutputOptions {
  readonly before?: number
  readonly beforeTime?: string
  readonly all?: boolean
}

/** All that there is: what the high watermark is on the wire. */
const HIGH_WATERMARK = -1

/** `ottla topics delete-records TOPIC[:PARTITIONS]…` */
export async function topicsDeleteRecords(
  shell: Shell,
  names: readonly string[],
  options: TopicsDeleteRecordsOptions,
): Promise<void> {
  const selections = names.map(parseTopicSelection)
  const { before, beforeTime, all = false } = options
  if ([before !== undefined, beforeTime !== undefined, all].filter(Boolean).length !== 1) {
    throw new UserError('which records? give one of --before OFFSET, --before-time TIME, --all')
  }
  const time = beforeTime === undefined ? null : parseTime(beforeTime)
  if (beforeTime !== undefined && time === null) {
    throw new UserError(`--before-time ${beforeTime}: ${timeForms}`)
  }
  await withAdmin(shell, options, async (client) => {
    const partitions = await selectedPartitions(client, selections, shell.stop)
    const limits =
      time === null
        ? partitions.map((at) => ({ ...at, offset: before ?? HIGH_WATERMARK }))
        : await offsetsAt(client, partitions, time, shell.stop)
    const deleted = await deleteRecords(client.cluster, limits, { signal: shell.stop })
    const rows = deleted.map(({ error, lowWatermark, ...at }) => {
      if (error === null) return { ...at, firstOffset: lowWatermark, error: null }
      shell.tell(
        `ottla: records of ${at.topic}-${at.partition} are not deleted: ${explainKafkaError(error)}`,
      )
      shell.exitCode = 1
      return { ...at, firstOffset: null, error: { code: error.code, message: error.message } }
    })
    await writeRows(shell, options, rows, [
      { head: 'TOPIC', of: ({ topic }) => topic },
      { head: 'PARTITION', of: ({ partition }) => partition },
      { head: 'FIRST-OFFSET', of: ({ firstOffset }) => firstOffset },
    ])
  })
}

/** Of the first record of a time or later; where there is none, all are older. */
async function offsetsAt(
  client: AdminClient,
  partitions: readonly TopicPartition[],
  timestamp: number,
  signal: AbortSignal,
): Promise<readonly (TopicPartition & { readonly offset: number })[]> {
  const found = await listOffsets(client.cluster, partitions, { timestamp }, { signal })
  return found.map(({ topic, partition, offset, error }) => {
    if (error !== null) throw error
    return { topic, partition, offset: offset < 0 ? HIGH_WATERMARK : offset }
  })
}
