import { readInt64, writeInt64 } from '@ottla/records'
import { assert } from '@ottla/runtime'
import { TRANSACTION_INDEX_SCAN_ENTRIES } from './limits.ts'
import type { OpenFiles, PooledFile } from './open-files.ts'

/** A transaction that was aborted, as its marker told. */
export interface AbortedTransaction {
  readonly producerId: number
  /** Of its first record in this partition. */
  readonly firstOffset: number
  /** Of the marker. */
  readonly lastOffset: number
  /** The last stable offset when the marker was appended: all before it was decided. */
  readonly lastStableOffset: number
}

/** What a scan calls for each entry. @returns false to stop. */
export type AbortedTransactionVisitor = (transaction: AbortedTransaction) => boolean

const VERSION = 0

/**
 * Which transactions were aborted by markers in a segment: `.txnindex`, which read_committed consumers
 * need to pass over the records (KIP-98).
 *
 *     0  version           int16  0
 *     2  producerId        int64
 *    10  firstOffset       int64
 *    18  lastOffset        int64
 *    26  lastStableOffset  int64
 *
 * Invariants
 *   entries ascend in lastOffset, strictly
 *   the file is made by the first entry; most segments have none
 *   an entry is written with its marker, synced with the other indexes, and rebuilt from the batches
 *
 * Nothing of it is kept in memory but its size and last offset: a reader at the end of the log is told
 * without a read that there is nothing for it.
 */
export class TransactionIndex {
  readonly #file: PooledFile
  readonly #baseOffset: number
  #count: number
  #exists: boolean
  /** Of the last entry; -1: none, or not known yet. */
  #lastOffset = -1
  #isDirty = false

  /** `sizeBytes` is the file's size, null when there is none; a partial last entry is ignored. */
  constructor(files: OpenFiles, path: string, baseOffset: number, sizeBytes: number | null) {
    this.#file = files.file(path)
    this.#baseOffset = baseOffset
    this.#count = Math.floor((sizeBytes ?? 0) / TRANSACTION_ENTRY_BYTES)
    this.#exists = sizeBytes !== null
  }

  get file(): PooledFile {
    return this.#file
  }

  get count(): number {
    return this.#count
  }

