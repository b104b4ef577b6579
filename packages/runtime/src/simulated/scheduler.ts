import { assert } from '../assert.ts'
import { Trace } from './trace.ts'

/** Something that will happen at a virtual time. */
export interface SimulatedEvent {
  readonly at: number
  readonly sequence: number
  /** null once cancelled. */
  task: (() => void) | null
  /** What happens, for the trace; null keeps it out. */
  readonly what: string | null
}

/**
 * Virtual time: a queue of events, of which one after the other runs, at the same time in the order
 * in which they were asked for.
 *
 * Between two events everything that they set going in JavaScript itself runs to its end: promises
 * and microtasks are real. So time moves only when nothing else can. What waits for a real thread or
 * a real timer (asynchronous zlib, say) is outside of this and breaks the promise of the seed.
 */
export class Scheduler {
  readonly trace: Trace = new Trace()
  readonly #heap: SimulatedEvent[] = []
  #time = 0
  #sequence = 0
  #cancelled = 0
  #isRunning = false

  /** Milliseconds, with fraction, since the start of the simulation. */
  get time(): number {
    return this.#time
  }

  /** Events waiting. */
  get pending(): number {
    return this.#heap.length - this.#cancelled
  }

  at(time: number, task: () => void, what: string | null = null): SimulatedEvent {
    this.#sequence += 1
    const event = { at: Math.max(time, this.#time), sequence: this.#sequence, task, what }
    push(this.#heap, event)
    return event
  }

  after(delayMs: number, task: () => void, what: string | null = null): SimulatedEvent {
    return this.at(this.#time + Math.max(delayMs, 0), task, what)
  }

  cancel(event: SimulatedEvent): void {
    if (event.task === null) return
    event.task = null
    this.#cancelled += 1
    // Idle timeouts are mostly cancelled: without this they would pile up until their time comes.
    if (this.#cancelled > 1_000 && this.#cancelled * 2 > this.#heap.length) this.#sweep()
  }

  record(what: string): void {
    this.trace.add(this.#time, what)
  }

  /** Runs events until `isDone` says so, or time would pass `until`, or none is left. */
  async run(isDone: () => boolean, until: number): Promise<'done' | 'time' | 'nothing left'> {
    assert(!this.#isRunning, 'a simulation is run from one place at a time')
    this.#isRunning = true
    try {
      for (;;) {
        await settled()
        if (isDone()) return 'done'
        const next = this.#heap[0]
        if (next === undefined) return 'nothing left'
        if (next.at > until) {
          this.#time = until
          return 'time'
        }
        pop(this.#heap)
        const task = next.task
        if (task === null) {
          this.#cancelled -= 1
          continue
        }
        next.task = null
        this.#time = next.at
        if (next.what !== null) this.record(next.what)
        task()
      }
    } finally {
      this.#isRunning = false
    }
  }

  /** Moves time on when nothing was there to do it. */
  moveTo(time: number): void {
    this.#time = Math.max(this.#time, time)
  }

  #sweep(): void {
    const kept = this.#heap.filter((event) => event.task !== null)
    kept.sort((one, other) => (isBefore(one, other) ? -1 : 1))
    this.#heap.length = 0
    for (const event of kept) this.#heap.push(event)
    this.#cancelled = 0
  }
}

/** Node runs all microtasks before the next immediate. */
function settled(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve))
}

function isBefore(one: SimulatedEvent, other: SimulatedEvent): boolean {
  return one.at < other.at || (one.at === other.at && one.sequence < other.sequence)
}

function push(heap: SimulatedEvent[], event: SimulatedEvent): void {
  let at = heap.length
  heap.push(event)
  while (at > 0) {
    const parent = (at - 1) >> 1
    if (isBefore(heap[parent]!, event)) break
    heap[at] = heap[parent]!
    at = parent
  }
  heap[at] = event
}

function pop(heap: SimulatedEvent[]): void {
  const last = heap.pop()!
  if (heap.length === 0) return
  let at = 0
  for (;;) {
    let child = at * 2 + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1
    if (isBefore(last, heap[child]!)) break
    heap[at] = heap[child]!
    at = child
  }
  heap[at] = last
}
