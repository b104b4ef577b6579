import type { History } from '../history.ts'
import type { Outcome } from '../outcome.ts'
import type { Invariant } from './invariant.ts'

/** However often an idempotent producer had to try, each record is in the log at most once (KIP-98). */
export class NoDuplicatesFromIdempotentProducers implements Invariant {
  appliesTo(): boolean {
    return true
  }

  *breaches(_history: History, { logs }: Outcome): Generator<string> {
    for (const [name, log] of logs) {
      const first = new Map<string, number>()
      for (const { offset, value } of log) {
        const before = first.get(value)
        if (before === undefined) first.set(value, offset)
        else yield `${name} has ${value} at ${before} and again at ${offset}`
      }
    }
  }
}
