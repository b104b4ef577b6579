const SMALLEST_BYTES = 64 * 1024
/** Reads of a round number of bytes begin a little before what was asked for. */
const EXTRA_BYTES = 16 * 1024

/**
 * Buffers for reads from disk, kept for the next one: fresh memory costs more than the read.
 *
 * They come in sizes of a power of two and a little more; what exceeds the budget is left to the garbage collector.
 */
export class ReadBuffers {
  readonly #budgetBytes: number
  readonly #free: Map<number, Buffer[]> = new Map()
  #freeBytes = 0

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes
  }

  /** A buffer of `sizeBytes` or more, with anything in it. */
  take(sizeBytes: number): Buffer {
    const size = roundedUp(sizeBytes)
    const buffer = this.#free.get(size)?.pop()
    if (buffer === undefined) return Buffer.allocUnsafeSlow(size)
    this.#freeBytes -= size
    return buffer
  }

  /** Takes back what `take` gave, once nobody reads from it any more. */
  give(buffer: Buffer): void {
    if (this.#freeBytes + buffer.length > this.#budgetBytes) return
    const free = this.#free.get(buffer.length)
    if (free === undefined) this.#free.set(buffer.length, [buffer])
    else free.push(buffer)
    this.#freeBytes += buffer.length
  }
}

function roundedUp(sizeBytes: number): number {
  let size = SMALLEST_BYTES
  while (size + EXTRA_BYTES < sizeBytes) size *= 2
  return size + EXTRA_BYTES
}
