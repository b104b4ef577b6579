import { assert } from '@ottla/runtime'
import { baseOffset, batchSizeBytes, lastOffset } from '@ottla/records'
import type { LogSlice } from './log-slice.ts'
import type { TailChunk, TailMemory, TailPage } from './tail-memory.ts'

const SMALLEST_PAGE_BYTES = 4 * 1024
const LARGEST_PAGE_BYTES = 256 * 1024
const INDEX_INTERVAL_BYTES = 4 * 1024

/**
 * After so many appended bytes that nobody came to read, no more are kept: the copy is a sixth of what an
 * append of a 56 KB batch costs.
 */
const UNREAD_BYTES_MAX = 8 * 1024 * 1024

/** One read hands out at most so many pieces: each costs the socket a little. */
const PIECES_MAX = 256

/**
 * The latest appends of one log, in memory: what most consumers read.
 *
 * Batches are copied once into pages, whose size doubles while the log is busy. What is handed out are
 * slices of the pages. (Keeping the produced buffers themselves instead would keep whole network
 * buffers alive for a few bytes each, and every produced byte would be fresh memory.)
 *
 * Invariant: the pages hold an unbroken run of the log that ends at the log end offset, or nothing.
 */
export class LogTail {
  readonly #memory: TailMemory
  /** Oldest first; evicted ones are dropped when next looked at. */
  #pages: TailPage[] = []
  #pageBytes = SMALLEST_PAGE_BYTES
  /** Appended since somebody last read the log. */
  #unreadBytes = 0

  constructor(memory: TailMemory) {
    this.#memory = memory
  }

  /** The first offset held; -1 when nothing is. */
  get baseOffset(): number {
    this.#dropEvicted()
    return this.#pages[0]?.baseOffset ?? -1
  }

  /** Keeps a copy of whole batches just appended to the log. */
  append(records: Buffer, firstOffset: number, nextOffset: number): void {
    this.#unreadBytes += records.length
    const page = this.#unreadBytes > UNREAD_BYTES_MAX ? null : this.#pageFor(records.length)
    if (page === null) {
      this.clear()
      return
    }
    if (page.baseOffset === -1) page.baseOffset = firstOffset
    const indexed = page.positions.at(-1)
    if (indexed === undefined || page.end - indexed >= INDEX_INTERVAL_BYTES) {
      page.offsets.push(firstOffset)
      page.positions.push(page.end)
    }
    records.copy(page.chunk.buffer, page.end)
    page.end += records.length
    page.nextOffset = nextOffset
  }

  /**
   * Whole batches from the one that holds `offset` on, as long as they end before `endOffset` and fit
   * in `maxBytes`; the first may exceed it if `minOneBatch`.
   *
   * @returns null when the tail does not reach back to `offset`.
   */
  read(offset: number, maxBytes: number, endOffset: number, minOneBatch: boolean): LogSlice | null {
    this.#dropEvicted()
    let index = this.#pageHolding(offset)
    if (index < 0) return null

    const records: Buffer[] = []
    const chunks: TailChunk[] = []
    let sizeBytes = 0
    let nextOffset = offset
    for (; index < this.#pages.length && records.length < PIECES_MAX; index++) {
      const page = this.#pages[index]!
      const start = sizeBytes === 0 ? positionOf(page, offset) : page.start
      if (start === page.end) continue
      const room = maxBytes - sizeBytes
      const end = endWithin(page, start, room, endOffset, minOneBatch && sizeBytes === 0)
      if (end > start) {
        const { buffer } = page.chunk
        records.push(buffer.subarray(start, end))
        if (chunks.at(-1) !== page.chunk) {
          page.chunk.retain()
          chunks.push(page.chunk)
        }
        sizeBytes += end - start
        nextOffset = end === page.end ? page.nextOffset : baseOffset(buffer, end)
      }
      if (end < page.end) break
    }
    return new TailSlice(records, sizeBytes, nextOffset, chunks)
  }

