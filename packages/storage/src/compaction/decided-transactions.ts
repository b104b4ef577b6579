import { isTransactional, lastOffset, producerId, recordCount } from '@ottla/records'
import { endTransactionMarker } from '../end-transaction-marker.ts'
import type { AbortedTransaction } from '../transaction-index.ts'

interface Aborted {
  readonly transaction: AbortedTransaction
  /** Whether a batch of it was met. */
  hasBatches: boolean
}

/**
 * Which batches belong to aborted transactions, and which markers have lost all that they decide on,
 * while a log is read from one end to the other. All its transactions are decided: it is read up to the last
 * stable offset at most.
 */
export class DecidedTransactions {
  /** By first offset, descending: the next one is last. */
  #coming: AbortedTransaction[] = []
  readonly #aborted: Map<number, Aborted> = new Map()
  readonly #committed: Set<number> = new Set()

  /** What transaction indexes say of the segment that is read next. */
  expect(transactions: readonly AbortedTransaction[]): void {
    if (transactions.length === 0) return
    this.#coming.push(...transactions)
    this.#coming.sort((a, b) => b.firstOffset - a.firstOffset)
  }

  /** A batch of records. @returns Whether it was aborted: nobody needs them. */
  onRecords(buffer: Buffer, at: number): boolean {
    this.#beginUpTo(lastOffset(buffer, at))
    if (!isTransactional(buffer, at)) return false
    const producer = producerId(buffer, at)
    const aborted = this.#aborted.get(producer)
    if (aborted === undefined) {
      this.#committed.add(producer)
      return false
    }
    aborted.hasBatches = true
    return true
  }

  /**
   * A control batch.
   *
   * @param keep told of an aborted transaction that still has batches before its marker
   * @returns Whether nothing of its transaction was met, so that it may go once its horizon has passed.
   */
  onControl(buffer: Buffer, at: number, keep: (transaction: AbortedTransaction) => void): boolean {
    this.#beginUpTo(lastOffset(buffer, at))
    // One that was emptied before: its transaction is gone.
    if (recordCount(buffer, at) === 0) return true
    const producer = producerId(buffer, at)
    const type = endTransactionMarker(buffer, at)?.type
    if (type === 'COMMIT') return !this.#committed.delete(producer)
    if (type !== 'ABORT') return false
    const aborted = this.#aborted.get(producer)
    this.#aborted.delete(producer)
    if (aborted === undefined || !aborted.hasBatches) return true
    keep(aborted.transaction)
    return false
  }

  #beginUpTo(offset: number): void {
    for (;;) {
      const next = this.#coming.at(-1)
      if (next === undefined || next.firstOffset > offset) return
      this.#coming.pop()
      if (!this.#aborted.has(next.producerId)) {
        this.#aborted.set(next.producerId, { transaction: next, hasBatches: false })
      }
    }
  }
}
