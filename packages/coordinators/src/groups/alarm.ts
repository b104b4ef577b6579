import type { Clock, Timer } from '@ottla/runtime'

/**
 * One deadline that is mostly pushed back: a member's session, a group's rebalance.
 *
 * Pushing it back costs an assignment, not a timer: the timer that is already running finds out, when
 * it fires, that there is time left. So heartbeats are cheap however many members there are.
 */
export class Alarm {
  readonly #clock: Clock
  #deadline = 0
  #ring: (() => void) | null = null
  #timer: Timer | null = null
  #firesAt = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get isSet(): boolean {
    return this.#ring !== null
  }

  /** Rings once, `delayMs` from now, instead of whenever it would have rung before. */
  set(delayMs: number, ring: () => void): void {
    this.#deadline = this.#clock.monotonic() + delayMs
    this.#ring = ring
    if (this.#timer !== null && this.#firesAt <= this.#deadline) return
    this.#timer?.cancel()
    this.#start(delayMs)
  }

  cancel(): void {
    this.#ring = null
    this.#timer?.cancel()
    this.#timer = null
  }

  #start(delayMs: number): void {
    this.#firesAt = this.#clock.monotonic() + delayMs
    this.#timer = this.#clock.schedule(delayMs, () => this.#onTimer())
  }

  #onTimer(): void {
    this.#timer = null
    const ring = this.#ring
    if (ring === null) return
    const leftMs = this.#deadline - this.#clock.monotonic()
    if (leftMs > 0) {
      this.#start(leftMs)
      return
    }
    this.#ring = null
    ring()
  }
}
