import { errorName, KafkaError, NO_ERROR } from '@ottla/protocol'
import type { TopicPartition } from '../consumer/consumer-record.ts'

/** How one partition of a call fared. */
export interface PartitionOutcome extends TopicPartition {
  readonly error: KafkaError | null
}

/** What a broker says of one thing of several: null when all is well. */
export function errorOf(code: number, message?: string | null): KafkaError | null {
  return code === NO_ERROR ? null : new KafkaError(errorName(code), message ?? undefined)
}

/**
 * Where one of several is an error that passes by itself, the whole is asked again.
 * @throws {KafkaError} The first that is retriable.
 */
export function retryIfAny(errors: Iterable<KafkaError | null>): void {
  for (const error of errors) {
    if (error?.retriable === true) throw error
  }
}

/** The controller moved: the call is to be made again, elsewhere. */
export function retryWhenNotController(errorCodes: Iterable<number>): void {
  for (const code of errorCodes) {
    const error = errorOf(code)
    if (error?.code === 'NOT_CONTROLLER') throw error
  }
}

/** Entries of topics and partitions as most requests have them: by topic, in the order of their first. */
export function byTopic<T extends { readonly topic: string }>(
  entries: Iterable<T>,
): readonly { readonly topic: string; readonly entries: readonly T[] }[] {
  const topics = new Map<string, T[]>()
  for (const entry of entries) {
    const of = topics.get(entry.topic)
    if (of === undefined) topics.set(entry.topic, [entry])
    else of.push(entry)
  }
  return [...topics].map(([topic, of]) => ({ topic, entries: of }))
}

export function byPartition(one: TopicPartition, other: TopicPartition): number {
  if (one.topic !== other.topic) return one.topic < other.topic ? -1 : 1
  return one.partition - other.partition
}
