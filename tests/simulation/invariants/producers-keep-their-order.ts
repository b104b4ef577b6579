import type { History } from '../history.ts'
import type { Outcome } from '../outcome.ts'
import type { Invariant } from './invariant.ts'

/** Records of one producer are in each partition in the order in which it sent them. */
export class ProducersKeepTheirOrder implements Invariant {
  appliesTo(): boolean {
    return true
  }

  *breaches(_history: History, { logs }: Outcome): Generator<string> {
    for (const [name, log] of logs) {
      const last = new Map<string, number>()
      for (const { offset, value } of log) {
        const [producer = '', number = ''] = value.split(':')
        const before = last.get(producer) ?? -1
        if (Number(number) < before) yield `${name}@${offset} has ${value} after number ${before}`
        last.set(producer, Math.max(before, Number(number)))
      }
    }
  }
}
