import { assert } from '@ottla/runtime'

const CHUNK_BYTES = 1024 * 1024

/**
 * The memory that holds all logs' latest appends, shared and bounded.
 *
 * It is a queue of chunks. Logs cut pages from the newest; when the budget is used up the oldest chunk
 * goes, and with it whatever pages it held: every log finds the rest of its tail still there, or reads
 * from disk. What has gone is reused for the next chunk unless somebody still sends bytes from it;
 * then it is left to the garbage collector, and never overwritten.
 *
 * So a busy log has much of the memory, an idle one none, and 10,000 logs cost what they last wrote.
 */
export class TailMemory {
  readonly #budgetBytes: number
  readonly #chunks: TailChunk[] = []
  #bytes = 0
  /** The next free byte of the newest chunk. */
  #position = 0
  #spare: Buffer | null = null

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes
  }

  /** Bytes taken from the system for live chunks. */
  get bytes(): number {
    return this.#bytes
  }

  /** Null when the memory is too small for it: then it is not kept. */
  allocate(sizeBytes: number): TailPage | null {
    if (sizeBytes > this.#budgetBytes) return null
    const newest = this.#chunks.at(-1)
    if (newest === undefined || this.#position + sizeBytes > newest.buffer.length) {
      this.#addChunk(Math.max(sizeBytes, Math.min(CHUNK_BYTES, this.#budgetBytes)))
    }
    const chunk = this.#chunks.at(-1)!
    const start = this.#position
    this.#position += sizeBytes
    return new TailPage(chunk, start, this.#position)
  }

  #addChunk(sizeBytes: number): void {
    while (this.#bytes + sizeBytes > this.#budgetBytes) {
      const oldest = this.#chunks.shift()
      assert(oldest !== undefined, 'the budget holds what is allocated')
      this.#bytes -= oldest.buffer.length
      const freed = oldest.evict()
      if (freed !== null) this.#spare = freed
    }
    let buffer = this.#spare
    if (buffer !== null && buffer.length === sizeBytes) this.#spare = null
    else buffer = Buffer.allocUnsafeSlow(sizeBytes)
    this.#chunks.push(new TailChunk(buffer))
    this.#bytes += sizeBytes
    this.#position = 0
  }
}

/** A piece of memory and who still reads from it. */
export class TailChunk {
  #buffer: Buffer
  #readers = 0
  #isEvicted = false

  constructor(buffer: Buffer) {
    this.#buffer = buffer
  }

  get buffer(): Buffer {
    return this.#buffer
  }

  get isEvicted(): boolean {
    return this.#isEvicted
  }

  /** Its bytes stay as they are until `release`. */
  retain(): void {
    this.#readers++
  }

  release(): void {
    this.#readers--
  }

  /** @returns The memory when nobody reads from it. */
  evict(): Buffer | null {
    const buffer = this.#buffer
    this.#isEvicted = true
    this.#buffer = Buffer.alloc(0)
    return this.#readers === 0 ? buffer : null
  }
}

/** Consecutive batches of one log, in memory of their own. Bytes once written never change. */
export class TailPage {
  readonly chunk: TailChunk
  readonly start: number
  readonly limit: number
  /** The first free byte. */
  end: number
  baseOffset = -1
  nextOffset = -1
  /** Sparse: the base offsets and the positions of some batches, ascending. */
  readonly offsets: number[] = []
  readonly positions: number[] = []

  constructor(chunk: TailChunk, start: number, limit: number) {
    this.chunk = chunk
    this.start = start
    this.limit = limit
    this.end = start
  }
}
