import type { RecordInput } from '@ottla/records'
import type { Clock, Timer } from '@ottla/runtime'
import type { RecordMetadata } from './outgoing-record.ts'
import type { PartitionSender } from './partition-sender.ts'
import { ProducerBatch, sizeOf } from './producer-batch.ts'
import type { ResolvedProducerOptions } from './producer-options.ts'

/**
 * One partition's records, gathered into batches that leave one after the other. While one is on its
 * way the next ones fill, so a slow broker gets larger batches by itself.
 */
export class PartitionQueue {
  readonly #sender: PartitionSender
  readonly #clock: Clock
  readonly #options: ResolvedProducerOptions
  #batches: ProducerBatch[] = []
  #isSending = false
  #isDrainDue = false
  #timer: Timer | null = null

  constructor(sender: PartitionSender, clock: Clock, options: ResolvedProducerOptions) {
    this.#sender = sender
    this.#clock = clock
    this.#options = options
  }

  add(record: RecordInput, waiting: PromiseWithResolvers<RecordMetadata>): void {
    let batch = this.#batches.at(-1)
    if (batch === undefined || batch.sizeBytes + sizeOf(record) > this.#options.batchSizeBytes) {
      const { topic, partition } = this.#sender
      batch = new ProducerBatch(topic, partition, this.#clock.monotonic())
      this.#batches.push(batch)
    }
    batch.add(record, waiting)
    this.#drainLater()
  }

  /** Sends what is there now. */
  drain(): void {
    this.#timer?.cancel()
    this.#timer = null
    if (this.#isSending || this.#batches.length === 0) return
    this.#isSending = true
    void this.#sendAll()
  }

  #drainLater(): void {
    if (this.#isSending) return
    if (this.#batches.length > 1) {
      this.drain()
    } else if (this.#options.lingerMs > 0) {
      this.#timer ??= this.#clock.schedule(this.#options.lingerMs, () => this.drain())
    } else if (!this.#isDrainDue) {
      this.#isDrainDue = true
      this.#clock.defer(() => {
        this.#isDrainDue = false
        this.drain()
      })
    }
  }

  /** Never rejects: a batch is told what went wrong by its sender. */
  async #sendAll(): Promise<void> {
    for (;;) {
      const batch = this.#batches.shift()
      if (batch === undefined) break
      await this.#sender.send(batch)
    }
    this.#isSending = false
  }
}
