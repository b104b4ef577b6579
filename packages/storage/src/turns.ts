/** Runs at most so many tasks at a time, in the order in which they were asked for. */
export class Turns {
  readonly #concurrent: number
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(concurrent: number) {
    this.#concurrent = concurrent
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running === this.#concurrent) {
      await new Promise<void>((turn) => this.#waiting.push(turn))
    } else {
      this.#running++
    }
    try {
      return await task()
    } finally {
      const next = this.#waiting.shift()
      // The place goes straight to the next one, so that nobody can slip in between.
      if (next === undefined) this.#running--
      else next()
    }
  }
}
