import * as batch from '@ottla/records'
import type { Clock } from '@ottla/runtime'
import { BACKGROUND_SYNC_BYTES } from '../limits.ts'
import type { Segment } from '../segment.ts'
import { BatchChunks } from './batch-chunks.ts'
import { BatchFilter } from './batch-filter.ts'
import type { Cleanable } from './cleanable.ts'
import type { CleaningFigures } from './cleaning-figures.ts'
import { noFigures } from './cleaning-figures.ts'
import { DecidedTransactions } from './decided-transactions.ts'
import { mapKeys } from './map-keys.ts'
import { OffsetMap, SLOT_BYTES } from './offset-map.ts'
import type { Pace } from './pace.ts'
import { CleaningAbortedError } from './pace.ts'
import { segmentGroups } from './segment-groups.ts'

export interface CleanLogOptions {
  readonly clock: Clock
  readonly pace: Pace
  /** `log.cleaner.dedupe.buffer.size`: the most that the table of keys takes. */
  readonly dedupeBufferBytes: number
  /** `log.cleaner.io.buffer.load.factor`: how full it may get, 0 to 1. */
  readonly loadFactor: number
  /** `log.cleaner.io.buffer.size`: half of it for reads, half for writes. */
  readonly ioBufferBytes: number
  /** Called before the first segment is replaced: makes durable what is not, see LogCleaner. */
  readonly prepare: () => Promise<void>
}

export interface CleanedLog {
  /** Up to here the log is clean now. */
  readonly endOffset: number
  readonly figures: CleaningFigures
}

/**
 * Compacts a log: notes the last offset of each key of its dirty part, then writes all segments before
 * the end of that anew without what has a later record, group by group.
 *
 * All memory is taken when it begins and given back when it ends: the table of keys, no larger than it
 * can get full, and two buffers.
 *
 * @throws CleaningAbortedError, KafkaError CORRUPT_MESSAGE or INVALID_RECORD when a batch cannot be read,
 *   DiskError; what was replaced before stays so
 */
export async function cleanLog(
  cleanable: Cleanable,
  options: CleanLogOptions,
): Promise<CleanedLog> {
  return await new Cleaning(cleanable, options).run()
}

class Cleaning {
  readonly #cleanable: Cleanable
  readonly #options: CleanLogOptions
  readonly #figures: CleaningFigures = noFigures()
  readonly #map: OffsetMap
  readonly #keysMax: number
  readonly #readBuffer: Buffer
  readonly #writeBuffer: Buffer
  readonly #cuts: number
  #written = 0
  #unsyncedBytes = 0
  #unpaidBytes = 0

  constructor(cleanable: Cleanable, options: CleanLogOptions) {
    this.#cleanable = cleanable
    this.#options = options
    const { dedupeBufferBytes, loadFactor, ioBufferBytes } = options
    const recordsMax = cleanable.firstUncleanableOffset - cleanable.firstDirtyOffset
    const neededBytes = Math.ceil((recordsMax + 16) / loadFactor + 128) * SLOT_BYTES
    this.#map = new OffsetMap(Math.min(dedupeBufferBytes, neededBytes))
    const { slots } = this.#map
    this.#keysMax = Math.max(1, Math.min(Math.floor(slots * loadFactor), slots - 1))
    this.#readBuffer = Buffer.allocUnsafeSlow(Math.max(1_024, ioBufferBytes >>> 1))
    this.#writeBuffer = Buffer.allocUnsafeSlow(Math.max(1_024, ioBufferBytes >>> 1))
    this.#cuts = cleanable.compactable.cuts
  }

  async run(): Promise<CleanedLog> {
    const { clock, pace } = this.#options
    const { compactable, firstUncleanableOffset } = this.#cleanable
    const startMs = clock.monotonic()
    const nowMs = clock.now()
    await mapKeys({
      cleanable: this.#cleanable,
      map: this.#map,
      keysMax: this.#keysMax,
      readBuffer: this.#readBuffer,
      pace,
      figures: this.#figures,
    })
    const endOffset = this.#map.latestOffset + 1
    this.#figures.mapMs = clock.monotonic() - startMs
    this.#figures.bufferUtilization = this.#map.utilization
    await this.#options.prepare()
    await compactable.forgetSnapshotsBefore(endOffset)
    pace.beginSlice()
    const transactions = new DecidedTransactions()
    const segments = compactable.segments.filter(({ baseOffset }) => baseOffset < endOffset)
    const oldTombstonesUntilMs = this.#oldTombstonesUntilMs()
    const { config } = compactable.log
    for (const group of segmentGroups(segments, config, firstUncleanableOffset)) {
      await this.#cleanGroup(group, transactions, nowMs, oldTombstonesUntilMs)
    }
    this.#figures.durationMs = clock.monotonic() - startMs
    return { endOffset, figures: this.#figures }
  }

  /** Tombstones of formats 0 and 1 in segments that are older than this go. */
  #oldTombstonesUntilMs(): number {
    const { compactable, firstDirtyOffset } = this.#cleanable
    const lastClean = compactable.segments.findLast(
      ({ baseOffset }) => baseOffset < firstDirtyOffset,
    )
    if (lastClean === undefined) return 0
    return lastClean.retentionTimestampMs() - compactable.log.config.deleteRetentionMs
  }

