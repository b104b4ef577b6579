/**
 * Where the metadata log lives, as the controller and the loaders use it: an ordered log of records to
 * which only the holder of the controller's lease appends, and a snapshot that replaces its beginning.
 *
 * Promises of every store
 *   offsets are those of Kafka's metadata log: from 0, one for each record
 *   an append at an offset that is not the end fails; that alone fences a deposed controller
 *   what `read` gives is committed: it is never taken back, whatever machine fails
 *   readers are told of growth before the append that caused it resolves
 */
export interface MetadataStore extends AsyncDisposable {
  /** The first offset that can be read; what lies before it is in the snapshot. */
  readonly startOffset: number

  /** Exclusive end of what is committed. */
  readonly endOffset: number

  /** Who holds the lease, as far as this node knows. */
  readonly activeController: ActiveController | null

  /**
   * Batches from the one that holds `offset` on, at least one when there is one, up to about
   * `maxBytes`; empty at the end. Synchronous where the store has them at hand.
   * @throws {KafkaError} OFFSET_OUT_OF_RANGE below `startOffset`.
   */
  read(offset: number, maxBytes: number): readonly StoredBatch[] | Promise<readonly StoredBatch[]>

  /**
   * Calls `listener` whenever the end moved or the lease changed hands.
   * @returns What ends the subscription.
   */
  subscribe(listener: () => void): () => void

  /**
   * Waits for the controller's lease and takes it.
   * @throws The signal's reason when it aborts first.
   */
  campaign(controllerId: number, options?: { signal?: AbortSignal }): Promise<ControllerLease>

  /**
   * Appends `records` as one batch. In order: the next append may follow without waiting.
   * @returns Resolves once they are committed.
   * @throws {KafkaError} NOT_CONTROLLER, also as rejection, when the lease is not held any more or
   *   somebody else was first. After a rejection nobody knows what is in the log: read it again.
   */
  append(lease: ControllerLease, expectedOffset: number, records: readonly Buffer[]): Promise<void>

  /** The newest snapshot; null when there is none. */
  loadSnapshot(): Promise<StoredSnapshot | null>

  /** Keeps a snapshot; once it is durable, the log before its end and older snapshots may go. */
  saveSnapshot(snapshot: StoredSnapshot): Promise<void>

  /** Gives up the lease and releases what the store holds. Harmless twice. */
  close(): Promise<void>
}

/** Records that were appended together: all of them are there or none. */
export interface StoredBatch {
  readonly baseOffset: number
  /** Inclusive. */
  readonly lastOffset: number
  /** The controller epoch in which it was appended. */
  readonly epoch: number
  /** When, milliseconds of wall-clock time. */
  readonly timestampMs: number
  readonly sizeBytes: number
  /** Framed metadata records, one for each offset; empty when the batch is the store's own. */
  readonly records: readonly Buffer[]
}

/** The state after everything before `endOffset`, as records that make it. */
export interface StoredSnapshot {
  /** Exclusive. */
  readonly endOffset: number
  /** The controller epoch of the last record that is part of it. */
  readonly epoch: number
  /** When that record was appended. */
  readonly timestampMs: number
  readonly records: readonly Buffer[]
}

export interface ActiveController {
  readonly controllerId: number
  readonly epoch: number
}

/** The right to append, while it lasts. */
export interface ControllerLease {
  readonly controllerId: number
  /** Greater than that of every lease before. */
  readonly epoch: number
  /** Exclusive end of what earlier controllers appended, committed yet or not: there is no more of it. */
  readonly earlierEndOffset: number
  /** Where its first append goes: the store may have put a note of the lease between. */
  readonly endOffset: number
  /** Aborts when the lease is lost; the reason says why. */
  readonly lost: AbortSignal
  /** Gives it up; harmless twice and when it is lost. */
  release(): void
}
