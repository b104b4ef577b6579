import type { History } from '../history.ts'
import type { Outcome } from '../outcome.ts'
import { keepsAcknowledged, type Promises } from '../promises.ts'
import type { Invariant } from './invariant.ts'

/** No consumer gets a record that is not in the log for good: nobody acts on what never was. */
export class WhatWasReadStays implements Invariant {
  appliesTo(promises: Promises): boolean {
    return keepsAcknowledged(promises)
  }

  *breaches(history: History, { logs }: Outcome): Generator<string> {
    for (const { member, topic, partition, offset, value } of history.delivered) {
      const found = logs.get(`${topic}-${partition}`)?.[offset]
      if (found?.value !== value) {
        yield `${member} read ${value} at ${topic}-${partition}@${offset}; there is ${found?.value}`
      }
    }
  }
}
