import type { History } from '../history.ts'
import type { Outcome } from '../outcome.ts'
import { keepsAcknowledged, type Promises } from '../promises.ts'
import type { Invariant } from './invariant.ts'

/** A producer with time enough gets every record stored, whatever happens to the broker meanwhile. */
export class EverySendIsAnswered implements Invariant {
  appliesTo(promises: Promises): boolean {
    return keepsAcknowledged(promises)
  }

  *breaches(history: History, _outcome: Outcome): Generator<string> {
    for (const { record, error } of history.failed) yield `${record.value} failed: ${error.stack}`
  }
}
