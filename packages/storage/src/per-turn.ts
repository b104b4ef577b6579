import type { Clock } from '@ottla/runtime'

/**
 * Lets so many tasks begin in one turn of the event loop, in the order in which they asked: work that is
 * short by itself must not stop everybody else's when there are thousands of it.
 */
export class PerTurn {
  readonly #clock: Clock
  readonly #perTurn: number
  readonly #waiting: (() => void)[] = []
  #begun = 0
  #isScheduled = false

  constructor(clock: Clock, perTurn: number) {
    this.#clock = clock
    this.#perTurn = perTurn
  }

  /** Resolves when the caller may begin. */
  async turn(): Promise<void> {
    if (this.#begun < this.#perTurn && this.#waiting.length === 0) this.#begun++
    else await new Promise<void>((turn) => this.#waiting.push(turn))
    if (!this.#isScheduled) this.#schedule()
  }

  #schedule(): void {
    this.#isScheduled = true
    this.#clock.defer(() => {
      this.#isScheduled = false
      const next = this.#waiting.splice(0, this.#perTurn)
      this.#begun = next.length
      if (this.#waiting.length > 0) this.#schedule()
      for (const begin of next) begin()
    })
  }
}