  /** Whether it may have a transaction that reaches `offset`: if not, nothing needs to be read. */
  mayReach(offset: number): boolean {
    if (this.#count === 0) return false
    return this.#lastOffset === -1 || this.#lastOffset >= offset
  }

  /** Into the page cache. */
  append(transaction: AbortedTransaction): void {
    assert(transaction.lastOffset >= this.#baseOffset, 'a marker is in its segment')
    assert(transaction.lastOffset > this.#lastOffset, 'markers only come later')
    const entry = Buffer.allocUnsafe(TRANSACTION_ENTRY_BYTES)
    entry.writeInt16BE(VERSION, 0)
    writeInt64(entry, 2, transaction.producerId)
    writeInt64(entry, 10, transaction.firstOffset)
    writeInt64(entry, 18, transaction.lastOffset)
    writeInt64(entry, 26, transaction.lastStableOffset)
    // Whatever has its name is of a segment that is gone.
    if (!this.#exists) this.#file.truncate(0)
    this.#exists = true
    this.#file.write([entry], this.#count * TRANSACTION_ENTRY_BYTES)
    this.#count++
    this.#lastOffset = transaction.lastOffset
    this.#isDirty = true
  }

  /**
   * Adds to `found` those that have records, or their marker, in `[fromOffset, endOffset)`.
   *
   * @returns Whether that is all of them: false means that a later segment may have more.
   */
  async collect(
    fromOffset: number,
    endOffset: number,
    found: AbortedTransaction[],
  ): Promise<boolean> {
    if (!this.mayReach(fromOffset)) return false
    let isComplete = false
    await this.#scanFrom(await this.#firstReaching(fromOffset), (transaction) => {
      if (transaction.lastOffset >= fromOffset && transaction.firstOffset < endOffset) {
        found.push(transaction)
      }
      isComplete = transaction.lastStableOffset >= endOffset
      return !isComplete
    })
    return isComplete
  }

  /** Visits all entries in order. */
  async scan(visit: AbortedTransactionVisitor): Promise<void> {
    await this.#scanFrom(0, visit)
  }

  /**
   * Reads the file as it was found.
   *
   * @param endOffset Where its segment ends; Infinity: not known
   * @returns What is wrong with it, or null. Then the index is rebuilt.
   */
  async fault(endOffset: number): Promise<string | null> {
    const excess = this.#exists ? this.#file.sizeBytes() % TRANSACTION_ENTRY_BYTES : 0
    if (excess !== 0) return `the last entry is cut off`
    let fault: string | null = null
    let previous = this.#baseOffset - 1
    try {
      await this.scan(({ firstOffset, lastOffset }) => {
        if (lastOffset <= previous || lastOffset >= endOffset || firstOffset > lastOffset) {
          fault = `a transaction of offsets ${firstOffset} to ${lastOffset} where ${previous + 1} or later is expected`
        }
        previous = lastOffset
        return fault === null
      })
    } catch (error) {
      if (!(error instanceof CorruptTransactionIndexError)) throw error
      return error.message
    }
    if (fault === null && this.#count > 0) this.#lastOffset = previous
    return fault
  }

  /** Forgets all entries. */
  reset(): void {
    if (this.#exists) this.#cut(0, -1)
  }

  /** Forgets the markers at `offset` and later ones. */
  async truncateTo(offset: number): Promise<void> {
    if (!this.mayReach(offset)) return
    const count = await this.#firstReaching(offset)
    const last = count === 0 ? -1 : (await this.#read(count - 1, 1))[0]!.lastOffset
    this.#cut(count, last)
  }

  /** Whether `sync` has nothing to do. */
  get isDurable(): boolean {
    return !this.#isDirty
  }

  /** Makes all entries durable. */
  async sync(): Promise<void> {
    if (!this.#isDirty) return
    this.#isDirty = false
    try {
      await this.#file.sync()
    } catch (error) {
      this.#isDirty = true
      throw error
    }
  }

  close(): void {
    this.#file.close()
  }

  #cut(count: number, lastOffset: number): void {
    this.#file.truncate(count * TRANSACTION_ENTRY_BYTES)
    this.#count = count
    this.#lastOffset = lastOffset
    this.#isDirty = true
  }

  /** The number of the first entry whose marker is at `offset` or later; all are earlier: the count. */
  async #firstReaching(offset: number): Promise<number> {
    let low = 0
    let high = this.#count
    while (low < high) {
      const middle = (low + high) >>> 1
      const [entry] = await this.#read(middle, 1)
      if (entry === undefined || entry.lastOffset >= offset) high = middle
      else low = middle + 1
    }
    return low
  }

  async #scanFrom(first: number, visit: AbortedTransactionVisitor): Promise<void> {
    for (let index = first; index < this.#count;) {
      const entries = await this.#read(index, TRANSACTION_INDEX_SCAN_ENTRIES)
      if (entries.length === 0) return
      for (const entry of entries) if (!visit(entry)) return
      index += entries.length
    }
  }

  async #read(first: number, atMost: number): Promise<AbortedTransaction[]> {
    const bytes = Buffer.allocUnsafe(
      Math.max(0, Math.min(atMost, this.#count - first)) * TRANSACTION_ENTRY_BYTES,
    )
    const filled = await this.#file.readAsync(bytes, first * TRANSACTION_ENTRY_BYTES)
    return decodeTransactionEntries(bytes.subarray(0, filled))
  }
}

/** An index that cannot be what was written: it is rebuilt. */
export class CorruptTransactionIndexError extends Error {
  override readonly name: string = 'CorruptTransactionIndexError'
}

/** Whole entries of a `.txnindex`. @throws CorruptTransactionIndexError */
export function decodeTransactionEntries(bytes: Buffer): AbortedTransaction[] {
  const entries: AbortedTransaction[] = []
  for (let at = 0; at + TRANSACTION_ENTRY_BYTES <= bytes.length; at += TRANSACTION_ENTRY_BYTES) {
    const version = bytes.readInt16BE(at)
    if (version !== VERSION) {
      throw new CorruptTransactionIndexError(
        `version ${version} of an entry is unknown; expected ${VERSION}`,
      )
    }
    entries.push({
      producerId: readInt64(bytes, at + 2),
      firstOffset: readInt64(bytes, at + 10),
      lastOffset: readInt64(bytes, at + 18),
      lastStableOffset: readInt64(bytes, at + 26),
    })
  }
  return entries
}

export const TRANSACTION_ENTRY_BYTES = 34
