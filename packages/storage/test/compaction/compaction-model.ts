import assert from 'node:assert/strict'
import * as batch from '@ottla/records'
import { checkBatch, controlRecordType, decodeBatch } from '@ottla/records'
import type { Log } from '../../src/log.ts'
import { readAll } from '../world.ts'

/** What was appended at one offset. */
export interface Entry {
  readonly key: string
  /** null: a tombstone. */
  readonly value: string | null
  readonly producerId: number
  readonly sequence: number
  /** null: not of a transaction, or a marker. */
  transaction: Transaction | null
  readonly isMarker: boolean
  /** Whether a batch begins with it. */
  readonly isFirst: boolean
  /** A power cut took it, though not what came later. */
  isLost?: boolean
}

export interface Transaction {
  readonly producerId: number
  firstOffset: number
  /** -1: it is open. */
  markerOffset: number
  isAborted: boolean
}

/** A plain log that forgets nothing, and what a compacted one must still have of it. */
export class CompactionModel {
  entries: Entry[] = []
  readonly #open: Map<number, Transaction> = new Map()

  get endOffset(): number {
    return this.entries.length
  }

  openTransaction(producerId: number): Transaction | null {
    return this.#open.get(producerId) ?? null
  }

  get openProducers(): number[] {
    return [...this.#open.keys()]
  }

  nextSequence(producerId: number): number {
    const last = this.entries.findLast(
      (entry) => entry.producerId === producerId && !entry.isMarker && entry.isLost !== true,
    )
    return (last?.sequence ?? -1) + 1
  }

  append(
    records: readonly { readonly key: string; readonly value: string | null }[],
    producerId: number = -1,
    isTransactional: boolean = false,
    baseSequence: number = -1,
  ): void {
    let transaction: Transaction | null = null
    if (isTransactional) {
      transaction = this.#open.get(producerId) ?? {
        producerId,
        firstOffset: this.endOffset,
        markerOffset: -1,
        isAborted: false,
      }
      this.#open.set(producerId, transaction)
    }
    let sequence = baseSequence
    for (const [index, { key, value }] of records.entries()) {
      const isFirst = index === 0
      this.entries.push({ key, value, producerId, sequence, transaction, isMarker: false, isFirst })
      if (sequence >= 0) sequence++
    }
  }

  end(producerId: number, isAborted: boolean): void {
    const transaction = this.#open.get(producerId)!
    this.#open.delete(producerId)
    transaction.markerOffset = this.endOffset
    transaction.isAborted = isAborted
    this.entries.push({
      key: '',
      value: null,
      producerId,
      sequence: -1,
      transaction: null,
      isMarker: true,
      isFirst: true,
    })
  }

  /** Where the batch begins that holds `offset`. */
  batchStart(offset: number): number {
    let start = offset
    while (start < this.endOffset && !this.entries[start]!.isFirst) start--
    return start
  }

  /** As it is when everything from `offset` on is gone. */
  truncateTo(offset: number): void {
    this.entries = this.entries.slice(0, offset)
    const latest = new Map<number, Transaction>()
    for (const entry of this.entries) {
      const { transaction } = entry
      if (transaction === null || entry.isLost === true) continue
      const before = latest.get(transaction.producerId)
      if (transaction.markerOffset >= offset) transaction.markerOffset = -1
      if (before === undefined || before.markerOffset !== -1 || before === transaction) {
        latest.set(transaction.producerId, transaction)
      } else {
        // The marker between them was lost: they are one.
        before.markerOffset = transaction.markerOffset
        before.isAborted = transaction.isAborted
        for (const other of this.entries) {
          if (other.transaction === transaction) other.transaction = before
        }
      }
    }
    this.#open.clear()
    for (const transaction of latest.values()) {
      if (transaction.markerOffset === -1) this.#open.set(transaction.producerId, transaction)
    }
  }

  /**
   * After a power cut: what was never durable may be missing, even with later records there. (In a log that
   * is compacted nobody can tell such a hole from what compaction left.)
   */
  async lose(log: Log, durable: number): Promise<void> {
    const found = new Set<number>()
    const bytes = await readAll(log, Math.max(log.logStartOffset, durable))
    for (let at = 0; at < bytes.length; at += batch.batchSizeBytes(bytes, at)) {
      // Records that compaction took leave their batch's range behind.
      const last = batch.lastOffset(bytes, at)
      for (let offset = batch.baseOffset(bytes, at); offset <= last; offset++) found.add(offset)
    }
    for (let offset = Math.max(durable, log.logStartOffset); offset < this.endOffset; offset++) {
      const entry = this.entries[offset]!
      if (found.has(offset) || entry.isLost === true) continue
      entry.isLost = true
      for (const { transaction } of this.entries) {
        if (transaction === null) continue
        if (transaction.markerOffset === offset) transaction.markerOffset = -1
        const { firstOffset } = transaction
        if (firstOffset !== offset) continue
        const first = this.entries.findIndex(
          (other) => other.transaction === transaction && other.isLost !== true,
        )
        transaction.firstOffset = first
      }
    }
    this.truncateTo(this.endOffset)
  }

