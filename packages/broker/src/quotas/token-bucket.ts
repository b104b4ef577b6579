/**
 * A bucket that fills at a rate, up to a burst (KIP-599). It may be overdrawn once: what is too much is
 * then waited for.
 */
export class TokenBucket {
  #tokens: number
  #filledMs: number

  constructor(burst: number, nowMs: number) {
    this.#tokens = burst
    this.#filledMs = nowMs
  }

  take(count: number, perSecond: number, burst: number, nowMs: number): void {
    this.#fill(perSecond, burst, nowMs)
    this.#tokens -= count
  }

  /** How long until it is no longer overdrawn, milliseconds; 0 when it is not. */
  debtMs(perSecond: number, burst: number, nowMs: number): number {
    this.#fill(perSecond, burst, nowMs)
    return this.#tokens >= 0 ? 0 : (-this.#tokens / perSecond) * 1000
  }

  #fill(perSecond: number, burst: number, nowMs: number): void {
    const elapsedSeconds = Math.max(nowMs - this.#filledMs, 0) / 1000
    this.#tokens = Math.min(burst, this.#tokens + perSecond * elapsedSeconds)
    this.#filledMs = nowMs
  }
}
