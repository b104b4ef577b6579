import type { ProducerOptions } from '@ottla/client'
import type { Shell } from '../shell/shell.ts'
import { UserError } from '../user-error.ts'
import { type ClientCommandOptions, withClient } from './with-client.ts'

export interface ProduceOptions extends ClientCommandOptions {
  readonly keySeparator?: string
  readonly partition?: number
  readonly compression: NonNullable<ProducerOptions['compression']>
  readonly acks: 'all' | 'leader' | 'none'
}

/** `ottla produce TOPIC`: each line of the input is a record. */
export async function produce(shell: Shell, topic: string, options: ProduceOptions): Promise<void> {
  const { keySeparator, partition, compression, acks } = options
  await withClient(shell, options, async (client) => {
    if (shell.isInteractive) shell.tell('Each line is a record; Ctrl-D ends.')
    await using producer = client.producer({ compression, acks })
    let sent = 0
    let failure: Error | null = null
    let lineNumber = 0
    for await (const line of shell.lines()) {
      lineNumber += 1
      const { key, value } = split(line, keySeparator, lineNumber)
      await producer.drained()
      if (failure !== null) break
      const record = { topic, key, value, ...(partition !== undefined && { partition }) }
      // Not awaited one by one: `flush` waits for all, and the first failure is kept.
      producer.send(record).then(
        () => (sent += 1),
        (error: Error) => (failure ??= error),
      )
    }
    await producer.flush()
    if (failure !== null) throw failure
    shell.tell(`${sent} ${sent === 1 ? 'record' : 'records'} to ${topic}`)
  })
}

function split(
  line: Buffer,
  separator: string | undefined,
  lineNumber: number,
): { key: Buffer | null; value: Buffer } {
  if (separator === undefined) return { key: null, value: line }
  const at = line.indexOf(separator)
  if (at < 0) {
    throw new UserError(
      `line ${lineNumber} has no key: there is no ${JSON.stringify(separator)} in it`,
    )
  }
  return { key: line.subarray(0, at), value: line.subarray(at + Buffer.byteLength(separator)) }
}