  /** A copy, transactions included. */
  clone(): CompactionModel {
    const copy = new CompactionModel()
    const copies = new Map<Transaction, Transaction>()
    copy.entries = this.entries.map((entry) => {
      const { transaction } = entry
      if (transaction === null) return entry
      if (!copies.has(transaction)) copies.set(transaction, { ...transaction })
      return { ...entry, transaction: copies.get(transaction)! }
    })
    copy.truncateTo(this.endOffset)
    return copy
  }

  /**
   * Holds the log to the model: what is there is what was appended, in order; the last committed record of
   * each key is there, or, of a tombstone, nothing at all; a reader of committed records gets no other.
   *
   * @param from records before it may have been deleted
   */
  async check(log: Log, from: number): Promise<void> {
    const bytes = await readAll(log, log.logStartOffset)
    const stable = log.lastStableOffset
    const aborted = await log.abortedTransactions(log.logStartOffset, stable)
    const committed = new Map<string, { readonly offset: number; readonly value: string | null }>()
    const waiting = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset)
    const aborting = new Set<number>()
    let next = log.logStartOffset
    for (let at = 0; at < bytes.length; at += checkBatch(bytes, at, bytes.length)) {
      const decoded = decodeBatch(bytes, at)
      assert.ok(decoded.lastOffset >= next, 'offsets ascend')
      next = decoded.lastOffset + 1
      while (waiting.length > 0 && waiting[0]!.firstOffset <= decoded.lastOffset) {
        aborting.add(waiting.shift()!.producerId)
      }
      const { producerId } = decoded
      const isAborted = decoded.isTransactional && aborting.has(producerId)
      for (const record of decoded.records) {
        const entry = this.entries[record.offset]
        assert.ok(entry !== undefined, `offset ${record.offset} was appended`)
        assert.equal(decoded.isControl, entry.isMarker, `offset ${record.offset} is a marker`)
        if (decoded.isControl) {
          if (controlRecordType(record.key) === 'ABORT') aborting.delete(producerId)
          continue
        }
        assert.equal(String(record.key), entry.key, `the key at ${record.offset}`)
        const value = record.value === null ? null : String(record.value).trimEnd()
        assert.equal(value, entry.value, `the value at ${record.offset}`)
        // The batch that holds the log start offset begins before it.
        if (record.offset < log.logStartOffset || record.offset >= stable) continue
        const isDropped = entry.transaction !== null && entry.transaction.isAborted
        assert.equal(isAborted, isDropped, `the record at ${record.offset} is known as aborted`)
        if (!isAborted) committed.set(entry.key, { offset: record.offset, value })
      }
    }
    assert.deepEqual(
      [...committed].sort(byKey),
      [...this.#expected(stable, from, committed)].sort(byKey),
    )
    this.#checkOpen(log, bytes)
    this.#checkProducers(log, from)
  }

  /** What is after the last stable offset is all there. */
  #checkOpen(log: Log, bytes: Buffer): void {
    const found = new Set<number>()
    for (let at = 0; at < bytes.length; at += batch.batchSizeBytes(bytes, at)) {
      for (const { offset } of decodeBatch(bytes, at).records) found.add(offset)
    }
    for (let offset = log.lastStableOffset; offset < log.logEndOffset; offset++) {
      if (this.entries[offset]!.isLost === true) continue
      assert.ok(found.has(offset), `offset ${offset}, which is not stable, is there`)
    }
  }

  /** Whose last batch was deleted may be forgotten. */
  #checkProducers(log: Log, from: number): void {
    for (const producerId of new Set(this.entries.map((entry) => entry.producerId))) {
      if (producerId === -1) continue
      const known = log.producers.get(producerId)
      const lastOffset = this.entries.findLastIndex(
        (entry) => entry.producerId === producerId && entry.isLost !== true,
      )
      if (known === undefined && lastOffset < from) continue
      const last = this.nextSequence(producerId) - 1
      if (known?.lastSequence === -1 && lastOffset < from) continue
      assert.equal(known?.lastSequence, last, `the last sequence of producer ${producerId}`)
      const open = this.openTransaction(producerId)?.firstOffset ?? -1
      if (open !== -1 && open < from) continue
      assert.equal(known?.currentTxnFirstOffset, open, `the transaction of ${producerId}`)
    }
  }

  #expected(
    stable: number,
    from: number,
    found: ReadonlyMap<string, { readonly offset: number; readonly value: string | null }>,
  ): Map<string, { readonly offset: number; readonly value: string | null }> {
    const expected = new Map<string, { readonly offset: number; readonly value: string | null }>()
    for (const [offset, { key, value, transaction, isMarker, isLost }] of this.entries.entries()) {
      if (isMarker || isLost === true || offset >= stable || transaction?.isAborted === true)
        continue
      expected.set(key, { offset, value })
    }
    for (const [key, { offset, value }] of expected) {
      if ((value === null || offset < from) && !found.has(key)) expected.delete(key)
    }
    return expected
  }
}

function byKey([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1
}
