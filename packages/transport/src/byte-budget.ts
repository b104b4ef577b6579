/**
 * Memory that many connections share: bytes of requests that have been read and are not answered.
 *
 * As Kafka's `queued.max.request.bytes`: who asks while anything is free gets all it needs, so that
 * the largest request can always be served and the bound is exceeded by one request at most.
 * Whoever finds nothing free waits in a line.
 */
export class ByteBudget {
  readonly limitBytes: number
  #usedBytes = 0
  /** In the order in which they came. */
  readonly #waiting = new Set<() => void>()
  #isLettingIn = false

  /** @param limitBytes Infinity for none. */
  constructor(limitBytes: number) {
    this.limitBytes = limitBytes
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** Somebody waits for what others hold. */
  get isContended(): boolean {
    return this.#waiting.size > 0
  }

  /** @returns false when nothing is free. */
  take(bytes: number): boolean {
    if (this.#usedBytes >= this.limitBytes) return false
    this.#usedBytes += bytes
    return true
  }

  release(bytes: number): void {
    this.#usedBytes -= bytes
    // Who is let in may release at once: the loop that let it in then goes on, not one inside it.
    if (this.#isLettingIn) return
    this.#isLettingIn = true
    try {
      for (const retry of this.#waiting) {
        if (this.#usedBytes >= this.limitBytes) break
        this.#waiting.delete(retry)
        retry()
      }
    } finally {
      this.#isLettingIn = false
    }
  }

  /** Calls `retry` once when something is free. */
  wait(retry: () => void): void {
    this.#waiting.add(retry)
  }

  /** Leaves the line. */
  forget(retry: () => void): void {
    this.#waiting.delete(retry)
  }
}
