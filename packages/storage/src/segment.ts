import {
  BATCH_HEADER_BYTES,
  baseOffset,
  batchSizeBytes,
  lastOffset,
  magic,
  maxTimestamp,
} from '@ottla/records'
import { assert } from '@ottla/runtime'
import type { BatchVisitor, ScanResult } from './batch-scan.ts'
import { scanBatches } from './batch-scan.ts'
import { SMALLEST_BATCH_BYTES } from './limits.ts'
import { defaultLogConfig } from './log-config.ts'
import type { PooledFile } from './open-files.ts'
import { OFFSET_ENTRY_BYTES, OffsetIndex } from './offset-index.ts'
import {
  CLEANED_SUFFIX,
  DELETED_SUFFIX,
  INDEX_SUFFIX,
  LOG_SUFFIX,
  TIME_INDEX_SUFFIX,
  TXN_INDEX_SUFFIX,
  offsetFileName,
} from './paths.ts'
import type { StorageResources } from './resources.ts'
import type { TimestampAndOffset } from './time-index.ts'
import { TIME_ENTRY_BYTES, TimeIndex } from './time-index.ts'
import { TransactionIndex } from './transaction-index.ts'

export interface SegmentOptions {
  readonly directory: string
  /** Of the `.log` file, when its name is not the usual one. */
  readonly logPath?: string
  readonly baseOffset: number
  /** What the names of its files end with besides: `.cleaned` while compaction writes it; default nothing. */
  readonly suffix?: string
  /** Sizes of the files, null where there is none. */
  readonly logBytes: number
  readonly indexBytes: number | null
  readonly timeIndexBytes: number | null
  readonly txnIndexBytes: number | null
  /** How much earlier than `segment.ms` says this one rolls, so that not all roll at once. */
  readonly rollJitterMs: number
}

/**
 * One segment of a partition's log: a `.log` file of whole batches, found through sparse indexes.
 *
 * Invariants
 *   baseOffset <= every offset in the file
 *   every offset - baseOffset < 2^31: an index entry holds it in an int32
 *   bytes of the file beyond `sizeBytes` mean nothing
 */
export class Segment {
  readonly baseOffset: number
  rollJitterMs: number
  readonly offsetIndex: OffsetIndex
  readonly timeIndex: TimeIndex
  readonly txnIndex: TransactionIndex
  readonly #resources: StorageResources
  readonly #log: PooledFile
  readonly #directory: string
  #suffix: string
  #sizeBytes: number
  #bytesSinceIndexEntry = 0
  #newestTimestamp: TimestampAndOffset | null = null
  /** Max timestamp of the first batch: what `segment.ms` counts from. -1: not known, or none. */
  #firstTimestamp = -1
  #isFirstTimestampKnown = false
  #createdMs: number
  /** Running totals: what was written, and how much of it is durable. */
  #writtenBytes = 0
  #syncedBytes = 0
  #rebuilding: Promise<void> | null = null
  #isPreallocated = false
  /** Whether it takes no more batches. */
  isSealed = false
  /** Whether it has left the log; its files may still be there. */
  isDeleted = false

  constructor(resources: StorageResources, options: SegmentOptions) {
    const { directory, openFiles } = { ...options, openFiles: resources.openFiles }
    const { loadedIndexes } = resources
    this.#resources = resources
    this.#directory = directory
    this.#suffix = options.suffix ?? ''
    this.baseOffset = options.baseOffset
    this.rollJitterMs = options.rollJitterMs
    this.#log = openFiles.file(options.logPath ?? this.#path(LOG_SUFFIX))
    this.#sizeBytes = options.logBytes
    this.offsetIndex = new OffsetIndex(
      openFiles,
      this.#path(INDEX_SUFFIX),
      this.baseOffset,
      options.indexBytes,
      loadedIndexes,
    )
    this.timeIndex = new TimeIndex(
      openFiles,
      this.#path(TIME_INDEX_SUFFIX),
      this.baseOffset,
      options.timeIndexBytes,
      loadedIndexes,
    )
    this.txnIndex = new TransactionIndex(
      openFiles,
      this.#path(TXN_INDEX_SUFFIX),
      this.baseOffset,
      options.txnIndexBytes,
    )
    this.#createdMs = resources.clock.now()
  }

