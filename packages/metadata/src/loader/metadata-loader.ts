import { KafkaError } from '@ottla/protocol'
import { assert } from '@ottla/runtime'
import type { Clock, Logger, Timer } from '@ottla/runtime'
import { ImageDraft } from '../image/image-draft.ts'
import { imageRecords } from '../image/image-records.ts'
import type { MetadataDelta } from '../image/metadata-delta.ts'
import { MetadataImage } from '../image/metadata-image.ts'
import type { MetadataRecord } from '../records/metadata-record.ts'
import { decodeRecord, encodeRecord } from '../records/record-frame.ts'
import type { MetadataStore, StoredBatch } from '../stores/metadata-store.ts'

export interface MetadataLoaderOptions {
  readonly store: MetadataStore
  readonly logger: Logger
  /**
   * metadata.log.max.record.bytes.between.snapshots: how much log may follow the last snapshot before
   * there is a new one.
   */
  readonly bytesBetweenSnapshotsMax?: number
  /**
   * metadata.log.max.snapshot.interval.ms: how old log may become before a snapshot has it; default: any
   * age, and 0 means the same.
   */
  readonly snapshotIntervalMs?: number
  /** Needed for an interval, and to make snapshots in slices of the event loop. */
  readonly clock?: Clock
  /** Whether this node is the one to make snapshots; default: it is. */
  readonly makesSnapshots?: () => boolean
  /** Called once when the log cannot be read or folded: the image no longer follows it. */
  readonly onFailure: (error: Error) => void
}

/** A snapshot that this node made. */
export interface MadeSnapshot {
  readonly sizeBytes: number
  /** Wall-clock time; -1 without a clock. */
  readonly madeMs: number
}

/** Told of every new image, in order, with what changed since the one before. */
export type ImageListener = (image: MetadataImage, delta: MetadataDelta) => void

/** Bytes of log that are read, folded and published at a time. */
const READ_BYTES = 1024 * 1024

/** Records of a snapshot encoded in one turn of the event loop. */
const SNAPSHOT_RECORDS_PER_TURN = 500

/**
 * Follows the metadata log: folds what is committed into images and tells those who serve from them.
 *
 * Invariants
 *   an image is published only at the end of a batch, and never inside a metadata transaction
 *   a listener sees every image after the one it found, each once
 */
export class MetadataLoader implements AsyncDisposable {
  readonly #store: MetadataStore
  readonly #logger: Logger
  readonly #bytesBetweenSnapshotsMax: number
  readonly #snapshotIntervalMs: number
  readonly #clock: Clock | undefined
  readonly #makesSnapshots: () => boolean
  readonly #onFailure: (error: Error) => void
  readonly #listeners = new Set<ImageListener>()
  readonly #waiting = new Set<{ offset: number; resolve: () => void; reject: (e: Error) => void }>()
  #unsubscribe: (() => void) | null = null
  #image = MetadataImage.empty
  /** What is read but not published: a metadata transaction that has not ended. */
  #transaction: ImageDraft | null = null
  /** Where the next read starts. */
  #nextOffset = 0
  #bytesSinceSnapshot = 0
  /** Runs while there is log that no snapshot has. */
  #snapshotTimer: Timer | null = null
  #snapshotting: Promise<void> | null = null
  #following: Promise<void> | null = null
  #failure: Error | null = null
  #latestSnapshot: MadeSnapshot | null = null

  constructor(options: MetadataLoaderOptions) {
    this.#store = options.store
    this.#logger = options.logger.child('metadata-loader')
    this.#bytesBetweenSnapshotsMax = options.bytesBetweenSnapshotsMax ?? 20 * 1024 * 1024
    this.#snapshotIntervalMs = options.snapshotIntervalMs ?? 0
    this.#clock = options.clock
    this.#makesSnapshots = options.makesSnapshots ?? (() => true)
    this.#onFailure = options.onFailure
  }

