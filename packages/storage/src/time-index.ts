import { readInt64, writeInt64 } from '@ottla/records'
import { IndexFile } from './index-file.ts'
import type { LoadedIndexes } from './loaded-indexes.ts'
import type { OpenFiles } from './open-files.ts'

/** The greatest timestamp so far and the last offset of the first batch that had it. */
export interface TimestampAndOffset {
  readonly timestamp: number
  readonly offset: number
}

/**
 * From when on a segment's records are, sparsely: after the batch with this last offset no timestamp
 * up to it was greater than this one.
 *
 *     0  timestamp       int64  ms since 1970, the greatest so far
 *     8  relativeOffset  int32  of the batch that has it, less the segment's base offset
 *
 * Entries ascend in the timestamp, strictly.
 */
export class TimeIndex {
  readonly #baseOffset: number
  readonly #entries: IndexFile
  #last: TimestampAndOffset | null = null

  constructor(
    files: OpenFiles,
    path: string,
    baseOffset: number,
    sizeBytes: number | null,
    loadedIndexes: LoadedIndexes,
  ) {
    this.#baseOffset = baseOffset
    this.#entries = new IndexFile(files, path, TIME_ENTRY_BYTES, sizeBytes, loadedIndexes)
  }

  get entries(): IndexFile {
    return this.#entries
  }

  /** Timestamp -1 at the base offset when there is none. Reads the file the first time. */
  lastEntry(): TimestampAndOffset {
    this.#last ??= this.#readLast()
    return this.#last
  }

  /** Ignores what is not later than the last entry. */
  maybeAppend(timestamp: number, offset: number): void {
    if (timestamp <= this.lastEntry().timestamp) return
    const at = this.#entries.addEntry()
    writeInt64(this.#entries.recent, at, timestamp)
    this.#entries.recent.writeInt32BE(offset - this.#baseOffset, at + 8)
    this.#last = { timestamp, offset }
  }

  /** Whether `lookup` needs no disk. */
  isInMemory(): boolean {
    const { recentFrom } = this.#entries
    return recentFrom === 0 || this.#entries.isInMemory(recentFrom - 1)
  }

  /** The entry with the greatest timestamp <= `timestamp`; -1 at the base offset when there is none. */
  lookup(timestamp: number): TimestampAndOffset {
    let low = 0
    let high = this.#entries.count - 1
    while (low <= high) {
      const middle = (low + high) >>> 1
      if (this.#timestampAt(middle) <= timestamp) low = middle + 1
      else high = middle - 1
    }
    return high < 0 ? { timestamp: -1, offset: this.#baseOffset } : this.#entryAt(high)
  }

  /** Forgets all entries. */
  reset(): void {
    this.#entries.truncate(0)
    this.#last = null
  }

  /** Forgets entries for `offset` and later ones. */
  truncateTo(offset: number): void {
    let count = this.#entries.count
    while (count > 0 && this.#entryAt(count - 1).offset >= offset) count--
    this.#entries.truncate(count)
    this.#last = null
  }

  /** Forgets the last entry when it does not follow from the one before, or is not before `endOffset`. */
  dropBadEnd(endOffset: number): void {
    const { count } = this.#entries
    if (count === 0) return
    const last = this.#readAt(count - 1)
    const before = this.#readAt(count - 2)
    const isNext = last.timestamp > before.timestamp && last.offset >= before.offset
    if (isNext && last.offset < endOffset) return
    this.#entries.truncate(count - 1)
    this.#last = null
  }

  #readLast(): TimestampAndOffset {
    return this.#readAt(this.#entries.count - 1)
  }

  #readAt(slot: number): TimestampAndOffset {
    if (slot < 0) return { timestamp: -1, offset: this.#baseOffset }
    const entry = this.#entries.readEntry(slot)
    return { timestamp: readInt64(entry, 0), offset: this.#baseOffset + entry.readInt32BE(8) }
  }

  #timestampAt(slot: number): number {
    return readInt64(this.#entries.bufferOf(slot), this.#entries.positionOf(slot))
  }

  #entryAt(slot: number): TimestampAndOffset {
    const buffer = this.#entries.bufferOf(slot)
    const at = this.#entries.positionOf(slot)
    return {
      timestamp: readInt64(buffer, at),
      offset: this.#baseOffset + buffer.readInt32BE(at + 8),
    }
  }
}

export const TIME_ENTRY_BYTES = 12
