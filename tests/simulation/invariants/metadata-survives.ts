import type { History } from '../history.ts'
import type { Outcome } from '../outcome.ts'
import type { Invariant } from './invariant.ts'

/**
 * A topic whose creation was answered is there as it was made, one whose deletion was answered is
 * not: after a power cut too, since the metadata log is always synced.
 */
export class MetadataSurvives implements Invariant {
  appliesTo(): boolean {
    return true
  }

  *breaches(history: History, { topics }: Outcome): Generator<string> {
    for (const [name, made] of history.topics) {
      const found = topics.get(name)
      if (found === undefined) yield `topic ${name} is gone`
      else if (found.partitions !== made.partitions || found.retentionMs !== made.retentionMs) {
        yield `topic ${name} is ${JSON.stringify(found)}, made as ${JSON.stringify(made)}`
      }
    }
    for (const name of history.deletedTopics) {
      if (topics.has(name)) yield `topic ${name} was deleted and is there`
    }
  }
}
