import { assert } from '@ottla/runtime'
import { IndexFile } from './index-file.ts'
import type { LoadedIndexes } from './loaded-indexes.ts'
import type { OpenFiles } from './open-files.ts'

/**
 * Where in a segment's `.log` an offset is, sparsely.
 *
 *     0  relativeOffset  int32  a batch's last offset, less the segment's base offset
 *     4  position        int32  of that batch in the `.log`
 *
 * Entries ascend in both fields.
 */
export class OffsetIndex {
  readonly #baseOffset: number
  readonly #entries: IndexFile

  constructor(
    files: OpenFiles,
    path: string,
    baseOffset: number,
    sizeBytes: number | null,
    loadedIndexes: LoadedIndexes,
  ) {
    this.#baseOffset = baseOffset
    this.#entries = new IndexFile(files, path, OFFSET_ENTRY_BYTES, sizeBytes, loadedIndexes)
  }

  get entries(): IndexFile {
    return this.#entries
  }

  append(lastOffset: number, position: number): void {
    const relativeOffset = lastOffset - this.#baseOffset
    assert(relativeOffset >= 0 && relativeOffset <= 0x7fff_ffff, 'a segment spans 2^31 offsets')
    const at = this.#entries.addEntry()
    this.#entries.recent.writeInt32BE(relativeOffset, at)
    this.#entries.recent.writeInt32BE(position, at + 4)
  }

  /** Whether `lookup(offset)` needs no disk. */
  isInMemoryFor(offset: number): boolean {
    const { count, recentFrom } = this.#entries
    if (recentFrom === 0 || this.#entries.isInMemory(recentFrom - 1)) return true
    return recentFrom < count && this.#offsetAt(recentFrom) <= offset
  }

  /**
   * The position of the indexed batch with the greatest last offset <= `offset`; 0 when all are
   * greater. The batch that holds `offset` is there or after it.
   */
  lookup(offset: number): number {
    const slot = this.#slotFor(offset)
    if (slot < 0) return 0
    return this.#entries.bufferOf(slot).readInt32BE(this.#entries.positionOf(slot) + 4)
  }

  /** The greatest indexed position <= `position`; 0 when all are greater. */
  floorOfPosition(position: number): number {
    const entries = this.#entries
    let low = 0
    let high = entries.count - 1
    let floor = 0
    while (low <= high) {
      const middle = (low + high) >>> 1
      const found = entries.bufferOf(middle).readInt32BE(entries.positionOf(middle) + 4)
      if (found <= position) {
        floor = found
        low = middle + 1
      } else high = middle - 1
    }
    return floor
  }

  /** The last entry, read from the file if it must be; null when there is none. */
  lastEntry(): { readonly offset: number; readonly position: number } | null {
    const { count } = this.#entries
    if (count === 0) return null
    const entry = this.#entries.readEntry(count - 1)
    return { offset: this.#baseOffset + entry.readInt32BE(0), position: entry.readInt32BE(4) }
  }

  /** Forgets entries at or above `offset`. */
  truncateTo(offset: number): void {
    this.#entries.truncate(this.#slotFor(offset - 1) + 1)
  }

  /** The greatest slot whose offset is <= `offset`; -1 when there is none. */
  #slotFor(offset: number): number {
    const entries = this.#entries
    const relativeOffset = offset - this.#baseOffset
    let low = 0
    let high = entries.count - 1
    // Mostly the answer is near the end, and in memory: do not load the rest for nothing.
    if (entries.recentFrom < entries.count && this.#offsetAt(entries.recentFrom) <= offset) {
      low = entries.recentFrom
    }
    while (low <= high) {
      const middle = (low + high) >>> 1
      const found = entries.bufferOf(middle).readInt32BE(entries.positionOf(middle))
      if (found <= relativeOffset) low = middle + 1
      else high = middle - 1
    }
    return high
  }

  #offsetAt(slot: number): number {
    const buffer = this.#entries.bufferOf(slot)
    return this.#baseOffset + buffer.readInt32BE(this.#entries.positionOf(slot))
  }
}

export const OFFSET_ENTRY_BYTES = 8
