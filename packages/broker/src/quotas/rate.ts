import type { BrokerSettings } from '@ottla/metadata'

/** How long a rate remembers: so many samples of so many milliseconds. */
export interface RateWindow {
  readonly sampleCount: number
  readonly sampleMs: number
}

/** `<prefix>.window.num` samples of `<prefix>.window.size.seconds`. */
export function rateWindow(settings: BrokerSettings, prefix: string): RateWindow {
  return {
    sampleCount: Number(settings.get(`${prefix}.window.num`)),
    sampleMs: Number(settings.get(`${prefix}.window.size.seconds`)) * 1000,
  }
}

/**
 * A rate over the last samples, as Kafka's quotas measure it (`quota.window.num`,
 * `quota.window.size.seconds`): what was noted in them, by the time that they span. A rate that has just
 * begun counts as if it had been silent before, so that a first burst is no overload.
 */
export class Rate {
  readonly #window: RateWindow
  /** A ring; a sample that began at -Infinity was never used. */
  readonly #startMs: Float64Array
  readonly #sums: Float64Array
  #current = 0

  constructor(window: RateWindow, nowMs: number) {
    this.#window = window
    this.#startMs = new Float64Array(window.sampleCount).fill(-Infinity)
    this.#sums = new Float64Array(window.sampleCount)
    this.#startMs[0] = nowMs
  }

  /** @param amount Negative to take back what was noted. */
  note(amount: number, nowMs: number): void {
    const { sampleCount, sampleMs } = this.#window
    if (nowMs - this.#startMs[this.#current]! >= sampleMs) {
      this.#current = (this.#current + 1) % sampleCount
      this.#startMs[this.#current] = nowMs
      this.#sums[this.#current] = 0
    }
    this.#sums[this.#current]! += amount
  }

  /** Per second. */
  perSecond(nowMs: number): number {
    return this.#sum(nowMs) / (this.spanMs(nowMs) / 1000)
  }

  /** How long until the rate, with nothing more noted, is down at the limit; 0 when it is not above. */
  overMs(perSecondMax: number, nowMs: number): number {
    const perSecond = this.perSecond(nowMs)
    if (perSecond <= perSecondMax) return 0
    return Math.round(((perSecond - perSecondMax) / perSecondMax) * this.spanMs(nowMs))
  }

  /** The time that the samples span: at least all but one of them, whole. */
  spanMs(nowMs: number): number {
    const { sampleCount, sampleMs } = this.#window
    let oldestMs = nowMs
    for (const startMs of this.#startMs) {
      if (this.#isRemembered(startMs, nowMs)) oldestMs = Math.min(oldestMs, startMs)
    }
    const elapsedMs = nowMs - oldestMs
    const missing = sampleCount - 1 - Math.floor(elapsedMs / sampleMs)
    return elapsedMs + Math.max(missing, 0) * sampleMs
  }

  #sum(nowMs: number): number {
    let sum = 0
    for (const [index, startMs] of this.#startMs.entries()) {
      if (this.#isRemembered(startMs, nowMs)) sum += this.#sums[index]!
    }
    return sum
  }

  #isRemembered(startMs: number, nowMs: number): boolean {
    const { sampleCount, sampleMs } = this.#window
    return nowMs - startMs < sampleCount * sampleMs
  }
}