  async #cleanGroup(
    group: readonly Segment[],
    transactions: DecidedTransactions,
    nowMs: number,
    oldTombstonesUntilMs: number,
  ): Promise<void> {
    const { compactable, firstUncleanableOffset } = this.#cleanable
    const { log } = compactable
    const cleaned = compactable.createCleaned(group[0]!.baseOffset)
    try {
      const filter = new BatchFilter({
        map: this.#map,
        transactions,
        producers: log.producers,
        nowMs,
        deleteRetentionMs: log.config.deleteRetentionMs,
        endOffset: firstUncleanableOffset,
        pace: this.#options.pace,
        figures: this.#figures,
        keepAborted: (transaction) => cleaned.txnIndex.append(transaction),
      })
      const { segments } = compactable
      for (const segment of group) {
        const next = segments[segments.indexOf(segment) + 1]
        const endOffset = next?.baseOffset ?? log.logEndOffset
        transactions.expect(await log.abortedTransactions(segment.baseOffset, endOffset))
        filter.keepsOldTombstones = segment.retentionTimestampMs() > oldTombstonesUntilMs
        await this.#copySegment(segment, cleaned, filter)
      }
      this.#writeOut(cleaned)
      await this.#options.pace.pay(this.#unpaidBytes)
      this.#unpaidBytes = 0
      cleaned.seal()
      await cleaned.sync()
      this.#options.pace.requireWanted()
    } catch (error) {
      await compactable.removeCleaned(cleaned)
      throw error
    }
    if (!(await compactable.replace(group, cleaned, this.#cuts))) throw new CleaningAbortedError()
  }

  async #copySegment(segment: Segment, cleaned: Segment, filter: BatchFilter): Promise<void> {
    const { pace } = this.#options
    const chunks = new BatchChunks(segment, 0, this.#readBuffer)
    for (;;) {
      pace.beginSlice()
      const sizeBytes = await chunks.next()
      if (sizeBytes === 0) return
      this.#figures.bytesRead += sizeBytes
      await pace.pay(sizeBytes)
      const { buffer } = chunks
      for (let at = 0; at < sizeBytes;) {
        if (pace.isOver()) await pace.rest()
        const size = batch.batchSizeBytes(buffer, at)
        const filtered = await filter.apply(buffer, at, size)
        if (filtered === 'unchanged') this.#write(buffer, at, at + size, cleaned)
        else if (filtered !== null) this.#write(filtered, 0, filtered.length, cleaned)
        at += size
      }
      await pace.pay(this.#unpaidBytes)
      this.#unpaidBytes = 0
      if (this.#unsyncedBytes < BACKGROUND_SYNC_BYTES) continue
      // Else the kernel would stall whoever writes next.
      this.#unsyncedBytes = 0
      await cleaned.syncLog()
    }
  }

  #write(bytes: Buffer, start: number, end: number, cleaned: Segment): void {
    if (this.#written + end - start > this.#writeBuffer.length) this.#writeOut(cleaned)
    this.#figures.bytesWritten += end - start
    if (end - start > this.#writeBuffer.length) {
      this.#append(bytes.subarray(start, end), cleaned)
      return
    }
    bytes.copy(this.#writeBuffer, this.#written, start, end)
    this.#written += end - start
  }

  #writeOut(cleaned: Segment): void {
    if (this.#written === 0) return
    this.#append(this.#writeBuffer.subarray(0, this.#written), cleaned)
    this.#written = 0
  }

  #append(bytes: Buffer, cleaned: Segment): void {
    cleaned.append(bytes, this.#cleanable.compactable.log.config.indexIntervalBytes)
    this.#unsyncedBytes += bytes.length
    this.#unpaidBytes += bytes.length
  }
}
