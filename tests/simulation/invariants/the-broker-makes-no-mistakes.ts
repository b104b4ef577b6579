import type { History } from '../history.ts'
import type { Outcome } from '../outcome.ts'
import type { Invariant } from './invariant.ts'

/** No request fails for a reason of the broker's own, and nothing stops it but the world. */
export class TheBrokerMakesNoMistakes implements Invariant {
  appliesTo(): boolean {
    return true
  }

  *breaches(history: History, { bugs }: Outcome): Generator<string> {
    for (const bug of bugs) yield bug
    for (const error of history.brokerFailures) yield `the broker stopped: ${error.stack}`
  }
}
