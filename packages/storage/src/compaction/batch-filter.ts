import * as batch from '@ottla/records'
import { RecordWalk, decodeBatch, encodeBatch, recordBytes } from '@ottla/records'
import type { ProducerEntry } from '../producer-entry.ts'
import type { AbortedTransaction } from '../transaction-index.ts'
import type { CleaningFigures } from './cleaning-figures.ts'
import type { DecidedTransactions } from './decided-transactions.ts'
import type { OffsetMap } from './offset-map.ts'
import type { Pace } from './pace.ts'

export interface BatchFilterOptions {
  readonly map: OffsetMap
  readonly transactions: DecidedTransactions
  readonly producers: ReadonlyMap<number, ProducerEntry>
  readonly nowMs: number
  readonly deleteRetentionMs: number
  /** The batch that ends here stays, if empty: where the cleaned part ended is not forgotten. */
  readonly endOffset: number
  readonly pace: Pace
  readonly figures: CleaningFigures
  /** Told of aborted transactions whose batches are not all gone. */
  readonly keepAborted: (transaction: AbortedTransaction) => void
}

/** Records between two looks at the clock. */
const RECORDS_PER_LOOK = 32

/** What a batch becomes: itself, another, or nothing. */
export type FilteredBatch = Buffer | 'unchanged' | null

/**
 * What is left of each batch, as Kafka's cleaner decides:
 *
 *   a record             stays if its key has no later one in the map
 *   a tombstone          stays until its batch's delete horizon, which it gets the first time (KIP-534)
 *   aborted records      go
 *   a marker             stays until nothing of its transaction is left, and its horizon has passed
 *   a producer's latest  stays, without its records if need be: it has the sequence, or the epoch
 *
 * A batch that loses nothing stays as it is, byte for byte.
 */
export class BatchFilter {
  readonly #options: BatchFilterOptions
  /** Where those records of a batch begin that stay. */
  #starts: Int32Array = new Int32Array(1_024)
  /** Whether tombstones of formats 0 and 1, which have no horizon, stay. */
  keepsOldTombstones = true

  constructor(options: BatchFilterOptions) {
    this.#options = options
  }

  async apply(buffer: Buffer, at: number, sizeBytes: number): Promise<FilteredBatch> {
    if (batch.magic(buffer, at) < batch.MAGIC_V2) return this.#oldBatch(buffer, at, sizeBytes)
    const { transactions, nowMs, keepAborted, endOffset } = this.#options
    const isControl = batch.isControlBatch(buffer, at)
    const mayGo = isControl
      ? transactions.onControl(buffer, at, keepAborted)
      : transactions.onRecords(buffer, at)
    const horizon = batch.deleteHorizonMs(buffer, at)
    const goes = mayGo && (!isControl || (horizon !== null && horizon <= nowMs))
    const isLast =
      this.#isLatestOfProducer(buffer, at, isControl) ||
      batch.lastOffset(buffer, at) + 1 === endOffset
    if (goes || batch.recordCount(buffer, at) === 0) {
      this.#options.figures.messagesRead += batch.recordCount(buffer, at)
      return isLast ? batch.emptyBatch(buffer, at) : null
    }
    if (isControl) return this.#marker(buffer, at, sizeBytes, mayGo && horizon === null)
    return await this.#records(buffer, at, sizeBytes, horizon, isLast)
  }

  /** Nothing but an old marker of a transaction that is gone gets a horizon. */
  #marker(buffer: Buffer, at: number, sizeBytes: number, getsHorizon: boolean): FilteredBatch {
    const { figures, nowMs, deleteRetentionMs } = this.#options
    const count = batch.recordCount(buffer, at)
    figures.messagesRead += count
    figures.messagesWritten += count
    if (!getsHorizon) return 'unchanged'
    const bytes = recordBytes(buffer, at, sizeBytes)
    const walk = new RecordWalk(bytes, 0, bytes.length)
    this.#makeRoom(count)
    let kept = 0
    while (walk.next()) this.#starts[kept++] = walk.start
    const horizon = nowMs + deleteRetentionMs
    return batch.retainRecords(buffer, at, walk, this.#starts, kept, horizon)
  }

