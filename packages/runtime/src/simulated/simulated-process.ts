import type { Scheduler, SimulatedEvent } from './scheduler.ts'

/** 2026-01-01T00:00:00Z: virtual time 0 on every wall clock that is not skewed. */
const START_MS = Date.UTC(2026, 0, 1)

/**
 * One life of a simulated node: what it set going dies with it. Code of a killed process may still
 * run to its next `await`; nothing that it does then has an effect.
 */
export class SimulatedProcess {
  readonly scheduler: Scheduler
  readonly name: string
  /** How far the wall clock is off, in milliseconds. */
  skewMs = 0
  #isAlive = true
  readonly #endings = new Set<() => void>()

  constructor(scheduler: Scheduler, name: string) {
    this.scheduler = scheduler
    this.name = name
  }

  get isAlive(): boolean {
    return this.#isAlive
  }

  wallClockMs(): number {
    return START_MS + Math.floor(this.scheduler.time) + this.skewMs
  }

  /** Runs `task` later, if the process still lives then. */
  after(delayMs: number, task: () => void, what: string | null = null): SimulatedEvent {
    const guarded = (): void => {
      if (this.#isAlive) task()
    }
    return this.scheduler.after(delayMs, guarded, what)
  }

  /** Resolves after `delayMs`; never, when the process dies before. */
  wait(delayMs: number, what: string | null = null): Promise<void> {
    return new Promise((resolve) => void this.after(delayMs, resolve, what))
  }

  /** Names what the world has to do when this process dies. @returns Forgets it again. */
  onEnd(ending: () => void): () => void {
    this.#endings.add(ending)
    return () => this.#endings.delete(ending)
  }

  kill(): void {
    if (!this.#isAlive) return
    this.#isAlive = false
    for (const ending of this.#endings) ending()
    this.#endings.clear()
  }
}
