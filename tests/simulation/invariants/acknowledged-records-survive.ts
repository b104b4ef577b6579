import type { History } from '../history.ts'
import type { Outcome } from '../outcome.ts'
import { keepsAcknowledged, type Promises } from '../promises.ts'
import type { Invariant } from './invariant.ts'

/** Every record that a producer was told is stored is there, at the offset that it was told. */
export class AcknowledgedRecordsSurvive implements Invariant {
  appliesTo(promises: Promises): boolean {
    return keepsAcknowledged(promises)
  }

  *breaches(history: History, { logs }: Outcome): Generator<string> {
    for (const { topic, partition, offset, value } of history.acknowledged) {
      const log = logs.get(`${topic}-${partition}`) ?? []
      // Offset -1: the broker knew the batch for a repeated one, and no longer where it is.
      const found = offset < 0 ? log.find((each) => each.value === value) : log[offset]
      if (found?.value !== value) {
        yield `${value} was acknowledged at ${topic}-${partition}@${offset}; there is ${found?.value}`
      }
    }
  }
}
