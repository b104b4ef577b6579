import type { Clock, Timer } from '../clock.ts'
import { sleepOn } from '../sleep.ts'

/** Node runs a longer timer at once instead, with a warning. */
const TIMEOUT_MAX_MS = 2 ** 31 - 1

/** The machine's clock and Node's timers. */
export class NodeClock implements Clock {
  now(): number {
    return Date.now()
  }

  monotonic(): number {
    return performance.now()
  }

  schedule(delayMs: number, task: () => void): Timer {
    return new NodeTimer(delayMs, task)
  }

  defer(task: () => void): void {
    setImmediate(task)
  }

  sleep(delayMs: number, options?: { signal?: AbortSignal }): Promise<void> {
    return sleepOn(this, delayMs, options?.signal)
  }
}

class NodeTimer implements Timer {
  readonly #deadline: number
  readonly #task: () => void
  #timeout: NodeJS.Timeout

  constructor(delayMs: number, task: () => void) {
    this.#deadline = performance.now() + delayMs
    this.#task = task
    this.#timeout = setTimeout(fire, Math.min(delayMs, TIMEOUT_MAX_MS), this)
  }

  cancel(): void {
    clearTimeout(this.#timeout)
  }

  // Node counts in whole milliseconds cut off on both ends, so its timers run up to one early; what
  // compares `monotonic()` with its own deadline would then find it not reached, and wait for ever.
  static fire(this: void, timer: NodeTimer): void {
    const leftMs = timer.#deadline - performance.now()
    if (leftMs <= 0) timer.#task()
    else timer.#timeout = setTimeout(fire, Math.min(Math.ceil(leftMs), TIMEOUT_MAX_MS), timer)
  }
}

const fire = NodeTimer.fire
