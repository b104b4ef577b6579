import type { Client, ConsumerRecord, GroupConsumer, StartingPoint } from '@ottla/client'
import { offsetOf } from '@ottla/client'
import type { ConsumeRange } from './consume-range.ts'

/** Where records come from: some partitions, or what a group hands out. */
export interface Source {
  poll(options: {
    readonly signal: AbortSignal
    readonly recordsMax: number
    readonly timeoutMs: number
  }): Promise<readonly ConsumerRecord[]>
  /** The records of the last poll have been written. */
  done(): Promise<void>
  isAtEnd(): boolean
  close(): Promise<void>
}

/** Positions without records, as behind a transaction's marker, show only between polls. */
const END_CHECK_MS = 100

export async function partitionSource(
  client: Client,
  topic: string,
  partitions: readonly number[],
  { start, untilTime, exitAtEnd, isolationLevel }: ConsumeRange,
): Promise<Source> {
  const at = (partition: number, point: StartingPoint): Promise<number> =>
    offsetOf(client.cluster, { topic, partition }, point, { isolationLevel })
  const ranges = await Promise.all(
    partitions.map(async (partition) => {
      const range = { topic, partition, start: await startOf(start, partition, at) }
      if (untilTime !== null)
        return { ...range, end: await at(partition, { timestamp: untilTime }) }
      return { ...range, end: exitAtEnd ? await at(partition, 'latest') : Infinity }
    }),
  )
  const isEndless = ranges.every(({ end }) => end === Infinity)
  const ends = new Map(ranges.map(({ partition, end }) => [partition, end]))
  const consumer = client.consumer({
    isolationLevel,
    offsetReset: start === 'latest' ? 'latest' : 'earliest',
  })
  consumer.assign(ranges)
  return {
    async poll({ timeoutMs, ...options }) {
      const within = isEndless ? timeoutMs : Math.min(timeoutMs, END_CHECK_MS)
      const records = await consumer.poll({
        ...options,
        ...(within < Infinity && { timeoutMs: within }),
      })
      return isEndless
        ? records
        : records.filter(({ partition, offset }) => offset < (ends.get(partition) ?? Infinity))
    },
    done: () => Promise.resolve(),
    isAtEnd: () =>
      ranges.every(({ end, start: from, ...of }) => (consumer.position(of) ?? from) >= end),
    close() {
      consumer.close()
      return Promise.resolve()
    },
  }
}

/**
 * An offset that the log does not have becomes its nearest end.
 * @param at Finds the offset of a point in a partition.
 */
async function startOf(
  start: ConsumeRange['start'],
  partition: number,
  at: (partition: number, point: StartingPoint) => Promise<number>,
): Promise<number> {
  if (typeof start !== 'number') return at(partition, start)
  const [first, end] = await Promise.all([at(partition, 'earliest'), at(partition, 'latest')])
  return Math.min(end, Math.max(first, start < 0 ? end + start : start))
}

export function groupSource(
  client: Client,
  topic: string,
  { start, exitAtEnd, isolationLevel }: ConsumeRange,
  groupId: string,
): Source {
  const consumer = client.groupConsumer({
    groupId,
    topics: [topic],
    isolationLevel,
    offsetReset: start === 'earliest' ? 'earliest' : 'latest',
    autoCommitIntervalMs: null,
  })
  let isAtEnd = false
  return {
    async poll({ timeoutMs, ...options }) {
      const within = exitAtEnd ? Math.min(timeoutMs, 1_000) : timeoutMs
      const timeout = within < Infinity ? { timeoutMs: within } : {}
      const records = await consumer.poll({ ...options, ...timeout })
      if (exitAtEnd && records.length === 0) isAtEnd = await hasReadAll(client, consumer)
      return records
    },
    done: () => consumer.commit(),
    isAtEnd: () => isAtEnd,
    close: () => consumer.close(),
  }
}

/** Whether a member is at the end of every partition that it has. */
async function hasReadAll(client: Client, consumer: GroupConsumer): Promise<boolean> {
  const positions = consumer.positions()
  if (positions.length < consumer.assignment.length) return false
  const ends = await Promise.all(
    positions.map(async (at) => at.offset >= (await offsetOf(client.cluster, at, 'latest'))),
  )
  return ends.every((isEnd) => isEnd)
}
