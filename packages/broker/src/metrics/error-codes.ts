import type { ApiMetrics } from './request-metrics.ts'

/**
 * Counts every error code in an answer: its own, and those of its topics, partitions, groups …
 * An answer without any field for errors counts as one without error, as in Kafka.
 */
export function countErrors(answer: unknown, into: ApiMetrics): void {
  if (!countIn(answer as Answer, into)) into.countError(0)
}

type Answer = Readonly<Record<string, unknown>>

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
