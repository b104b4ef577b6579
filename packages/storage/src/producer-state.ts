import { KafkaError } from '@ottla/protocol'
import * as batch from '@ottla/records'
import { assert } from '@ottla/runtime'
import { endTransactionMarker } from './end-transaction-marker.ts'
import type { RememberedBatch } from './producer-entry.ts'
import { ProducerEntry } from './producer-entry.ts'
import type { AbortedTransaction } from './transaction-index.ts'

/** Who appends: it decides how much is demanded of sequences and epochs. */
export type AppendOrigin = 'client' | 'coordinator' | 'admin' | 'replication'

/** Where a batch was stored that a producer has now sent again. */
export interface DuplicateBatch {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly timestamp: number
}

interface Transaction {
  readonly producerId: number
  readonly firstOffset: number
}

interface EndedTransaction extends Transaction {
  /** Of its marker. */
  readonly lastOffset: number
  readonly isAborted: boolean
}

/** What appended batches would change; `commit` makes it so. */
export interface PreparedAppend {
  readonly entries: readonly ProducerEntry[]
  readonly started: readonly Transaction[]
  readonly completed: readonly EndedTransaction[]
}

const NO_CHANGE: PreparedAppend = { entries: [], started: [], completed: [] }
const NONE_ABORTED: readonly AbortedTransaction[] = []

/**
 * What a partition remembers of its producers: the latest sequences of idempotent ones, which batch
 * repeats an earlier one, and which transactions are open (KIP-98). A fold of the log.
 *
 * An append is prepared on copies, then written, then committed: one that is refused, or cannot be
 * written, changes nothing.
 */
export class ProducerState {
  readonly #name: string
  readonly #entries: Map<number, ProducerEntry> = new Map()
  /** By first offset, ascending. */
  readonly #open: Map<number, Transaction> = new Map()
  /** Ended, but their marker is not below the high watermark yet. In the order of their markers. */
  readonly #unreplicated: Map<number, EndedTransaction> = new Map()
  /** The least first offset of those; -1: there is none. */
  #firstUnreplicatedOffset = -1

  /** Finds batches of a producer in the log that are not remembered, oldest first. */
  recall: ((entry: ProducerEntry) => RememberedBatch[]) | null = null

  /** The state is that of the log before this offset. */
  endOffset = 0

  /** `name` is the partition's, for messages. */
  constructor(name: string) {
    this.#name = name
  }

  get entries(): ReadonlyMap<number, ProducerEntry> {
    return this.#entries
  }

