import { createHash } from 'node:crypto'

export interface TraceEntry {
  /** Virtual milliseconds. */
  readonly time: number
  readonly what: string
}

/** Entries kept for reading; the hash covers all that ever were. */
const KEPT_MAX = 100_000

/** What happened in a simulation, in order. The same seed gives the same trace, and so the same hash. */
export class Trace {
  readonly #hash = createHash('sha256')
  #entries: TraceEntry[] = []
  #count = 0

  add(time: number, what: string): void {
    this.#hash.update(`${time} ${what}\n`)
    this.#count += 1
    this.#entries.push({ time, what })
    if (this.#entries.length >= KEPT_MAX * 2) this.#entries = this.#entries.slice(KEPT_MAX)
  }

  /** How many there were. */
  get count(): number {
    return this.#count
  }

  /** The last ones, at least 100,000 if there were as many. */
  get entries(): readonly TraceEntry[] {
    return this.#entries
  }

  /** SHA-256 in hexadecimal over every entry so far. */
  get hash(): string {
    return this.#hash.copy().digest('hex')
  }

  toString(): string {
    return this.#entries.map(({ time, what }) => `${time.toFixed(3)} ${what}`).join('\n')
  }
}
