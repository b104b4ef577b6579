import { KafkaError } from '@ottla/protocol'
import type { Clock } from '@ottla/runtime'
import { LeaseQueue } from '../lease-queue.ts'
import type {
  ActiveController,
  ControllerLease,
  MetadataStore,
  StoredBatch,
  StoredSnapshot,
} from '../metadata-store.ts'

/**
 * A metadata log in memory, for tests and for brokers that keep nothing. The nodes of a simulated
 * cluster each `open` the same one; it outlives them, as a machine's disk would.
 */
export class MemoryMetadataLog {
  readonly #clock: Clock
  readonly #leases = new LeaseQueue()
  readonly #listeners = new Set<() => void>()
  #batches: StoredBatch[] = []
  #snapshot: StoredSnapshot | null = null
  #startOffset = 0
  #endOffset = 0
  #epoch = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** One node's access to the log. */
  open(): MetadataStore {
    const held = new Set<ControllerLease>()
    const subscriptions = new Set<() => void>()
    // oxlint-disable-next-line typescript/no-this-alias -- the store below is a view of this log
    const log = this
    const close = async () => {
      for (const lease of held) lease.release()
      for (const end of subscriptions) end()
    }
    return {
      get startOffset() {
        return log.#startOffset
      },
      get endOffset() {
        return log.#endOffset
      },
      get activeController(): ActiveController | null {
        return log.#leases.activeController
      },
      read: (offset, maxBytes) => log.#read(offset, maxBytes),
      subscribe: (listener) => {
        // A function of its own: the same listener may subscribe twice.
        const own = () => listener()
        log.#listeners.add(own)
        const end = () => void log.#listeners.delete(own)
        subscriptions.add(end)
        return end
      },
      campaign: async (controllerId, { signal } = {}) => {
        const lease = await log.#leases.take(
          controllerId,
          () => ({
            epoch: ++log.#epoch,
            earlierEndOffset: log.#endOffset,
            endOffset: log.#endOffset,
          }),
          () => log.#changed(),
          signal,
        )
        held.add(lease)
        return lease
      },
      append: (lease, expectedOffset, records) => log.#append(lease, expectedOffset, records),
      loadSnapshot: async () => log.#snapshot,
      saveSnapshot: async (snapshot) => log.#saveSnapshot(snapshot),
      close,
      [Symbol.asyncDispose]: close,
    }
  }

  #read(offset: number, maxBytes: number): readonly StoredBatch[] {
    if (offset < this.#startOffset) throw outOfRange(offset, this.#startOffset)
    const batches: StoredBatch[] = []
    let bytes = 0
    // From the back: readers follow the end.
    let first = this.#batches.length
    while (first > 0 && this.#batches[first - 1]!.lastOffset >= offset) first--
    for (const batch of this.#batches.slice(first)) {
      if (bytes > 0 && bytes + batch.sizeBytes > maxBytes) break
      batches.push(batch)
      bytes += batch.sizeBytes
    }
    return batches
  }

  async #append(
    lease: ControllerLease,
    expectedOffset: number,
    records: readonly Buffer[],
  ): Promise<void> {
    this.#leases.check(lease)
    if (expectedOffset !== this.#endOffset) {
      throw new KafkaError(
        'NOT_CONTROLLER',
        `An append at ${expectedOffset}, but the log ends at ${this.#endOffset}`,
      )
    }
    this.#batches.push({
      baseOffset: this.#endOffset,
      lastOffset: this.#endOffset + records.length - 1,
      epoch: lease.epoch,
      timestampMs: this.#clock.now(),
      sizeBytes: records.reduce((sum, record) => sum + record.length, 0),
      records,
    })
    this.#endOffset += records.length
    this.#changed()
  }

  #saveSnapshot(snapshot: StoredSnapshot): void {
    if (this.#snapshot !== null && snapshot.endOffset <= this.#snapshot.endOffset) return
    this.#snapshot = snapshot
    this.#batches = this.#batches.filter((batch) => batch.lastOffset >= snapshot.endOffset)
    this.#startOffset = this.#batches[0]?.baseOffset ?? this.#endOffset
  }

  #changed(): void {
    for (const listener of this.#listeners) listener()
  }
}

function outOfRange(offset: number, startOffset: number): KafkaError {
  return new KafkaError(
    'OFFSET_OUT_OF_RANGE',
    `Offset ${offset} of the metadata log is only in the snapshot; the log starts at ${startOffset}`,
  )
}
