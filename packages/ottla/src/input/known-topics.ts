import type { AdminClient } from '../commands/with-admin.ts'
import type { TopicState } from '@ottla/client'
import { KafkaError } from '@ottla/protocol'
import { unknownTopic } from './unknown-name.ts'

/**
 * Topics by name, in that order.
 * @throws {UserError} for the first that does not exist, with the one that was perhaps meant.
 */
export async function knownTopics(
  client: AdminClient,
  names: readonly string[],
  signal: AbortSignal,
): Promise<readonly TopicState[]> {
  try {
    return await client.admin.describeTopics(names, { signal })
  } catch (error) {
    if (!(error instanceof KafkaError) || error.code !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error
    const all = new Set((await client.admin.listTopics({ signal })).map(({ name }) => name))
    const missing = names.find((name) => !all.has(name))
    throw missing === undefined ? error : await unknownTopic(missing, all)
  }
}