  /**
   * The first offset that a reader of committed records may not see yet: of the oldest transaction
   * that is open, or whose end is not replicated. -1: there is none.
   */
  get firstUnstableOffset(): number {
    const open = firstKey(this.#open)
    const unreplicated = this.#firstUnreplicatedOffset
    if (open === -1 || unreplicated === -1) return Math.max(open, unreplicated)
    return Math.min(open, unreplicated)
  }

  /** The first offset of the oldest open transaction; -1: there is none. */
  get firstUndecidedOffset(): number {
    return firstKey(this.#open)
  }

  /** Becomes what `other` is, of which this log is a copy. */
  adopt(other: ProducerState): void {
    assert(other.endOffset === this.endOffset, 'a copy has the records of what it copies')
    this.#entries.clear()
    for (const [id, entry] of other.#entries) this.#entries.set(id, entry.clone())
    this.#open.clear()
    for (const [offset, transaction] of other.#open) this.#open.set(offset, transaction)
    this.#unreplicated.clear()
    for (const [offset, ended] of other.#unreplicated) this.#unreplicated.set(offset, ended)
    this.#firstUnreplicatedOffset = other.#firstUnreplicatedOffset
  }

  /**
   * Checks the batches of a leader's append, which have their offsets already.
   *
   * @returns Where the first batch is stored that was sent before: then nothing is to be appended.
   * @throws KafkaError INVALID_PRODUCER_EPOCH, OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_TXN_STATE,
   *   TRANSACTION_COORDINATOR_FENCED
   */
  prepare(records: Buffer, origin: AppendOrigin): PreparedAppend | DuplicateBatch {
    // Most producers are not idempotent and need none of this.
    const first = firstWithProducer(records)
    if (first === records.length) return NO_CHANGE
    const entries: Map<number, ProducerEntry> = new Map()
    const started: Transaction[] = []
    const completed: EndedTransaction[] = []
    for (let at = first; at < records.length; at += batch.batchSizeBytes(records, at)) {
      const producerId = batch.producerId(records, at)
      if (producerId <= batch.NO_PRODUCER_ID) continue
      if (origin === 'client') {
        const duplicate = this.#findDuplicate(records, at, producerId)
        if (duplicate !== null) return duplicate
      }
      let entry = entries.get(producerId)
      if (entry === undefined) {
        const current = this.#entries.get(producerId)
        entry = current === undefined ? new ProducerEntry(producerId) : current.clone()
        entries.set(producerId, entry)
      }
      const isKnown = this.#entries.has(producerId)
      this.#applyBatch(entry, records, at, origin, isKnown, started, completed)
    }
    return { entries: [...entries.values()], started, completed }
  }

  /**
   * The prepared batches are in the log, which now ends at `endOffset`.
   *
   * @returns Which transactions they aborted: entries for the transaction index.
   */
  commit(prepared: PreparedAppend, endOffset: number): readonly AbortedTransaction[] {
    assert(endOffset >= this.endOffset, 'the log only grows')
    this.endOffset = endOffset
    for (const entry of prepared.entries) this.#entries.set(entry.producerId, entry)
    for (const transaction of prepared.started) {
      this.#open.set(transaction.firstOffset, transaction)
    }
    if (prepared.completed.length === 0) return NONE_ABORTED
    const aborted: AbortedTransaction[] = []
    for (const ended of prepared.completed) {
      this.#open.delete(ended.firstOffset)
      this.#unreplicated.set(ended.firstOffset, ended)
      const least = this.#firstUnreplicatedOffset
      if (least === -1 || ended.firstOffset < least) {
        this.#firstUnreplicatedOffset = ended.firstOffset
      }
      if (!ended.isAborted) continue
      const { producerId, firstOffset, lastOffset } = ended
      const lastStableOffset = this.#undecidedOffsetBut(producerId) ?? lastOffset + 1
      aborted.push({ producerId, firstOffset, lastOffset, lastStableOffset })
    }
    return aborted
  }

  /**
   * One batch of the log itself, as on recovery or from a leader: it is taken as it is.
   *
   * @returns As `commit`.
   */
  replay(buffer: Buffer, at: number): readonly AbortedTransaction[] {
    const end = batch.lastOffset(buffer, at) + 1
    const producerId = batch.producerId(buffer, at)
    if (producerId <= batch.NO_PRODUCER_ID) {
      this.endOffset = end
      return NONE_ABORTED
    }
    const prepared = this.prepare(
      buffer.subarray(at, at + batch.batchSizeBytes(buffer, at)),
      'replication',
    )
    assert('entries' in prepared, 'replicated batches are not looked up as duplicates')
    return this.commit(prepared, end)
  }

  /** Ends that are replicated no longer hold back readers of committed records. */
  onHighWatermark(highWatermark: number): void {
    const { size } = this.#unreplicated
    for (const [firstOffset, transaction] of this.#unreplicated) {
      if (transaction.lastOffset >= highWatermark) break
      this.#unreplicated.delete(firstOffset)
    }
    if (this.#unreplicated.size === size) return
    // One that began earlier may have ended later than another.
    this.#firstUnreplicatedOffset = -1
    for (const firstOffset of this.#unreplicated.keys()) {
      const least = this.#firstUnreplicatedOffset
      if (least === -1 || firstOffset < least) this.#firstUnreplicatedOffset = firstOffset
    }
  }

  /** Takes over a snapshot's entries, in place of all there is. */
  load(entries: readonly ProducerEntry[], endOffset: number): void {
    this.clear(endOffset)
    const open = entries.filter((entry) => entry.currentTxnFirstOffset >= 0)
    open.sort((a, b) => a.currentTxnFirstOffset - b.currentTxnFirstOffset)
    for (const { producerId, currentTxnFirstOffset: firstOffset } of open) {
      this.#open.set(firstOffset, { producerId, firstOffset })
    }
    for (const entry of entries) this.#entries.set(entry.producerId, entry)
  }

  clear(endOffset: number): void {
    this.#entries.clear()
    this.#open.clear()
    this.#unreplicated.clear()
    this.#firstUnreplicatedOffset = -1
    this.endOffset = endOffset
  }

  /** Forgets producers that have been silent for `expirationMs` and have no open transaction. */
  expire(nowMs: number, expirationMs: number): void {
    for (const [producerId, entry] of this.#entries) {
      if (isExpired(entry, nowMs, expirationMs)) this.#entries.delete(producerId)
    }
  }

  /** The first offset of the oldest transaction that is open and not of this producer. */
  #undecidedOffsetBut(producerId: number): number | undefined {
    for (const open of this.#open.values()) {
      if (open.producerId !== producerId) return open.firstOffset
    }
    return undefined
  }

  #findDuplicate(records: Buffer, at: number, producerId: number): DuplicateBatch | null {
    const entry = this.#entries.get(producerId)
    if (entry === undefined) return null
    const epoch = batch.producerEpoch(records, at)
    const first = batch.baseSequence(records, at)
    const last = batch.lastSequence(records, at)
    let found = entry.findDuplicate(epoch, first, last)
    if (
      found === null &&
      entry.isFromSnapshot &&
      epoch === entry.producerEpoch &&
      !entry.isNext(first)
    ) {
      entry.batches.unshift(...(this.recall?.(entry) ?? []))
      entry.isFromSnapshot = false
      found = entry.findDuplicate(epoch, first, last)
    }
    if (found === null) return null
    const { lastOffset, offsetDelta, timestamp } = found
    return { baseOffset: lastOffset - offsetDelta, lastOffset, timestamp }
  }

  #applyBatch(
    entry: ProducerEntry,
    records: Buffer,
    at: number,
    origin: AppendOrigin,
    isKnown: boolean,
    started: Transaction[],
    completed: EndedTransaction[],
  ): void {
    const epoch = batch.producerEpoch(records, at)
    if (epoch < entry.producerEpoch && origin !== 'replication') {
      throw new KafkaError(
        'INVALID_PRODUCER_EPOCH',
        `${this.#name}: producer ${entry.producerId} sent epoch ${epoch}; the last seen is ${entry.producerEpoch}`,
      )
    }
    if (batch.isControlBatch(records, at)) {
      this.#applyMarker(entry, records, at, origin, completed)
      return
    }
    if (origin === 'client') this.#checkSequence(entry, epoch, records, at, isKnown)

    const firstOffset = batch.baseOffset(records, at)
    const lastOffset = batch.lastOffset(records, at)
    const isTransactional = batch.isTransactional(records, at)
    if (entry.currentTxnFirstOffset >= 0 && !isTransactional && origin !== 'replication') {
      throw new KafkaError(
        'INVALID_TXN_STATE',
        `${this.#name}: producer ${entry.producerId} has an open transaction, so its records at offset ${firstOffset} must be transactional`,
      )
    }
    entry.useEpoch(epoch)
    entry.remember({
      lastSequence: batch.lastSequence(records, at),
      lastOffset,
      offsetDelta: lastOffset - firstOffset,
      timestamp: batch.maxTimestamp(records, at),
    })
    if (isTransactional && entry.currentTxnFirstOffset < 0) {
      entry.currentTxnFirstOffset = firstOffset
      started.push({ producerId: entry.producerId, firstOffset })
    }
  }

  #checkSequence(
    entry: ProducerEntry,
    epoch: number,
    records: Buffer,
    at: number,
    isKnown: boolean,
  ): void {
    const sequence = batch.baseSequence(records, at)
    if (epoch !== entry.producerEpoch) {
      if (sequence === 0 || entry.producerEpoch === -1) return
      throw new KafkaError(
        'OUT_OF_ORDER_SEQUENCE_NUMBER',
        `${this.#name}: producer ${entry.producerId} starts epoch ${epoch} with sequence ${sequence}; a new epoch starts with 0`,
      )
    }
    // All of an unknown producer's batches may have been deleted by retention: any start is as good.
    if (!isKnown || entry.isNext(sequence)) return
    throw new KafkaError(
      'OUT_OF_ORDER_SEQUENCE_NUMBER',
      `${this.#name}: producer ${entry.producerId} sent sequence ${sequence}; the last one stored is ${entry.lastSequence}`,
    )
  }

  #applyMarker(
    entry: ProducerEntry,
    records: Buffer,
    at: number,
    origin: AppendOrigin,
    completed: EndedTransaction[],
  ): void {
    // Compaction can leave a control batch empty: its transaction is gone altogether.
    const marker = endTransactionMarker(records, at)
    if (marker === null) return
    if (entry.coordinatorEpoch > marker.coordinatorEpoch && origin !== 'replication') {
      throw new KafkaError(
        'TRANSACTION_COORDINATOR_FENCED',
        `${this.#name}: marker for producer ${entry.producerId} is of coordinator epoch ${marker.coordinatorEpoch}; the last seen is ${entry.coordinatorEpoch}`,
      )
    }
    if (entry.currentTxnFirstOffset >= 0) {
      completed.push({
        producerId: entry.producerId,
        firstOffset: entry.currentTxnFirstOffset,
        lastOffset: batch.baseOffset(records, at),
        isAborted: marker.type === 'ABORT',
      })
    }
    entry.useEpoch(batch.producerEpoch(records, at))
    entry.coordinatorEpoch = marker.coordinatorEpoch
    entry.currentTxnFirstOffset = -1
    entry.lastTimestamp = marker.timestamp
  }
}

export function isExpired(entry: ProducerEntry, nowMs: number, expirationMs: number): boolean {
  return entry.currentTxnFirstOffset < 0 && nowMs - entry.lastTimestamp >= expirationMs
}

function firstWithProducer(records: Buffer): number {
  let at = 0
  while (at < records.length && batch.producerId(records, at) === batch.NO_PRODUCER_ID) {
    at += batch.batchSizeBytes(records, at)
  }
  return at
}

function firstKey(transactions: Map<number, Transaction>): number {
  for (const firstOffset of transactions.keys()) return firstOffset
  return -1
}
