import type { History } from '../history.ts'
import type { Outcome } from '../outcome.ts'
import type { Promises } from '../promises.ts'

/** What must hold of every world. */
export interface Invariant {
  /** Whether a world with these promises must keep it. */
  appliesTo(promises: Promises): boolean
  /** @returns A sentence for each breach; none when it holds. */
  breaches(history: History, outcome: Outcome): Iterable<string>
}
