import type { RunReport } from './peer.ts'

/** Follows the numbers of a run as they arrive and counts what is missing or came again. */
export class RunChecker {
  readonly #next: number[]
  readonly #perPartition: number
  #received = 0
  #lost = 0
  #repeated = 0

  constructor(partitions: number, count: number) {
    this.#next = Array.from({ length: partitions }, () => 0)
    this.#perPartition = count / partitions
  }

  get received(): number {
    return this.#received
  }

  saw(partition: number, number: number): void {
    const expected = this.#next[partition] ?? 0
    this.#received++
    if (number < expected) {
      this.#repeated++
      return
    }
    this.#lost += number - expected
    this.#next[partition] = number + 1
  }

  report(): RunReport {
    const missingAtEnd = this.#next.reduce((sum, next) => sum + this.#perPartition - next, 0)
    return {
      received: this.#received,
      lost: this.#lost + missingAtEnd,
      repeated: this.#repeated,
    }
  }
}

/** The value of a numbered record. */
export function runValue(number: number, valueBytes: number): string {
  return String(number).padStart(valueBytes, '0')
}
