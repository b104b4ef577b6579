import type { OpenFiles, PooledFile } from './open-files.ts'
import type { LoadedIndexes } from './loaded-indexes.ts'
import { UNWRITTEN_INDEX_ENTRIES_MAX } from './limits.ts'

/**
 * A file of equal entries in ascending order, appended at the end: what both indexes are made of.
 *
 * The newest entries are in memory, where most look-ups end, and are written in batches; the others
 * are loaded whole when asked for and may be dropped again. So an idle or an old segment costs no
 * memory but this object. The file is exactly as long as its entries: no preallocation, nothing to
 * trim, and Kafka opens it as it is.
 *
 * Invariants
 *   0 <= recentFrom <= written <= count
 *   entries [0, written) are in the file, entries [recentFrom, count) in `recent`
 */
export class IndexFile {
  readonly #file: PooledFile
  readonly #entryBytes: number
  readonly #loadedIndexes: LoadedIndexes
  #count: number
  #written: number
  #recentFrom: number
  #recent: Buffer = Buffer.alloc(0)
  /** The whole file as it was when it was loaded, or null. */
  #loaded: Buffer | null = null
  #truncations = 0
  #dirty = false
  #exists: boolean

  /** `sizeBytes` is the file's size, null when there is none; a partial last entry is ignored. */
  constructor(
    files: OpenFiles,
    path: string,
    entryBytes: number,
    sizeBytes: number | null,
    loadedIndexes: LoadedIndexes,
  ) {
    this.#file = files.file(path)
    this.#entryBytes = entryBytes
    this.#loadedIndexes = loadedIndexes
    this.#count = Math.floor((sizeBytes ?? 0) / entryBytes)
    this.#exists = sizeBytes !== null
    this.#written = this.#count
    this.#recentFrom = this.#count
  }

  get file(): PooledFile {
    return this.#file
  }

  get count(): number {
    return this.#count
  }

  get sizeBytes(): number {
    return this.#count * this.#entryBytes
  }

  /** Makes room for an entry at the end: the caller fills `buffer` at the position this returns. */
  addEntry(): number {
    const at = (this.#count - this.#recentFrom) * this.#entryBytes
    if (at + this.#entryBytes > this.#recent.length) return this.#addEntryWithMoreRoom()
    this.#count++
    return at
  }

  /** Where `addEntry`'s entries are. */
  get recent(): Buffer {
    return this.#recent
  }

  /** Whether entry `index` can be read now; if not, `load` first. */
  isInMemory(index: number): boolean {
    if (index >= this.#recentFrom) return true
    return this.#loaded !== null && index < this.#loaded.length / this.#entryBytes
  }

  bufferOf(index: number): Buffer {
    if (index >= this.#recentFrom) return this.#recent
    // What was loaded may end before it: entries leave `recent` while a file is being loaded.
    if (!this.isInMemory(index)) this.loadNow()
    return this.#loaded!
  }

  positionOf(index: number): number {
    return (index >= this.#recentFrom ? index - this.#recentFrom : index) * this.#entryBytes
  }

  /** The number of the first entry that `recent` holds. */
  get recentFrom(): number {
    return this.#recentFrom
  }

  /** Reads the entries that are not in memory. */
  async load(): Promise<void> {
    const truncations = this.#truncations
    const bytes = Buffer.allocUnsafe(this.#written * this.#entryBytes)
    const filled = await this.#file.readAsync(bytes, 0)
    // Entries that were cut off meanwhile must not come back.
    if (truncations === this.#truncations) this.#setLoaded(bytes.subarray(0, filled))
  }

  loadNow(): void {
    const bytes = Buffer.allocUnsafe(this.#written * this.#entryBytes)
    this.#setLoaded(bytes.subarray(0, this.#file.read(bytes, 0)))
  }

  /** For LoadedIndexes only. */
  unload(): void {
    this.#loaded = null
  }

  /** Reads one entry from the file, past all memory: for the last one of an index just opened. */
  readEntry(index: number): Buffer {
    const entry = Buffer.alloc(this.#entryBytes)
    if (index >= this.#recentFrom || this.isInMemory(index)) {
      this.bufferOf(index).copy(entry, 0, this.positionOf(index))
    } else {
      this.#file.read(entry, index * this.#entryBytes)
    }
    return entry
  }

  /** Writes what is in memory only, and makes the file even if it has nothing to hold. */
  writeOut(): void {
    if (this.#written === this.#count && this.#exists) return
    const from = (this.#written - this.#recentFrom) * this.#entryBytes
    const to = (this.#count - this.#recentFrom) * this.#entryBytes
    this.#file.write([this.#recent.subarray(from, to)], this.#written * this.#entryBytes)
    this.#written = this.#count
    this.#exists = true
    this.#dirty = true
  }

  /** What is in the file is of a process that was killed: it may be in the page cache only. */
  noteUnsynced(): void {
    this.#dirty = true
  }

  /** Whether `sync` has nothing to do. */
  get isDurable(): boolean {
    return !this.#dirty && this.#exists && this.#written === this.#count
  }

  /** Makes all entries durable. */
  async sync(): Promise<void> {
    this.writeOut()
    if (!this.#dirty) return
    this.#dirty = false
    try {
      await this.#file.sync()
    } catch (error) {
      this.#dirty = true
      throw error
    }
  }

  /** Gives up the memory of entries that are in the file: for a segment that takes no more. */
  seal(): void {
    this.writeOut()
    this.#recent = Buffer.alloc(0)
    this.#recentFrom = this.#count
  }

  truncate(count: number): void {
    this.#truncations++
    if (count < this.#recentFrom) {
      this.#recent = Buffer.alloc(0)
      this.#recentFrom = count
    }
    this.#count = count
    if (this.#written > count || count === 0) {
      this.#written = count
      this.#file.truncate(count * this.#entryBytes)
      this.#exists = true
      this.#dirty = true
    }
    this.#loadedIndexes.drop(this)
    this.#loaded = null
  }

  close(): void {
    this.#loadedIndexes.drop(this)
    this.#loaded = null
    this.#file.close()
  }

  #addEntryWithMoreRoom(): number {
    if (this.#count - this.#written >= UNWRITTEN_INDEX_ENTRIES_MAX) this.writeOut()
    // Keep the newest half of what is written: look-ups near the end stay in memory.
    const held = this.#count - this.#recentFrom
    const drop = Math.min(
      this.#written - this.#recentFrom,
      held >= UNWRITTEN_INDEX_ENTRIES_MAX ? Math.floor(held / 2) : 0,
    )
    const kept = held - drop
    const capacity = Math.max(8, kept * 2)
    const roomier = Buffer.alloc(capacity * this.#entryBytes)
    this.#recent.copy(roomier, 0, drop * this.#entryBytes, held * this.#entryBytes)
    this.#recent = roomier
    this.#recentFrom += drop
    this.#count++
    return kept * this.#entryBytes
  }

  #setLoaded(bytes: Buffer): void {
    this.#loaded = bytes
    this.#loadedIndexes.add(this, bytes.length)
  }
}
