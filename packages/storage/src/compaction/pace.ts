import type { Clock } from '@ottla/runtime'

/** How long the cleaner keeps the event loop for itself, in milliseconds: what a request waits at most. */
const SLICE_MS = 0.5

/** Somebody wants the log for himself: the cleaning is given up, and nothing of it is kept. */
export class CleaningAbortedError extends Error {
  override readonly name: string = 'CleaningAbortedError'

  constructor() {
    super('the cleaning was given up')
  }
}

/**
 * How fast the cleaner goes: in slices of the event loop, so that nobody waits for it, and no faster than
 * `log.cleaner.io.max.bytes.per.second`.
 *
 * Between two slices all that has arrived meanwhile is served: the more others have to do, the less of
 * the processor the cleaner gets.
 */
export class Pace {
  readonly #clock: Clock
  #bytesPerSecond: number
  #sliceEndMs = 0
  /** When all that was read and written so far is paid for. */
  #paidMs = 0
  #isAborted = false

  constructor(clock: Clock, bytesPerSecond: number) {
    this.#clock = clock
    this.#bytesPerSecond = bytesPerSecond
    this.#sliceEndMs = clock.monotonic() + SLICE_MS
  }

  set bytesPerSecond(limit: number) {
    this.#bytesPerSecond = limit
  }

  /** The next `rest` or `pay` throws CleaningAbortedError. */
  abort(): void {
    this.#isAborted = true
  }

  /** Whether it is time to `rest`. Asked every few records: it reads the clock. */
  isOver(): boolean {
    return this.#clock.monotonic() >= this.#sliceEndMs
  }

  /** Lets others have the event loop. @throws CleaningAbortedError */
  async rest(): Promise<void> {
    await new Promise<void>((turn) => this.#clock.defer(turn))
    this.beginSlice()
  }

  /** `bytes` were read or written: waits until the limit allows more. @throws CleaningAbortedError */
  async pay(bytes: number): Promise<void> {
    const now = this.#clock.monotonic()
    this.#paidMs = Math.max(this.#paidMs, now) + (bytes / this.#bytesPerSecond) * 1_000
    // Short waits add up to one that a timer can keep.
    if (this.#paidMs - now > SLICE_MS) {
      await this.#clock.sleep(this.#paidMs - now)
      this.beginSlice()
    } else if (this.isOver()) await this.rest()
    else this.requireWanted()
  }

  /** The event loop was somebody else's meanwhile. @throws CleaningAbortedError */
  beginSlice(): void {
    this.requireWanted()
    this.#sliceEndMs = this.#clock.monotonic() + SLICE_MS
  }

  /** @throws CleaningAbortedError */
  requireWanted(): void {
    if (this.#isAborted) throw new CleaningAbortedError()
  }
}
