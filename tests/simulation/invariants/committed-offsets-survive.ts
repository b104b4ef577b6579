import type { History } from '../history.ts'
import type { Outcome } from '../outcome.ts'
import { keepsAcknowledged, type Promises } from '../promises.ts'
import type { Invariant } from './invariant.ts'

/** A group goes on no earlier than where it was told that it had committed. */
export class CommittedOffsetsSurvive implements Invariant {
  appliesTo(promises: Promises): boolean {
    return keepsAcknowledged(promises)
  }

  *breaches(history: History, { committed, logs }: Outcome): Generator<string> {
    for (const [group, offsets] of history.committed) {
      for (const [partition, offset] of offsets) {
        const found = committed.get(group)?.get(partition) ?? -1
        const end = logs.get(partition)?.length ?? 0
        if (found < offset) yield `${group} had committed ${partition}@${offset}; there is ${found}`
        if (found > end) yield `${group} has committed ${partition}@${found}, which ends at ${end}`
      }
    }
  }
}