  /** A new, empty one: its file is made, in place of whatever had its name. */
  static create(
    resources: StorageResources,
    directory: string,
    baseOffset: number,
    rollJitterMs: number,
  ): Segment {
    const segment = new Segment(resources, {
      directory,
      baseOffset,
      logBytes: 0,
      indexBytes: null,
      timeIndexBytes: null,
      txnIndexBytes: null,
      rollJitterMs,
    })
    segment.#log.truncate(0)
    return segment
  }

  /** A new, empty one that compaction fills, beside the segments that it is to replace. */
  static createCleaned(
    resources: StorageResources,
    directory: string,
    baseOffset: number,
  ): Segment {
    const segment = new Segment(resources, {
      directory,
      baseOffset,
      suffix: CLEANED_SUFFIX,
      logBytes: 0,
      indexBytes: null,
      timeIndexBytes: null,
      txnIndexBytes: null,
      rollJitterMs: 0,
    })
    for (const file of segment.#files) if (file.sizeBytes() > 0) file.truncate(0)
    segment.#log.truncate(0)
    return segment
  }

  /** `preallocate`: the file gets its full size at once, with zeros behind the batches. */
  preallocate(sizeBytes: number): void {
    this.#log.truncate(sizeBytes)
    this.#isPreallocated = true
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  get file(): PooledFile {
    return this.#log
  }

  get unsyncedBytes(): number {
    return this.#writtenBytes - this.#syncedBytes
  }

  /** The greatest timestamp in the segment and the last offset of the first batch that has it. */
  get newestTimestamp(): TimestampAndOffset {
    this.#newestTimestamp ??= this.timeIndex.lastEntry()
    return this.#newestTimestamp
  }

  /** What `retention.ms` counts from: of the records, or of the file when they have no timestamps. */
  retentionTimestampMs(): number {
    const { timestamp } = this.newestTimestamp
    if (timestamp >= 0) return timestamp
    return this.#resources.disk.stat(this.#log.path)?.modifiedMs ?? this.#createdMs
  }

  /** How long the segment has waited to be rolled, as `segment.ms` means it: by record timestamps. */
  ageMs(nextTimestamp: number): number {
    const first = this.firstBatchTimestamp()
    return first >= 0 ? nextTimestamp - first : this.#resources.clock.now() - this.#createdMs
  }

  /** `segment.index.bytes`; the time index keeps room for the entry that `seal` adds. */
  isIndexFull(maxBytes: number): boolean {
    const { entries } = this.offsetIndex
    return (
      entries.count >= Math.floor(maxBytes / OFFSET_ENTRY_BYTES) ||
      this.timeIndex.entries.count >= Math.floor(maxBytes / TIME_ENTRY_BYTES) - 1
    )
  }

  /** Whether `offset` is near enough to the base offset to be indexed. */
  canHold(offset: number): boolean {
    return offset - this.baseOffset <= 0x7fff_ffff
  }

  /**
   * Writes validated batches, whose bytes are consecutive in `records`, into the page cache.
   * If it throws, the segment is as it was.
   */
  append(records: Buffer, indexIntervalBytes: number): void {
    assert(baseOffset(records, 0) >= this.baseOffset, 'offsets begin at the base offset')
    this.#log.write([records], this.#sizeBytes)
    this.#writtenBytes += records.length
    for (let at = 0; at < records.length;) {
      const size = batchSizeBytes(records, at)
      this.noteBatch(records, at, size, this.#sizeBytes + at, indexIntervalBytes)
      at += size
    }
    this.#sizeBytes += records.length
  }

  /** Enters one batch into the indexes: on append, and when they are rebuilt. */
  noteBatch(
    buffer: Buffer,
    at: number,
    sizeBytes: number,
    position: number,
    indexIntervalBytes: number,
  ): void {
    const timestamp = maxTimestamp(buffer, at)
    const last = lastOffset(buffer, at)
    if (position === 0) {
      this.#firstTimestamp = timestamp
      this.#isFirstTimestampKnown = true
    }
    if (timestamp > this.newestTimestamp.timestamp) {
      this.#newestTimestamp = { timestamp, offset: last }
    }
    if (this.#bytesSinceIndexEntry > indexIntervalBytes) {
      this.offsetIndex.append(last, position)
      const newest = this.newestTimestamp
      this.timeIndex.maybeAppend(newest.timestamp, newest.offset)
      this.#bytesSinceIndexEntry = 0
    }
    this.#bytesSinceIndexEntry += sizeBytes
  }

  /** A position at or before the batch that holds `offset`, from the index. */
  async floorPosition(offset: number): Promise<number> {
    const position = await this.#lookup(offset)
    if (this.#isBatchUpTo(offset, position)) return position
    this.#resources.logger.warn('an index has a wrong entry', { file: this.#log.path, position })
    // The active segment's index changes while it is read: it is rebuilt by the next start.
    if (!this.isSealed) return 0
    this.#rebuilding ??= this.rebuildIndexes(defaultLogConfig.indexIntervalBytes)
    await this.#rebuilding
    return this.#lookup(offset)
  }

  /** Batches up to the one that holds `offset` and about `maxBytes` of what is before it. Blocking. */
  readBackNow(offset: number, maxBytes: number): Buffer {
    const floor = this.offsetIndex.lookup(offset)
    const from = this.offsetIndex.floorOfPosition(floor - maxBytes)
    const bytes = Buffer.allocUnsafe(Math.min(this.#sizeBytes - from, floor - from + maxBytes))
    return bytes.subarray(0, this.#log.read(bytes, from))
  }

  /** Visits batches from `from` on. */
  scan(from: number, isChecked: boolean, visit: BatchVisitor): Promise<ScanResult> {
    return scanBatches(this.#log, from, this.#sizeBytes, isChecked, visit)
  }

  /** The offset after the last whole batch, and why the file does not end there; reads its last few kilobytes. */
  async readEnd(): Promise<{ readonly nextOffset: number; readonly fault: string | null }> {
    let nextOffset = this.baseOffset
    const entry = this.offsetIndex.lastEntry()
    const { fault } = await this.scan(entry?.position ?? 0, false, (buffer, at) => {
      nextOffset = lastOffset(buffer, at) + 1
      return true
    })
    return { nextOffset, fault }
  }

  /** Builds the offset and the time index anew from the batches. */
  async rebuildIndexes(indexIntervalBytes: number): Promise<void> {
    this.resetIndexes()
    await this.scan(0, false, (buffer, at, size, position) => {
      this.noteBatch(buffer, at, size, position, indexIntervalBytes)
      return true
    })
  }

  /** Forgets the offset and the time index. */
  resetIndexes(): void {
    this.offsetIndex.entries.truncate(0)
    this.timeIndex.reset()
    this.#newestTimestamp = { timestamp: -1, offset: this.baseOffset }
    this.#bytesSinceIndexEntry = 0
  }

  /** Removes what a failed write may have left behind the end. */
  dropUnfinishedWrite(): void {
    this.#log.truncate(this.#sizeBytes)
  }

  /** Its bytes are of a process that was killed: they may be in the page cache only. */
  noteUnsynced(): void {
    this.#writtenBytes += 1
  }

  /** Cuts the log at `position`, where a batch ends. The indexes are the caller's business. */
  cutAt(position: number): void {
    this.#log.truncate(position)
    this.#isPreallocated = false
    this.#sizeBytes = position
    this.noteUnsynced()
  }

  /** Removes all batches. */
  clear(): void {
    this.isSealed = false
    this.resetIndexes()
    this.txnIndex.reset()
    this.#cutAll()
  }

  /** Where the batch begins that holds `offset`; `offset` itself where none does. */
  async batchStart(offset: number): Promise<number> {
    let start = offset
    await this.scan(await this.floorPosition(offset), false, (buffer, at) => {
      if (lastOffset(buffer, at) < offset) return true
      start = Math.min(baseOffset(buffer, at), offset)
      return false
    })
    return start
  }

  /** Removes the batch that holds `offset` and all after it. */
  async truncateTo(offset: number): Promise<void> {
    this.isSealed = false
    let cut = this.#sizeBytes
    const from = await this.floorPosition(offset)
    await this.scan(from, false, (buffer, at, _size, position) => {
      if (lastOffset(buffer, at) < offset) return true
      cut = position
      return false
    })
    this.offsetIndex.truncateTo(offset)
    this.timeIndex.truncateTo(offset)
    await this.txnIndex.truncateTo(offset)
    if (cut === 0) this.#cutAll()
    else this.cutAt(cut)
    this.#bytesSinceIndexEntry = 0
    await this.#rereadNewestTimestamp()
  }

  #cutAll(): void {
    this.cutAt(0)
    this.#isFirstTimestampKnown = false
    this.#createdMs = this.#resources.clock.now()
  }

  /** The last entry of the time index is the newest timestamp: a segment's age is known without reading it. */
  seal(): void {
    this.isSealed = true
    if (this.#isPreallocated) this.cutAt(this.#sizeBytes)
    const { timestamp, offset } = this.newestTimestamp
    this.timeIndex.maybeAppend(timestamp, offset)
    this.offsetIndex.entries.seal()
    this.timeIndex.entries.seal()
  }

  /**
   * Seals it again, as far as the end of its files goes: a crash may have undone what `seal` did, though
   * all of its batches, which end before `endOffset`, and all index entries before that are durable. Or
   * the process was killed, and what `seal` did is in the page cache only: the next `sync` sees to it.
   */
  async sealAgain(endOffset: number): Promise<void> {
    this.timeIndex.dropBadEnd(endOffset)
    const from = await this.floorPosition(Infinity)
    const { position } = await this.scan(from, false, () => true)
    if (this.#isPaddingAt(position)) this.cutAt(position)
    await this.#rereadNewestTimestamp()
    this.seal()
    this.noteUnsynced()
    this.offsetIndex.entries.noteUnsynced()
    this.timeIndex.entries.noteUnsynced()
  }

  /** Whether `sync` has nothing to do: an old segment costs a flush no promise. */
  get isDurable(): boolean {
    return (
      this.unsyncedBytes === 0 &&
      this.offsetIndex.entries.isDurable &&
      this.timeIndex.entries.isDurable &&
      this.txnIndex.isDurable
    )
  }

  /** Makes everything written before this call durable, the indexes too. */
  async sync(): Promise<void> {
    await this.syncLog()
    await this.offsetIndex.entries.sync()
    await this.timeIndex.entries.sync()
    await this.txnIndex.sync()
  }

  /** As `sync`, the batches only: indexes can be rebuilt from them. */
  async syncLog(): Promise<void> {
    const written = this.#writtenBytes
    if (written === this.#syncedBytes) return
    await this.#log.sync()
    this.#syncedBytes = Math.max(this.#syncedBytes, written)
  }

  /** Closes its files until they are used again. */
  rest(): void {
    this.#log.rest()
    this.offsetIndex.entries.file.rest()
    this.timeIndex.entries.file.rest()
  }

  /** Closes its files for good. */
  close(): void {
    this.#log.close()
    this.offsetIndex.entries.close()
    this.timeIndex.entries.close()
    this.txnIndex.close()
  }

  /**
   * As `markDeleted`, the batches only: durable before the other names go, it keeps a crash from bringing
   * them back without the list of what was aborted, which nobody would miss.
   */
  markBatchesDeleted(): void {
    this.isDeleted = true
    this.close()
    this.#log.rename(`${this.#path(LOG_SUFFIX)}${DELETED_SUFFIX}`)
  }

  /** Adds `.deleted` to the files' names, so that a restart deletes them. @returns Their paths. */
  markDeleted(): string[] {
    this.isDeleted = true
    this.close()
    const there = this.#files.filter((file) => this.#resources.disk.stat(file.path) !== null)
    this.rename(DELETED_SUFFIX)
    return there.map((file) => file.path)
  }

  /** What the names of its files end with besides: nothing, in a log. */
  get suffix(): string {
    return this.#suffix
  }

  /** Gives its files other names, durable with the directory. Calls under way go on. */
  rename(suffix: string): void {
    this.#suffix = suffix
    const names = [LOG_SUFFIX, INDEX_SUFFIX, TIME_INDEX_SUFFIX, TXN_INDEX_SUFFIX]
    for (const [index, file] of this.#files.entries()) file.rename(this.#path(names[index]!))
  }

  async #lookup(offset: number): Promise<number> {
    if (!this.offsetIndex.isInMemoryFor(offset)) await this.offsetIndex.entries.load()
    return this.offsetIndex.lookup(offset)
  }

  /** Whether an index entry for `offset` may say `position`: there is a batch that ends by then. */
  #isBatchUpTo(offset: number, position: number): boolean {
    if (position === 0) return true
    const available = Math.min(this.#sizeBytes - position, BATCH_HEADER_BYTES)
    if (position < 0 || available < SMALLEST_BATCH_BYTES) return false
    const header = Buffer.allocUnsafe(available)
    this.#log.read(header, position)
    const format = magic(header, 0)
    if (format < 0 || format > 2) return false
    return baseOffset(header, 0) >= this.baseOffset && lastOffset(header, 0) <= offset
  }

  /** Whether what `preallocate` made is left there: no batch begins with zeros for its length. */
  #isPaddingAt(position: number): boolean {
    if (position >= this.#sizeBytes) return false
    const bytes = Buffer.alloc(Math.min(this.#sizeBytes - position, SMALLEST_BATCH_BYTES))
    this.#log.read(bytes, position)
    return bytes.every((byte) => byte === 0)
  }

  async #rereadNewestTimestamp(): Promise<void> {
    let newest = this.timeIndex.lastEntry()
    const from = await this.floorPosition(newest.offset)
    await this.scan(from, false, (buffer, at) => {
      const timestamp = maxTimestamp(buffer, at)
      if (timestamp > newest.timestamp) newest = { timestamp, offset: lastOffset(buffer, at) }
      return true
    })
    this.#newestTimestamp = newest
  }

  /** Max timestamp of the first batch: what its age counts from. -1: not known, or none. */
  firstBatchTimestamp(): number {
    if (!this.#isFirstTimestampKnown && this.#sizeBytes > 0) {
      const header = Buffer.allocUnsafe(Math.min(this.#sizeBytes, BATCH_HEADER_BYTES))
      this.#log.read(header, 0)
      this.#firstTimestamp = maxTimestamp(header, 0)
      this.#isFirstTimestampKnown = true
    }
    return this.#isFirstTimestampKnown ? this.#firstTimestamp : -1
  }

  get #files(): readonly PooledFile[] {
    return [
      this.#log,
      this.offsetIndex.entries.file,
      this.timeIndex.entries.file,
      this.txnIndex.file,
    ]
  }

  #path(suffix: string): string {
    return `${this.#directory}/${offsetFileName(this.baseOffset, suffix)}${this.#suffix}`
  }
}
