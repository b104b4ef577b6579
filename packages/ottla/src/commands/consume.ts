import type { Client, ConsumerRecord, GroupConsumer, StartingPoint } from '@ottla/client'
import { offsetOf } from '@ottla/client'
import { knownTopics } from '../input/known-topics.ts'
import type { Shell } from '../shell/shell.ts'
import { UserError } from '../user-error.ts'
import { formatter } from './record-format.ts'
import { type ClientCommandOptions, withClient } from './with-client.ts'

export interface ConsumeOptions extends ClientCommandOptions {
  readonly fromBeginning?: boolean
  readonly max?: number
  readonly group?: string
  readonly partition?: number
  readonly exitAtEnd?: boolean
  readonly format?: string
  readonly keySeparator?: string
}

/** Where records come from: some partitions, or what a group hands out. */
interface Source {
  poll(signal: AbortSignal, recordsMax: number): Promise<readonly ConsumerRecord[]>
  /** The records of the last poll have been written. */
  done(): Promise<void>
  isAtEnd(): boolean
  close(): Promise<void>
}

/** `ottla consume TOPIC`: records to the output, until it is told to stop. */
export async function consume(shell: Shell, topic: string, options: ConsumeOptions): Promise<void> {
  const format = formatter(options.format, options.keySeparator)
  const max = options.max ?? Infinity
  await withClient(shell, options, async (client) => {
    const source = await open(client, topic, options, shell.stop)
    let written = 0
    try {
      while (written < max && !source.isAtEnd()) {
        const records = await source.poll(shell.stop, max - written)
        if (records.length === 0) continue
        await shell.write(Buffer.concat(records.map(format)))
        written += records.length
        await source.done()
      }
    } catch (error) {
      if (!shell.stop.aborted) throw error
    } finally {
      await source.close()
    }
  })
}

async function open(
  client: Client,
  topic: string,
  options: ConsumeOptions,
  signal: AbortSignal,
): Promise<Source> {
  const [state] = await knownTopics(client, [topic], signal)
  if (options.group !== undefined) return groupSource(client, topic, options, options.group)
  const all = state?.partitions ?? []
  const partitions = all
    .map(({ partition }) => partition)
    .filter((partition) => options.partition === undefined || partition === options.partition)
  if (partitions.length === 0) {
    const last = all.length - 1
    throw new UserError(`${topic} has no partition ${options.partition}; it has 0 to ${last}`)
  }
  return partitionSource(client, topic, partitions, options)
}

async function partitionSource(
  client: Client,
  topic: string,
  partitions: readonly number[],
  { fromBeginning = false, exitAtEnd = false }: ConsumeOptions,
): Promise<Source> {
  const start: StartingPoint = fromBeginning ? 'earliest' : 'latest'
  const ends = await Promise.all(
    partitions.map(async (partition) => {
      const end = exitAtEnd
        ? await offsetOf(client.cluster, { topic, partition }, 'latest')
        : Infinity
      return { topic, partition, end }
    }),
  )
  const consumer = client.consumer({ offsetReset: fromBeginning ? 'earliest' : 'latest' })
  consumer.assign(partitions.map((partition) => ({ topic, partition, start })))
  return {
    // An end that is reached without records shows in the positions only.
    poll: (signal, recordsMax) =>
      consumer.poll({ signal, recordsMax, ...(exitAtEnd && { timeoutMs: 100 }) }),
    done: () => Promise.resolve(),
    isAtEnd: () => ends.every(({ end, ...of }) => (consumer.position(of) ?? -1) >= end),
    close() {
      consumer.close()
      return Promise.resolve()
    },
  }
}

function groupSource(
  client: Client,
  topic: string,
  { fromBeginning = false, exitAtEnd = false }: ConsumeOptions,
  groupId: string,
): Source {
  const consumer = client.groupConsumer({
    groupId,
    topics: [topic],
    offsetReset: fromBeginning ? 'earliest' : 'latest',
    autoCommitIntervalMs: null,
  })
  let isAtEnd = false
  return {
    async poll(signal, recordsMax) {
      const timeout = exitAtEnd ? { timeoutMs: 1_000 } : {}
      const records = await consumer.poll({ signal, recordsMax, ...timeout })
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
