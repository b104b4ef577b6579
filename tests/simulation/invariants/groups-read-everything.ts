import type { History } from '../history.ts'
import type { Outcome } from '../outcome.ts'
import { keepsAcknowledged, type Promises } from '../promises.ts'
import type { Invariant } from './invariant.ts'

/** Whoever of its members comes and goes, a group gets every record at least once. */
export class GroupsReadEverything implements Invariant {
  appliesTo(promises: Promises): boolean {
    return keepsAcknowledged(promises)
  }

  *breaches(history: History, { logs }: Outcome): Generator<string> {
    const read = new Set<string>()
    for (const { topic, partition, offset } of history.delivered) {
      read.add(`${topic}-${partition}@${offset}`)
    }
    for (const [name, log] of logs) {
      const missed = log.filter(({ offset }) => !read.has(`${name}@${offset}`))
      if (missed.length === 0) continue
      yield `${missed.length} records of ${name} were never read, the first at ${missed[0]?.offset}`
    }
  }
}
