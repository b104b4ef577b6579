import type { Clock, Timer } from '../clock.ts'
import { sleepOn } from '../sleep.ts'
import type { SimulatedProcess } from './simulated-process.ts'

/** One process' view of virtual time. */
export class SimulatedClock implements Clock {
  readonly #process: SimulatedProcess

  constructor(process: SimulatedProcess) {
    this.#process = process
  }

  now(): number {
    return this.#process.wallClockMs()
  }

  /** Puts this wall clock off by so many milliseconds. */
  skew(ms: number): void {
    this.#process.skewMs = ms
  }

  monotonic(): number {
    return this.#process.scheduler.time
  }

  schedule(delayMs: number, task: () => void): Timer {
    const event = this.#process.after(delayMs, task)
    return { cancel: () => this.#process.scheduler.cancel(event) }
  }

  defer(task: () => void): void {
    this.#process.after(0, task)
  }

  sleep(delayMs: number, options?: { signal?: AbortSignal }): Promise<void> {
    return sleepOn(this, delayMs, options?.signal)
  }
}
