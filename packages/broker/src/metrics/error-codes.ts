import type { ApiMetrics } from './request-metrics.ts'

/**
 * Counts every error code in an answer: its own, and those of its topics, partitions, groups …
 * An answer without any field for errors counts as one without error, as in Kafka.
 */
export function countErrors(answer: unknown, into: ApiMetrics): void {
  const { responses } = answer as Answer
  if (responses !== undefined && isOfTopics(responses)) countPartitions(answer as Answer, into)
  else if (!countIn(answer as Answer, into)) into.countError(NO_ERROR)
}

const NO_ERROR = 0

type Answer = Readonly<Record<string, unknown>>

interface TopicOfPartitions {
  readonly partitionResponses?: readonly { readonly errorCode?: number }[]
  readonly partitions?: readonly { readonly errorCode?: number }[]
}

/** Produce's and Fetch's: they are most of a broker's work, and going through their fields is slow. */
function isOfTopics(responses: unknown): responses is readonly TopicOfPartitions[] {
  if (!Array.isArray(responses) || responses.length === 0) return false
  const { partitionResponses, partitions } = responses[0] as TopicOfPartitions
  return partitionResponses !== undefined || partitions !== undefined
}

function countPartitions(answer: Answer, into: ApiMetrics): void {
  const { errorCode } = answer
  if (errorCode !== undefined) into.countError(errorCode as number)
  for (const topic of answer['responses'] as readonly TopicOfPartitions[]) {
    for (const partition of topic.partitionResponses ?? topic.partitions ?? []) {
      into.countError(partition.errorCode ?? NO_ERROR)
    }
  }
}

/** @returns Whether there was a field for errors. */
function countIn(part: Answer, into: ApiMetrics): boolean {
  let hasField = false
  for (const name in part) {
    const value = part[name]
    if (name === 'errorCode') {
      into.countError(value as number)
      hasField = true
    } else if (Array.isArray(value) && isParts(value)) {
      for (const each of value) hasField = countIn(each, into) || hasField
    }
  }
  return hasField
}

/** Whether an array has structures, not numbers, texts or bytes: none of these has errors in it. */
function isParts(array: readonly unknown[]): array is readonly Answer[] {
  const first = array[0]
  return typeof first === 'object' && first !== null && !Buffer.isBuffer(first)
}
