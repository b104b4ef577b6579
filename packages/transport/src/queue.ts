/** How many taken places are let stand before the rest moves up. */
const TAKEN_MAX = 1_000

/** First in, first out; taking costs the same however many wait. */
export class Queue<T> {
  readonly #items: T[] = []
  /** Those before are taken. */
  #first = 0

  get length(): number {
    return this.#items.length - this.#first
  }

  push(item: T): void {
    this.#items.push(item)
  }

  /** The next one, left in place; undefined when there is none. */
  peek(): T | undefined {
    return this.#items[this.#first]
  }

  /** Removes the next one, which must be there. */
  shift(): T {
    const item = this.#items[this.#first]!
    this.#first += 1
    if (this.#first === this.#items.length) {
      this.#items.length = 0
      this.#first = 0
    } else if (this.#first >= TAKEN_MAX && this.#first * 2 >= this.#items.length) {
      this.#items.splice(0, this.#first)
      this.#first = 0
    }
    return item
  }

  /** Removes all. */
  clear(): T[] {
    const left = this.#items.splice(this.#first)
    this.#items.length = 0
    this.#first = 0
    return left
  }

  /** In order. */
  *[Symbol.iterator](): Generator<T> {
    for (let at = this.#first; at < this.#items.length; at += 1) yield this.#items[at]!
  }
}
