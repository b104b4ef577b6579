import type { AdminClient } from '../commands/with-admin.ts'
import type { TopicPartition } from '@ottla/client'
import { UserError } from '../user-error.ts'
import { unknownTopic } from './unknown-name.ts'

/** A topic, or some of its partitions, as a person names them. */
export interface TopicSelection {
  readonly topic: string
  /** null: all. */
  readonly partitions: readonly number[] | null
}

/**
 * Reads `letters` or `letters:0,2`.
 * @throws {UserError} for anything else.
 */
export function parseTopicSelection(text: string): TopicSelection {
  const match = /^([^:]+)(?::(\d{1,9}(?:,\d{1,9})*))?$/.exec(text)
  if (match === null) {
    throw new UserError(`${text}: name a topic, or partitions of it, as in letters:0,2`)
  }
  const [, topic = '', list] = match
  const partitions = list === undefined ? null : [...new Set(list.split(',').map(Number))]
  return { topic, partitions }
}

/**
 * The partitions that are meant, each once, by topic and number.
 * @throws {UserError} for a topic or partition that does not exist.
 */
export async function selectedPartitions(
  client: AdminClient,
  selections: readonly TopicSelection[],
  signal: AbortSignal,
): Promise<readonly TopicPartition[]> {
  const all = new Map(
    (await client.admin.listTopics({ signal })).map((topic) => [
      topic.name,
      topic.partitions.length,
    ]),
  )
  const selected = new Map<string, TopicPartition>()
  for (const { topic, partitions } of selections) {
    const count = all.get(topic)
    if (count === undefined) throw await unknownTopic(topic, all.keys())
    for (const partition of partitions ?? Array.from({ length: count }, (_, index) => index)) {
      if (partition >= count) {
        throw new UserError(`${topic} has no partition ${partition}; it has 0 to ${count - 1}`)
      }
      selected.set(`${topic}-${partition}`, { topic, partition })
    }
  }
  return [...selected.values()]
}
