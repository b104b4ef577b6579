import type { Clock, Logger, Timer } from '@ottla/runtime'
import { DiskError } from '@ottla/runtime'

/** Work that nobody waits for: it begins in time, its failures are logged, and a stop waits for its end. */
export class BackgroundWork {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #timers: Set<Timer> = new Set()
  readonly #underWay: Set<Promise<void>> = new Set()
  #isStopped = false

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock
    this.#logger = logger
  }

  /** Sees to the end of `work`. */
  own(work: Promise<void>): void {
    const owned = work
      .catch((error: unknown) => {
        if (error instanceof DiskError && error.code === 'OFFLINE') return
        this.#logger.error('background work failed', { error })
      })
      .finally(() => this.#underWay.delete(owned))
    this.#underWay.add(owned)
  }

  later(delayMs: number, work: () => Promise<void>): void {
    if (this.#isStopped) return
    const timer = this.#clock.schedule(delayMs, () => {
      this.#timers.delete(timer)
      this.own(work())
    })
    this.#timers.add(timer)
  }

  /** Runs `work` again and again, `intervalMs` after it was done. */
  every(firstMs: number, intervalMs: number, work: () => Promise<void>): void {
    this.later(firstMs, async () => {
      try {
        await work()
      } finally {
        this.every(intervalMs, intervalMs, work)
      }
    })
  }

  /** Begins nothing more; resolves once what is under way is done. */
  async stop(): Promise<void> {
    this.#isStopped = true
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
    await Promise.all(this.#underWay)
  }
}
