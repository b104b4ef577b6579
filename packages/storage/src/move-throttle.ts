import type { Clock } from '@ottla/runtime'

/** How much may be copied at once after a rest, in milliseconds' worth of the limit. */
const BURST_MS = 1_000

/** `replica.alter.log.dirs.io.max.bytes.per.second`, for all moves between data directories together. */
export class MoveThrottle {
  readonly #clock: Clock
  #bytesPerSecond = Infinity
  /** When all that was copied so far is paid for. */
  #paidMs = -Infinity

  constructor(clock: Clock) {
    this.#clock = clock
  }

  set bytesPerSecond(limit: number) {
    this.#bytesPerSecond = limit
    this.#paidMs = -Infinity
  }

  /** `bytes` were copied: waits until the limit allows more, or `signal` aborts. */
  async take(bytes: number, signal: AbortSignal): Promise<void> {
    if (this.#bytesPerSecond === Infinity) return
    const now = this.#clock.monotonic()
    const paid = Math.max(this.#paidMs, now - BURST_MS)
    this.#paidMs = paid + (bytes / this.#bytesPerSecond) * 1_000
    if (this.#paidMs <= now) return
    // Whoever gives up asks no more of it.
    await this.#clock.sleep(this.#paidMs - now, { signal }).catch(() => {})
  }
}
