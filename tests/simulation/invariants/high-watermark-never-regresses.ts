import type { History } from '../history.ts'
import type { Outcome } from '../outcome.ts'
import { keepsAcknowledged, type Promises } from '../promises.ts'
import type { Invariant } from './invariant.ts'

/** What a consumer could once read it can read ever after: across restarts the end never moves back. */
export class HighWatermarkNeverRegresses implements Invariant {
  appliesTo(promises: Promises): boolean {
    return keepsAcknowledged(promises)
  }

  *breaches(history: History, { logs }: Outcome): Generator<string> {
    const highest = new Map<string, number>()
    for (const { topic, partition, offset, timeMs } of history.watermarks) {
      const name = `${topic}-${partition}`
      const before = highest.get(name) ?? 0
      if (offset < before) yield `${name} ended at ${offset} after ${before}, at ${timeMs} ms`
      highest.set(name, Math.max(before, offset))
    }
    for (const [name, before] of highest) {
      const end = logs.get(name)?.length ?? 0
      if (end < before) yield `${name} ends at ${end} after ${before}`
    }
  }
}