  async #records(
    buffer: Buffer,
    at: number,
    sizeBytes: number,
    horizon: number | null,
    isLast: boolean,
  ): Promise<FilteredBatch> {
    const { figures, pace, nowMs, deleteRetentionMs } = this.#options
    const bytes = recordBytes(buffer, at, sizeBytes)
    const walk = new RecordWalk(bytes, 0, bytes.length)
    const base = batch.baseOffset(buffer, at)
    const keepsTombstones = horizon === null || nowMs < horizon
    this.#makeRoom(batch.recordCount(buffer, at))
    let read = 0
    let kept = 0
    let hasTombstones = false
    while (walk.next()) {
      if (++read % RECORDS_PER_LOOK === 0 && pace.isOver()) await pace.rest()
      if (!this.#isLatestOfKey(walk, base)) continue
      if (!walk.hasValue) {
        if (!keepsTombstones && base + walk.offsetDelta <= this.#options.map.latestOffset) continue
        hasTombstones = true
      }
      this.#starts[kept++] = walk.start
    }
    figures.messagesRead += read
    figures.messagesWritten += kept
    if (kept === 0) return isLast ? batch.emptyBatch(buffer, at) : null
    const getsHorizon = hasTombstones && horizon === null
    if (kept === read && !getsHorizon) return 'unchanged'
    const newHorizon = getsHorizon ? nowMs + deleteRetentionMs : horizon
    return batch.retainRecords(buffer, at, walk, this.#starts, kept, newHorizon)
  }

  /** What the map does not reach stays, and so does a key's last record; what has no key goes. */
  #isLatestOfKey(walk: RecordWalk, base: number): boolean {
    const { map, figures } = this.#options
    const offset = base + walk.offsetDelta
    if (offset > map.latestOffset) return true
    if (walk.keyStart < 0) {
      figures.invalidMessages++
      return false
    }
    return offset >= map.get(walk.bytes, walk.keyStart, walk.keyEnd)
  }

  #isLatestOfProducer(buffer: Buffer, at: number, isControl: boolean): boolean {
    const id = batch.producerId(buffer, at)
    if (id <= batch.NO_PRODUCER_ID) return false
    const producer = this.#options.producers.get(id)
    if (producer === undefined) return false
    if (producer.lastOffset >= 0) return batch.lastOffset(buffer, at) === producer.lastOffset
    return isControl && batch.producerEpoch(buffer, at) === producer.producerEpoch
  }

  /**
   * A message, or a compressed set of them, of format 0 or 1. One that loses some of its messages becomes a
   * batch of format 2: the old ones are not written here.
   */
  #oldBatch(buffer: Buffer, at: number, sizeBytes: number): FilteredBatch {
    const { map, figures } = this.#options
    const old = decodeBatch(buffer.subarray(at, at + sizeBytes))
    const records = old.records.filter(({ offset, key, value }) => {
      if (offset > map.latestOffset) return true
      if (key === null) {
        figures.invalidMessages++
        return false
      }
      const isLatest = offset >= map.get(key, 0, key.length)
      return isLatest && (value !== null || this.keepsOldTombstones)
    })
    figures.messagesRead += old.records.length
    figures.messagesWritten += records.length
    if (records.length === 0) return null
    if (records.length === old.records.length) return 'unchanged'
    return encodeBatch({
      records,
      baseOffset: records[0]!.offset,
      lastOffsetDelta: old.lastOffset - records[0]!.offset,
      compression: old.compression,
      timestampType: old.timestampType,
      ...(old.timestampType === 'LogAppendTime' ? { maxTimestamp: old.maxTimestamp } : {}),
    })
  }

  #makeRoom(count: number): void {
    if (this.#starts.length >= count) return
    this.#starts = new Int32Array(Math.max(count, this.#starts.length * 2))
  }
}
