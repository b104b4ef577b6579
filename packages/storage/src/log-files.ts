import type { Logger } from '@ottla/runtime'
import { FileDeletions } from './file-deletions.ts'
import type { LogConfig } from './log-config.ts'
import type { LogFlusher } from './log-flusher.ts'
import type { LoadedLog } from './log-loader.ts'
import { recoverProducerState } from './producer-recovery.ts'
import { encodeProducerSnapshot } from './producer-snapshot.ts'
import type { ProducerState } from './producer-state.ts'
import type { StorageResources } from './resources.ts'
import { SWAP_SUFFIX } from './paths.ts'
import { beginSegment } from './rolling.ts'
import type { SegmentList } from './segment-list.ts'
import { Segment } from './segment.ts'
import type { SnapshotFiles } from './snapshot-files.ts'
import type { AbortedTransaction } from './transaction-index.ts'

export interface LogFilesOptions {
  readonly resources: StorageResources
  readonly directory: string
  readonly loaded: LoadedLog
  readonly flusher: LogFlusher
  readonly logger: Logger
}

/** What a log has on disk as it changes: segments begin and go, and producer snapshots with them. */
export class LogFiles {
  readonly snapshots: SnapshotFiles
  readonly #resources: StorageResources
  readonly #directory: string
  readonly #segments: SegmentList
  readonly #producerState: ProducerState
  readonly #flusher: LogFlusher
  readonly #logger: Logger
  readonly #deletions: FileDeletions
  /** Removed segments lose their names in the order of their removal. */
  #leaving: Promise<void> = Promise.resolve()
  /**
   * Whether a compacted segment is taking its place. A crash then may finish that with the next start, so
   * nothing may be removed that comes after it: it would be back, and what was removed would be a hole.
   */
  isReplacing = false

  constructor({ resources, directory, loaded, flusher, logger }: LogFilesOptions) {
    this.#resources = resources
    this.#directory = directory
    this.#segments = loaded.segments
    this.#producerState = loaded.producerState
    this.snapshots = loaded.snapshots
    this.#flusher = flusher
    this.#logger = logger
    this.#deletions = new FileDeletions(resources.disk, resources.clock, logger)
  }

  get active(): Segment {
    return this.#segments.active
  }

  /** Begins a segment at `baseOffset`, the log end offset; one that was empty gives way to it. */
  roll(baseOffset: number, config: LogConfig): void {
    const { active } = this.#segments
    if (active.sizeBytes === 0) {
      this.#segments.removeFrom(this.#segments.all.length - 1)
      this.#delete(active, 0)
    } else {
      active.seal()
      // One a segment: recovery never has to read more than one for the producers' sake.
      this.#takeSnapshot()
    }
    this.#add(baseOffset, config)
  }

  /** Markers that were just appended to the active segment aborted these. */
  noteAborted(transactions: readonly AbortedTransaction[]): void {
    const { txnIndex } = this.#segments.active
    const isNew = txnIndex.count === 0
    for (const transaction of transactions) txnIndex.append(transaction)
    if (isNew) this.#flusher.noteNameChange(this.#directory)
  }

