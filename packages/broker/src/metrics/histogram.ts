/** Upper bounds for durations in milliseconds: a page-cache append is below the first, a long poll near the last. */
export const durationBoundsMs: readonly number[] = [
  0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000,
]

/** Upper bounds for sizes in bytes. */
export const sizeBounds: readonly number[] = [
  100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000,
]

/**
 * Counts values by fixed upper bounds. Recording takes no memory and a few comparisons: the smaller
 * the value, the fewer.
 */
export class Histogram {
  readonly bounds: readonly number[]
  /** One for each bound, one for what exceeds them all, and the sum of the values. */
  readonly #cells: Float64Array

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.#cells = new Float64Array(bounds.length + 2)
  }

  record(value: number): void {
    const { bounds } = this
    let at = 0
    while (at < bounds.length && value > bounds[at]!) at += 1
    this.#cells[at]! += 1
    this.#cells[bounds.length + 1]! += value
  }

  /** How many values were not above `bounds[at]`, for each; the last is all of them. */
  cumulated(): number[] {
    let count = 0
    return Array.from(this.#cells.subarray(0, this.bounds.length + 1), (cell) => (count += cell))
  }

  get sum(): number {
    return this.#cells[this.bounds.length + 1]!
  }

  get count(): number {
    return this.cumulated().at(-1) ?? 0
  }
}
