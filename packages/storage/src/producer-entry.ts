import { incrementSequence } from '@ottla/records'

/** How many of a producer's latest batches are remembered to recognise a repeated one (KIP-98). */
export const REMEMBERED_BATCHES_MAX = 5

export interface RememberedBatch {
  readonly lastSequence: number
  readonly lastOffset: number
  /** Last offset less base offset. */
  readonly offsetDelta: number
  /** The batch's max timestamp. */
  readonly timestamp: number
}

/** What a partition knows of one producer. -1 stands for "none" in every field. */
export class ProducerEntry {
  readonly producerId: number
  producerEpoch = -1
  coordinatorEpoch = -1
  lastTimestamp = -1
  /** The first offset of the transaction that is open here. */
  currentTxnFirstOffset = -1
  /** Oldest first, all of `producerEpoch`. */
  batches: RememberedBatch[] = []
  /** Whether it comes from a snapshot: the log may have batches before the first of `batches`. */
  isFromSnapshot = false

  constructor(producerId: number) {
    this.producerId = producerId
  }

  clone(): ProducerEntry {
    const clone = new ProducerEntry(this.producerId)
    clone.producerEpoch = this.producerEpoch
    clone.coordinatorEpoch = this.coordinatorEpoch
    clone.lastTimestamp = this.lastTimestamp
    clone.currentTxnFirstOffset = this.currentTxnFirstOffset
    clone.batches = this.batches.slice()
    clone.isFromSnapshot = this.isFromSnapshot
    return clone
  }

  get lastSequence(): number {
    return this.batches.at(-1)?.lastSequence ?? -1
  }

  get lastOffset(): number {
    return this.batches.at(-1)?.lastOffset ?? -1
  }

  get lastOffsetDelta(): number {
    return this.batches.at(-1)?.offsetDelta ?? 0
  }

  /** Sequences run in a ring from 0 to 2^31 - 1. */
  isNext(sequence: number): boolean {
    const last = this.lastSequence
    return sequence === last + 1 || (sequence === 0 && last === 0x7fff_ffff)
  }

  /** The remembered batch with exactly these sequences. */
  findDuplicate(
    epoch: number,
    firstSequence: number,
    lastSequence: number,
  ): RememberedBatch | null {
    if (epoch !== this.producerEpoch) return null
    for (const batch of this.batches) {
      if (batch.lastSequence !== lastSequence) continue
      if (incrementSequence(firstSequence, batch.offsetDelta) === lastSequence) return batch
    }
    return null
  }

  /** A newer epoch starts with sequence 0: what was remembered is of no use. */
  useEpoch(epoch: number): void {
    if (this.producerEpoch === epoch) return
    this.producerEpoch = epoch
    this.batches = []
    this.isFromSnapshot = false
  }

  remember(batch: RememberedBatch): void {
    if (this.batches.length === REMEMBERED_BATCHES_MAX) this.batches.shift()
    this.batches.push(batch)
    this.lastTimestamp = batch.timestamp
  }
}
