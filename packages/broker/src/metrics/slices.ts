import type { Clock } from '@ottla/runtime'

/** How long gathering metrics keeps the event loop at a time, in milliseconds. */
const SLICE_MS = 2

/** Cuts long work into slices, between which others have their turn. */
export class Slices {
  readonly #clock: Clock
  #beganMs: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#beganMs = clock.monotonic()
  }

  /** Whether this turn has worked long enough: then await `nextTurn`. */
  get isOver(): boolean {
    return this.#clock.monotonic() - this.#beganMs >= SLICE_MS
  }

  async nextTurn(): Promise<void> {
    await new Promise<void>((turn) => this.#clock.defer(turn))
    this.#beganMs = this.#clock.monotonic()
  }
}