  /** The newest published image. */
  get image(): MetadataImage {
    return this.#image
  }

  /** The latest that was made since the start; null: none was. */
  get latestSnapshot(): MadeSnapshot | null {
    return this.#latestSnapshot
  }

  /** Whether the log, as far as it was read, ends inside a metadata transaction. */
  get isInTransaction(): boolean {
    return this.#transaction !== null
  }

  /** Loads the snapshot and all of the log there is, then goes on following it. */
  async start(): Promise<void> {
    assert(this.#unsubscribe === null, 'a loader is started once')
    await this.#loadSnapshot()
    this.#unsubscribe = this.#store.subscribe(() => this.#follow())
    this.#follow()
    await this.#following
    if (this.#failure !== null) throw this.#failure
  }

  /** @returns What ends the subscription. */
  subscribe(listener: ImageListener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Resolves once everything before `endOffset` was read, and published unless a transaction is open. */
  async caughtUpTo(endOffset: number, { signal }: { signal?: AbortSignal } = {}): Promise<void> {
    if (this.#failure !== null) throw this.#failure
    if (this.#nextOffset >= endOffset) return
    signal?.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const waiting = { offset: endOffset, resolve, reject }
    const abort = () => {
      this.#waiting.delete(waiting)
      reject(signal!.reason as Error)
    }
    this.#waiting.add(waiting)
    signal?.addEventListener('abort', abort, { once: true })
    try {
      await promise
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  /** Stops following; resolves when a snapshot that is being made is done. */
  async close(): Promise<void> {
    this.#unsubscribe?.()
    this.#snapshotTimer?.cancel()
    this.#failure ??= new Error('the metadata loader was closed')
    this.#rejectWaiting(this.#failure)
    await this.#following
    // Whoever asked for it hears of its failure.
    await this.#snapshotting?.catch(() => {})
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** Makes a snapshot of the newest image now. */
  async makeSnapshot(): Promise<void> {
    while (this.#snapshotting !== null) await this.#snapshotting.catch(() => {})
    this.#snapshotting = this.#saveSnapshot().finally(() => {
      this.#snapshotting = null
    })
    await this.#snapshotting
  }

  async #loadSnapshot(): Promise<void> {
    const snapshot = await this.#store.loadSnapshot()
    if (snapshot === null) return
    const draft = new ImageDraft(MetadataImage.empty)
    const offset = snapshot.endOffset - 1
    for (const frame of snapshot.records) draft.apply(decodeRecord(frame), offset)
    draft.moveTo(offset, snapshot.epoch, snapshot.timestampMs)
    this.#nextOffset = snapshot.endOffset
    this.#publish(draft)
  }

  /** Reads to the end; at once, where the store has at hand what is new. */
  #follow(): void {
    if (this.#following !== null || this.#failure !== null) return
    try {
      while (this.#nextOffset < this.#store.endOffset) {
        const read = this.#store.read(this.#nextOffset, READ_BYTES)
        if (read instanceof Promise) {
          this.#following = this.#followLater(read)
          return
        }
        this.#fold(read)
      }
    } catch (error) {
      this.#fail(error as Error)
    }
  }

  async #followLater(first: Promise<readonly StoredBatch[]>): Promise<void> {
    try {
      this.#fold(await first)
      while (this.#failure === null && this.#nextOffset < this.#store.endOffset) {
        this.#fold(await this.#store.read(this.#nextOffset, READ_BYTES))
      }
    } catch (error) {
      this.#fail(error as Error)
    } finally {
      this.#following = null
    }
  }

  #fold(batches: readonly StoredBatch[]): void {
    if (this.#failure !== null) return
    let draft = this.#transaction ?? new ImageDraft(this.#image)
    for (const batch of batches) {
      // A read may start inside a batch, of which a snapshot has the beginning.
      const skipped = Math.max(this.#nextOffset - batch.baseOffset, 0)
      for (const [index, frame] of batch.records.entries()) {
        if (index < skipped) continue
        const offset = batch.baseOffset + index
        const record = decodeAt(frame, offset)
        if (record.type === 'BeginTransactionRecord') {
          draft.moveTo(offset - 1, batch.epoch, batch.timestampMs)
          this.#publish(draft)
          this.#transaction = draft = new ImageDraft(this.#image)
        } else if (record.type === 'EndTransactionRecord') {
          this.#transaction = null
        } else if (record.type === 'AbortTransactionRecord') {
          this.#transaction = null
          draft = new ImageDraft(this.#image)
        } else {
          draft.apply(record, offset)
        }
      }
      draft.moveTo(batch.lastOffset, batch.epoch, batch.timestampMs)
      this.#nextOffset = batch.lastOffset + 1
      this.#bytesSinceSnapshot += batch.sizeBytes
    }
    if (this.#transaction === null) this.#publish(draft)
    this.#resolveWaiting()
    this.#maybeSnapshot()
  }

  #publish(draft: ImageDraft): void {
    const { image, delta } = draft.finish()
    this.#image = image
    for (const listener of this.#listeners) listener(image, delta)
  }

  #resolveWaiting(): void {
    for (const waiting of this.#waiting) {
      if (this.#nextOffset < waiting.offset) continue
      this.#waiting.delete(waiting)
      waiting.resolve()
    }
  }

  #maybeSnapshot(): void {
    if (this.#bytesSinceSnapshot >= this.#bytesBetweenSnapshotsMax) this.#snapshotInBackground()
    else if (this.#snapshotIntervalMs > 0) {
      this.#snapshotTimer ??=
        this.#clock?.schedule(this.#snapshotIntervalMs, () => this.#snapshotInBackground()) ?? null
    }
  }

  #snapshotInBackground(): void {
    this.#snapshotTimer?.cancel()
    this.#snapshotTimer = null
    if (this.#snapshotting !== null || this.#failure !== null || !this.#makesSnapshots()) return
    this.makeSnapshot().catch((error: Error) => {
      // The log stays as long as it must: a snapshot that failed costs space, not data.
      this.#logger.error('A metadata snapshot could not be made', { error })
    })
  }

  async #saveSnapshot(): Promise<void> {
    const image = this.#image
    if (image.offset < 0) return
    this.#bytesSinceSnapshot = 0
    const records: Buffer[] = []
    for (const record of imageRecords(image)) {
      records.push(encodeRecord(record))
      if (records.length % SNAPSHOT_RECORDS_PER_TURN === 0) await this.#nextTurn()
    }
    await this.#store.saveSnapshot({
      endOffset: image.offset + 1,
      epoch: image.epoch,
      timestampMs: image.timestampMs,
      records,
    })
    const sizeBytes = records.reduce((bytes, record) => bytes + record.length, 0)
    this.#latestSnapshot = { sizeBytes, madeMs: this.#clock?.now() ?? -1 }
    this.#logger.debug('Made a metadata snapshot', { endOffset: image.offset + 1 })
  }

  /** The image does not change: others may be served while it is written down. */
  async #nextTurn(): Promise<void> {
    const clock = this.#clock
    if (clock !== undefined) await new Promise<void>((turn) => clock.defer(turn))
  }

  #fail(error: Error): void {
    if (this.#failure !== null) return
    this.#failure = error
    this.#rejectWaiting(error)
    this.#onFailure(error)
  }

  #rejectWaiting(error: Error): void {
    for (const { reject } of this.#waiting) reject(error)
    this.#waiting.clear()
  }
}

function decodeAt(frame: Buffer, offset: number): MetadataRecord {
  try {
    return decodeRecord(frame)
  } catch (cause) {
    if (!(cause instanceof KafkaError)) throw cause
    throw new KafkaError(cause.code, `Metadata log, offset ${offset}: ${cause.message}`, { cause })
  }
}
