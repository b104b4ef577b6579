import type { History } from '../history.ts'
import type { Outcome } from '../outcome.ts'
import type { Invariant } from './invariant.ts'

/** Where nothing is compacted or deleted, a log has every offset from 0 to its end, once. */
export class OffsetsAreContiguous implements Invariant {
  appliesTo(): boolean {
    return true
  }

  *breaches(_history: History, { logs }: Outcome): Generator<string> {
    for (const [name, log] of logs) {
      for (const [index, { offset }] of log.entries()) {
        if (offset === index) continue
        yield `${name} has offset ${offset} where ${index} belongs`
        break
      }
    }
  }
}
