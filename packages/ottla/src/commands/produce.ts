import type { OutgoingRecord, ProducerOptions } from '@ottla/client'
import { nameAndValue } from '../input/name-value.ts'
import { type RecordLineOptions, type RecordOfLine, recordReader } from '../input/record-line.ts'
import type { Shell } from '../shell/shell.ts'
import { parseTime, timeForms } from '../shell/wall-time.ts'
import { UserError } from '../user-error.ts'
import type { ClientCommandOptions } from './with-admin.ts'
import { withClient } from './with-client.ts'

export interface ProduceOptions extends ClientCommandOptions, RecordLineOptions {
  readonly partition?: number
  readonly compression: NonNullable<ProducerOptions['compression']>
  readonly acks: 'all' | 'leader' | 'none'
  readonly header: readonly string[]
  readonly timestamp?: string
}

/** `ottla produce TOPIC`: each line of the input is a record. */
export async function produce(shell: Shell, topic: string, options: ProduceOptions): Promise<void> {
  const { compression, acks } = options
  const read = recordReader(options)
  const complete = completion(topic, options)
  await withClient(shell, options, async (client) => {
    if (shell.isInteractive) shell.tell('Each line is a record; Ctrl-D ends.')
    await using producer = client.producer({ compression, acks })
    let sent = 0
    let failure: Error | null = null
    let lineNumber = 0
    for await (const line of shell.lines()) {
      lineNumber += 1
      const record = complete(read(line, lineNumber))
      await producer.drained()
      if (failure !== null) break
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

/** What the options say of every record: a partition or time of theirs comes before the line's. */
function completion(
  topic: string,
  { partition, header, timestamp }: ProduceOptions,
): (record: RecordOfLine) => OutgoingRecord {
  const headers = header.map((text) => {
    const [key, value] = nameAndValue('--header', text, 'source=archive')
    return { key, value: Buffer.from(value) }
  })
  const time = timestamp === undefined ? null : parseTime(timestamp)
  if (timestamp !== undefined && time === null) {
    throw new UserError(`--timestamp ${timestamp}: ${timeForms}`)
  }
  return (record) => ({
    topic,
    ...record,
    headers: [...(record.headers ?? []), ...headers],
    ...(partition !== undefined && { partition }),
    ...(time !== null && { timestamp: time }),
  })
}
