import type { Client } from '@ottla/client'
import type { BytesForm } from '../input/bytes-form.ts'
import { knownTopics } from '../input/known-topics.ts'
import type { Shell } from '../shell/shell.ts'
import { UserError } from '../user-error.ts'
import { type ConsumeRange, consumeRange, type ConsumeRangeOptions } from './consume-range.ts'
import { groupSource, partitionSource, type Source } from './consume-source.ts'
import { formatter } from './record-format.ts'
import type { ClientCommandOptions } from './with-admin.ts'
import { withClient } from './with-client.ts'

export interface ConsumeOptions extends ClientCommandOptions, ConsumeRangeOptions {
  readonly max?: number
  readonly partition?: number
  readonly format?: string
  readonly keySeparator?: string
  readonly bytes: BytesForm
}

/** `ottla consume TOPIC`: records to the output, until it is told to stop. */
export async function consume(shell: Shell, topic: string, options: ConsumeOptions): Promise<void> {
  const format = formatter(options.format, options.keySeparator, options.bytes)
  const max = options.max ?? Infinity
  await withClient(shell, options, async (client) => {
    const { clock } = client.cluster.options.runtime
    const range = consumeRange(options, clock.now())
    const deadline = clock.monotonic() + range.forMs
    const source = await open(client, topic, options, range, shell.stop)
    let written = 0
    try {
      while (written < max && !source.isAtEnd()) {
        const timeoutMs = deadline - clock.monotonic()
        if (timeoutMs <= 0) break
        const recordsMax = max - written
        const records = await source.poll({ signal: shell.stop, recordsMax, timeoutMs })
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
  range: ConsumeRange,
  signal: AbortSignal,
): Promise<Source> {
  const [state] = await knownTopics(client, [topic], signal)
  if (options.group !== undefined) return groupSource(client, topic, range, options.group)
  const all = state?.partitions ?? []
  const partitions = all
    .map(({ partition }) => partition)
    .filter((partition) => options.partition === undefined || partition === options.partition)
  if (partitions.length === 0) {
    const last = all.length - 1
    throw new UserError(`${topic} has no partition ${options.partition}; it has 0 to ${last}`)
  }
  return partitionSource(client, topic, partitions, range)
}