  /** Removes everything and begins at `baseOffset`, durably. */
  async restart(baseOffset: number, config: LogConfig): Promise<void> {
    await this.#leaving
    await this.#removeSnapshots(() => true)
    await this.#removeFrom(1, config.fileDeleteDelayMs)
    const { first } = this.#segments
    if (first.baseOffset === baseOffset) {
      first.clear()
      await first.syncLog()
    } else {
      const next = beginSegment(this.#resources, this.#directory, baseOffset, config)
      this.#flusher.noteNameChange(this.#directory)
      // A folder without any segment would begin at offset 0.
      await this.#flusher.syncNames()
      this.#segments.removeFirst(1)
      this.#segments.add(next)
      await this.#deleteInOrder(first, config.fileDeleteDelayMs)
    }
    await this.#flusher.syncNames()
  }

  /**
   * Removes the oldest. Their files keep their names until those of the others are durable: else a crash
   * could leave none, and offsets would begin at 0 again.
   */
  removeFirst(count: number, delayMs: number): void {
    const removed = this.#segments.removeFirst(count)
    for (const segment of removed) segment.isDeleted = true
    this.#flusher.noteLeaving(removed)
    this.#leaving = this.#leaving.then(() => this.#deleteOnceOthersAreDurable(removed, delayMs))
    this.#deletions.own(this.#leaving)
  }

  /**
   * Durably takes producer snapshots away from which recovery could go on into what compaction is going to
   * take markers out of: a transaction that one of them has as open would stay so for good. The batches
   * that stay tell of all producers, but only if they are read from the first one on.
   */
  async forgetSnapshotsBefore(offset: number): Promise<void> {
    if (this.snapshots.latest >= offset) await this.#removeSnapshots((taken) => taken < offset)
    await this.#flusher.syncNames()
  }

  /** An empty segment beside the log's own, for compaction. */
  createCleaned(baseOffset: number): Segment {
    return Segment.createCleaned(this.#resources, this.#directory, baseOffset)
  }

  /** Removes a segment that compaction made and that does not become part of the log. */
  async removeCleaned(cleaned: Segment): Promise<void> {
    for (const path of cleaned.markDeleted()) await this.#resources.disk.remove(path)
  }

  /**
   * Puts `cleaned`, durable already, in the place of the segments that it was made from. Each step is
   * durable before the next: until the new files are called `.swap` a crash leaves the old ones; from
   * then on the next start finishes what is left to do. The old names go oldest first, for what is left of
   * them must be the log's end: a tombstone that went may not leave its record behind.
   *
   * @param isValid asked before anything changes
   * @param onReplaced called when readers find the new segment in place of the old ones
   * @returns false when the log changed meanwhile: the new files are removed.
   */
  async replace(
    originals: readonly Segment[],
    cleaned: Segment,
    delayMs: number,
    isValid: () => boolean,
    onReplaced: () => void,
  ): Promise<boolean> {
    const isStillThat = (): boolean =>
      isValid() && !originals.some((original) => original.isDeleted)
    const replacing = this.#leaving.then(async () => {
      if (!isStillThat()) {
        await this.removeCleaned(cleaned)
        return false
      }
      this.isReplacing = true
      cleaned.rename(SWAP_SUFFIX)
      await this.#resources.disk.syncDirectory(this.#directory)
      if (!isStillThat()) {
        await this.removeCleaned(cleaned)
        // Should it come back, it would undo what changed.
        await this.#resources.disk.syncDirectory(this.#directory)
        return false
      }
      this.#segments.replace(originals, cleaned)
      onReplaced()
      for (const original of originals) await this.#retire(original, cleaned, delayMs)
      if (cleaned.suffix === SWAP_SUFFIX) cleaned.rename('')
      await this.#resources.disk.syncDirectory(this.#directory)
      return true
    })
    this.#leaving = replacing.then(
      () => void (this.isReplacing = false),
      () => void (this.isReplacing = false), // told to the caller
    )
    this.#deletions.own(this.#leaving)
    return await replacing
  }

  /** Removes the batch that holds `offset` and all after it, durably; producers are as they were before. */
  async truncateTo(
    offset: number,
    { fileDeleteDelayMs }: LogConfig,
    producerIdExpirationMs: number,
  ): Promise<void> {
    await this.#leaving
    await this.#removeSnapshots((taken) => taken > offset)
    await this.#removeFrom(this.#segments.floorIndex(offset) + 1, fileDeleteDelayMs)
    const { active } = this.#segments
    await active.truncateTo(offset)
    // Before anything takes its place: recovery does not look before a segment that begins here.
    await active.syncLog()
    await this.#flusher.syncNames()
    await recoverProducerState({
      state: this.#producerState,
      snapshots: this.snapshots,
      segments: this.#segments.all,
      endOffset: offset,
      nowMs: this.#resources.clock.now(),
      expirationMs: producerIdExpirationMs,
      isClean: false,
      logger: this.#logger,
    })
  }

  /** Leaves the files as a clean start expects them. */
  seal(): void {
    this.#segments.active.seal()
    this.saveProducers()
  }

  /** A snapshot of the producers as they are now; none at all means that there never was one. */
  saveProducers(): void {
    if (this.#producerState.entries.size > 0 || this.snapshots.latest >= 0) this.#takeSnapshot()
  }

  async close(): Promise<void> {
    for (const segment of this.#segments.all) segment.close()
    await this.#deletions.finish()
  }

  /**
   * At once, and before their segments are: when the log has grown again, one of that name may be taken.
   * None comes back: it would be of another history.
   */
  async #removeSnapshots(isUnwanted: (offset: number) => boolean): Promise<void> {
    const paths = this.snapshots.forget(isUnwanted)
    for (const path of paths) await this.#resources.disk.remove(path)
    if (paths.length > 0) this.#flusher.noteNameChange(this.#directory)
  }

  /** The last one first, each durably: what a crash leaves of them has no hole before it. */
  async #removeFrom(index: number, delayMs: number): Promise<void> {
    while (this.#segments.all.length > index) {
      const [last] = this.#segments.removeFrom(this.#segments.all.length - 1)
      await this.#deleteInOrder(last!, delayMs)
      await this.#flusher.syncNames()
    }
  }

  #add(baseOffset: number, config: LogConfig): void {
    this.#segments.add(beginSegment(this.#resources, this.#directory, baseOffset, config))
    this.#flusher.noteNameChange(this.#directory)
  }

  /** One of those that a compacted segment has replaced in the list. */
  async #retire(original: Segment, cleaned: Segment, delayMs: number): Promise<void> {
    const { baseOffset } = original
    const isNameTaken = this.#segments.all.some(
      (segment) => segment !== cleaned && segment.baseOffset === baseOffset,
    )
    if (isNameTaken) {
      original.close()
      return
    }
    await this.#deleteBatches(original)
    this.#deletions.schedule(original.markDeleted(), delayMs)
    await this.#resources.disk.syncDirectory(this.#directory)
  }

  #takeSnapshot(): void {
    const { endOffset, entries } = this.#producerState
    if (endOffset <= this.snapshots.latest) return
    this.snapshots.write(endOffset, encodeProducerSnapshot(entries.values(), entries.size))
    this.#flusher.noteFile(this.snapshots.path(endOffset))
    this.#flusher.noteNameChange(this.#directory)
  }

  async #deleteOnceOthersAreDurable(removed: readonly Segment[], delayMs: number): Promise<void> {
    for (const segment of removed) {
      // One by one, oldest first: a crash that undoes some renames must not leave a hole.
      await segment.sync()
      await this.#flusher.syncNames()
      this.#flusher.noteGone(segment)
      const isReplaced = this.#segments.all.some(
        ({ baseOffset }) => baseOffset === segment.baseOffset,
      )
      if (isReplaced) segment.close()
      else await this.#deleteInOrder(segment, delayMs)
    }
  }

  /** It is out of the list already. Its batches lose their name before what is known of them does. */
  async #deleteInOrder(segment: Segment, delayMs: number): Promise<void> {
    await this.#deleteBatches(segment)
    this.#delete(segment, delayMs)
  }

  async #deleteBatches(segment: Segment): Promise<void> {
    if (segment.txnIndex.count === 0) return
    segment.markBatchesDeleted()
    await this.#resources.disk.syncDirectory(this.#directory)
  }

  #delete(segment: Segment, delayMs: number): void {
    const { baseOffset, sizeBytes } = segment
    this.#logger.info('a segment is deleted', { baseOffset, sizeBytes })
    this.#deletions.schedule(segment.markDeleted(), delayMs)
    this.#deletions.schedule(
      this.snapshots.forget((offset) => offset === baseOffset),
      delayMs,
    )
    this.#flusher.noteNameChange(this.#directory)
  }
}
