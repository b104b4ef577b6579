import type { LogConfig } from '@ottla/storage'

export interface ModelRecord {
  readonly offset: number
  readonly timestamp: number
  readonly key: string | null
  readonly value: string | null
}

/** A batch as it was given to the log. */
export interface ModelBatch {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly records: readonly ModelRecord[]
  readonly producer: {
    readonly id: number
    readonly epoch: number
    readonly sequence: number
  } | null
  readonly isTransactional: boolean
  readonly marker: 'COMMIT' | 'ABORT' | null
  /** When it was appended, in virtual time. */
  readonly atMs: number
}

/** What a producer did last, as far as the log goes. */
export interface ModelProducer {
  readonly id: number
  epoch: number
  lastSequence: number
  /** Its latest batch with records. */
  last: ModelBatch | null
  /** The first batch of its open transaction. */
  open: ModelBatch | null
}

export interface ModelTransaction {
  readonly producerId: number
  readonly firstOffset: number
  /** Of the marker. */
  readonly lastOffset: number
  readonly isAborted: boolean
}

/**
 * One log as a plain list, and what was promised of it: before `acknowledged` nothing may be lost to a
 * killed process, before `durable` nothing to a power cut.
 */
export class LogModel {
  readonly topic: string
  readonly topicId: string
  config: LogConfig
  /** Whether the log may have been made in an earlier life: then it has to be found. */
  isMade = false
  /** The topic is deleted; its log may be there until `delete` resolved. */
  isDeleting = false
  batches: ModelBatch[] = []
  endOffset = 0
  acknowledged = 0
  durable = 0
  /** Below it nothing may be seen again: DeleteRecords was answered. */
  startPromised = 0
  /** As far as the start ever moved. */
  startMax = 0
  /** Whether compaction may have taken records away. */
  isCompacted = false
  /** A byte of it has rotten: nothing is promised but that what reads well is right. */
  isRotten = false
  /** The log as it was before a cut that may not have come to its end. */
  beforeCut: { readonly batches: ModelBatch[]; readonly endOffset: number } | null = null
  /** Counts cuts: a sync that began before one says nothing about what came after. */
  cuts = 0
  /** The power was cut, and nobody has looked since: what is found then is on the disk. */
  wasCut = false
  /** Why the log may refuse everything: its disk failed. */
  hasFailed = false

  constructor(topic: string, topicId: string, config: LogConfig) {
    this.topic = topic
    this.topicId = topicId
    this.configure(config)
    this.config = config
  }

  configure(config: LogConfig): void {
    this.config = config
    this.isCompacted ||= config.cleanupPolicy.includes('compact')
  }

  append(batch: ModelBatch): void {
    this.batches.push(batch)
    this.endOffset = batch.lastOffset + 1
  }

  noteDurable(endOffset: number, cuts: number): void {
    if (cuts === this.cuts) this.durable = Math.max(this.durable, endOffset)
  }

  beginCut(offset: number): void {
    this.cuts++
    this.beforeCut = { batches: this.batches, endOffset: this.endOffset }
    this.batches = this.batches.filter(({ lastOffset }) => lastOffset < offset)
    this.endOffset = offset
    this.acknowledged = Math.min(this.acknowledged, offset)
    this.durable = Math.min(this.durable, offset)
  }

  /** The process stopped: `windowMs` is when what was appended must be on disk under `flush.ms`. */
  noteStop(how: 'clean' | 'kill' | 'cut', windowMs: number): void {
    if (how === 'clean') this.durable = this.acknowledged
    if (how === 'cut') {
      if (!this.hasFailed && Number.isFinite(this.config.flushMs)) {
        const late = this.batches.find(({ atMs }) => atMs + this.config.flushMs > windowMs)
        const end = Math.min(late?.baseOffset ?? this.endOffset, this.acknowledged)
        this.durable = Math.max(this.durable, end)
      }
      this.acknowledged = this.durable
      this.wasCut = true
    }
    this.hasFailed = false
  }

  /** The log was found to end there. */
  noteFound(startOffset: number, endOffset: number): void {
    if (this.beforeCut !== null) {
      this.batches = this.beforeCut.batches
      this.beforeCut = null
    }
    this.batches = this.batches.filter(({ lastOffset }) => lastOffset < endOffset)
    this.endOffset = endOffset
    this.acknowledged = endOffset
    this.startMax = Math.max(this.startMax, startOffset)
    if (this.wasCut) this.durable = endOffset
    this.durable = Math.min(this.durable, endOffset)
    this.wasCut = false
    this.cuts++
  }

  producers(): Map<number, ModelProducer> {
    return this.#fold().producers
  }

  /** Those that ended. */
  transactions(): ModelTransaction[] {
    return this.#fold().transactions
  }

  #fold(): { producers: Map<number, ModelProducer>; transactions: ModelTransaction[] } {
    const producers = new Map<number, ModelProducer>()
    const transactions: ModelTransaction[] = []
    for (const batch of this.batches) {
      if (batch.producer === null) continue
      const { id, epoch, sequence } = batch.producer
      let producer = producers.get(id)
      if (producer === undefined) {
        producer = { id, epoch, lastSequence: -1, last: null, open: null }
        producers.set(id, producer)
      }
      producer.epoch = epoch
      if (batch.marker !== null) {
        if (producer.open !== null) {
          transactions.push({
            producerId: id,
            firstOffset: producer.open.baseOffset,
            lastOffset: batch.baseOffset,
            isAborted: batch.marker === 'ABORT',
          })
        }
        producer.open = null
        continue
      }
      producer.last = batch
      producer.lastSequence = sequence + batch.records.length - 1
      if (batch.isTransactional) producer.open ??= batch
    }
    return { producers, transactions }
  }
}