  /** Somebody reads the log, from memory or from disk: what comes is worth keeping. */
  noteReader(): void {
    this.#unreadBytes = 0
  }

  /** Forgets everything, as when the log is cut. */
  clear(): void {
    if (this.#pages.length > 0) this.#pages = []
  }

  #pageFor(sizeBytes: number): TailPage | null {
    const page = this.#pages.at(-1)
    if (page !== undefined && !page.chunk.isEvicted) {
      if (page.end + sizeBytes <= page.limit) return page
      this.#pageBytes = Math.min(this.#pageBytes * 2, LARGEST_PAGE_BYTES)
    } else {
      this.#pages = []
      this.#pageBytes = SMALLEST_PAGE_BYTES
    }
    const next = this.#memory.allocate(Math.max(this.#pageBytes, sizeBytes))
    if (next === null) return null
    // Making room may have evicted this log's own oldest pages.
    this.#dropEvicted()
    this.#pages.push(next)
    return next
  }

  #dropEvicted(): void {
    let evicted = 0
    while (evicted < this.#pages.length && this.#pages[evicted]!.chunk.isEvicted) evicted++
    if (evicted > 0) this.#pages.splice(0, evicted)
  }

  /** The page that holds `offset`; the offset after the last batch counts as held. -1: none. */
  #pageHolding(offset: number): number {
    const pages = this.#pages
    if (pages.length === 0 || offset < pages[0]!.baseOffset) return -1
    let low = 0
    let high = pages.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (pages[middle]!.baseOffset <= offset) low = middle
      else high = middle - 1
    }
    return low
  }
}

/** The batch that holds `offset`, or the page's end when all are before it. */
function positionOf(page: TailPage, offset: number): number {
  if (offset >= page.nextOffset) return page.end
  let at = floorPosition(page, offset)
  const { buffer } = page.chunk
  while (lastOffset(buffer, at) < offset) at += batchSizeBytes(buffer, at)
  assert(at < page.end, 'a page holds the offsets between its base and next offset')
  return at
}

/** Where whole batches from `start` on end that fit in `room` and before `endOffset`. */
function endWithin(
  page: TailPage,
  start: number,
  room: number,
  endOffset: number,
  minOneBatch: boolean,
): number {
  if (page.nextOffset <= endOffset && page.end - start <= room) return page.end
  const { buffer } = page.chunk
  let at = start
  // Skip what surely fits: an indexed position is the end of all batches before it.
  for (let slot = page.positions.length - 1; slot >= 0; slot--) {
    const position = page.positions[slot]!
    if (position <= start) break
    if (position - start <= room && page.offsets[slot]! <= endOffset) {
      at = position
      break
    }
  }
  while (at < page.end) {
    const size = batchSizeBytes(buffer, at)
    if (lastOffset(buffer, at) >= endOffset) break
    if (at + size - start > room && !(minOneBatch && at === start)) break
    at += size
  }
  return at
}

/** The greatest indexed position whose batch does not begin after `offset`. */
function floorPosition(page: TailPage, offset: number): number {
  let low = 0
  let high = page.offsets.length - 1
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if (page.offsets[middle]! <= offset) low = middle
    else high = middle - 1
  }
  return page.positions[low]!
}

class TailSlice implements LogSlice {
  readonly records: readonly Buffer[]
  readonly sizeBytes: number
  readonly nextOffset: number
  #chunks: readonly TailChunk[]

  constructor(
    records: readonly Buffer[],
    sizeBytes: number,
    nextOffset: number,
    chunks: readonly TailChunk[],
  ) {
    this.records = records
    this.sizeBytes = sizeBytes
    this.nextOffset = nextOffset
    this.#chunks = chunks
  }

  release(): void {
    for (const chunk of this.#chunks) chunk.release()
    this.#chunks = []
  }
}
