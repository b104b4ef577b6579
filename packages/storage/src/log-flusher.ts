import { KafkaError } from '@ottla/protocol'
import type { Clock, Disk, Timer } from '@ottla/runtime'
import type { LeaderEpochs } from './leader-epochs.ts'
import { BACKGROUND_SYNC_BYTES } from './limits.ts'
import type { LogConfig } from './log-config.ts'
import { isNever } from './log-config.ts'
import type { SegmentList } from './segment-list.ts'
import type { Segment } from './segment.ts'

export interface LogFlusherOptions {
  readonly disk: Disk
  readonly clock: Clock
  readonly segments: SegmentList
  readonly leaderEpochs: LeaderEpochs
  readonly recoveryPoint: number
  /** Folders with names that may not be durable yet, the log's own first. */
  readonly directories: readonly string[]
  /** Files that may not be durable yet, besides the segments'. */
  readonly files: readonly string[]
  readonly logEndOffset: () => number
  /** Told how long each sync took. */
  readonly onFlushed: (tookMs: number) => void
  /** Told when the device fails. @returns What whoever waits is told. */
  readonly onFailure: (error: unknown) => Error
}

/**
 * Makes a log durable: in the background, and for appends that wait for it.
 *
 * Appends that wait share a sync: those of one event-loop turn, and all that come while another sync
 * runs. (An fsync takes milliseconds; a producer's batch microseconds.)
 */
export class LogFlusher {
  readonly #disk: Disk
  readonly #clock: Clock
  readonly #segments: SegmentList
  readonly #leaderEpochs: LeaderEpochs
  readonly #leaving: Set<Segment> = new Set()
  readonly #logEndOffset: () => number
  readonly #onFlushed: (tookMs: number) => void
  readonly #onFailure: (error: unknown) => Error
  /** Names changed since they were last made durable. */
  #unsyncedDirectories: Set<string>
  #syncingDirectories: Promise<void> = Promise.resolve()
  readonly #unsyncedFiles: Set<string>
  #recoveryPoint: number
  #truncations = 0
  #messagesSinceFlush = 0
  #bytesSinceFlush = 0
  #timer: Timer | null = null
  #isStopped = false
  /** Waits for its turn to sync. */
  #gathering: Promise<void> | null = null
  #syncing: Promise<void> | null = null
  #flushing: Promise<void> | null = null
  /** Asked after each sync that somebody waits for; null: the sync is enough. */
  alsoDurable: (() => Promise<void>) | null = null

  constructor(options: LogFlusherOptions) {
    this.#disk = options.disk
    this.#clock = options.clock
    this.#segments = options.segments
    this.#leaderEpochs = options.leaderEpochs
    this.#recoveryPoint = options.recoveryPoint
    this.#logEndOffset = options.logEndOffset
    this.#onFlushed = options.onFlushed
    this.#onFailure = options.onFailure
    this.#unsyncedDirectories = new Set(options.directories)
    this.#unsyncedFiles = new Set(options.files)
  }

  /** Everything before it is durable: recovery after an unclean stop begins here. */
  get recoveryPoint(): number {
    return this.#recoveryPoint
  }

  /**
   * Something was appended: flushes as `flush.messages` and `flush.ms` ask, and every now and then by
   * itself, lest the kernel stalls a later writer.
   *
   * @returns What the append waits for to be durable; null when it does not wait.
   */
  noteAppend(
    messages: number,
    sizeBytes: number,
    { flushMessages, flushMs }: LogConfig,
  ): Promise<void> | null {
    this.#messagesSinceFlush += messages
    this.#bytesSinceFlush += sizeBytes
    if (this.#messagesSinceFlush >= flushMessages) {
      this.#messagesSinceFlush = 0
      // Whoever waits needs the batches only; a recovery needs a recovery point that moves.
      if (this.#bytesSinceFlush >= BACKGROUND_SYNC_BYTES) this.flushInBackground()
      return this.syncSoon()
    }
    if (this.#bytesSinceFlush >= BACKGROUND_SYNC_BYTES) this.flushInBackground()
    else if (this.#timer === null && !isNever(flushMs)) {
      this.#timer = this.#clock.schedule(flushMs, () => this.flushInBackground())
    }
    return null
  }

  /** `flush.ms` may have changed for what waits to be flushed. */
  configure({ flushMs }: LogConfig): void {
    this.#cancelTimer()
    if (this.#messagesSinceFlush === 0 || isNever(flushMs) || this.#isStopped) return
    this.#timer = this.#clock.schedule(flushMs, () => this.flushInBackground())
  }

  /** A file was made or renamed in `directory`. */
  noteNameChange(directory: string): void {
    this.#unsyncedDirectories.add(directory)
  }

  /**
   * Segments left the log, whose files are still there: a crash may bring them back, and then nothing may
   * be missing before what is durable.
   */
  noteLeaving(segments: readonly Segment[]): void {
    for (const segment of segments) this.#leaving.add(segment)
  }

  /** Its files have been renamed. */
  noteGone(segment: Segment): void {
    this.#leaving.delete(segment)
  }

  /** A file was written that the next flush makes durable. */
  noteFile(path: string): void {
    this.#unsyncedFiles.add(path)
  }

  /** Offsets from `offset` on were cut off. */
  noteTruncation(offset: number): void {
    this.#truncations++
    this.#recoveryPoint = Math.min(this.#recoveryPoint, offset)
  }

  /** Resolves once all that was appended before this call is durable; the indexes may not be. */
  syncSoon(): Promise<void> {
    if (this.#gathering === null) {
      this.#gathering = this.#gather()
      this.#gathering.catch(() => {}) // whoever did not ask for it need not handle it
    }
    return this.#gathering
  }

  /**
   * Makes all that was appended before this call durable together with indexes and epochs, and moves
   * the recovery point there. Calls at the same time follow one another.
   */
  async flush(): Promise<void> {
    this.#noteFlush()
    const endOffset = this.#logEndOffset()
    const truncations = this.#truncations
    while (this.#flushing !== null) await this.#flushing.catch(() => {}) // told to its caller
    if (this.#isStopped) {
      if (endOffset <= this.#recoveryPoint) return
      throw new KafkaError('KAFKA_STORAGE_ERROR', 'the log was given up before all was on disk')
    }
    if (
      endOffset <= this.#recoveryPoint &&
      this.#unsyncedDirectories.size === 0 &&
      this.#unsyncedFiles.size === 0 &&
      this.#segments.all.every((segment) => segment.isDurable)
    ) {
      return
    }
    this.#flushing = this.#measured(() => this.#flush(endOffset, truncations))
    try {
      await this.#flushing
    } catch (error) {
      throw this.#onFailure(error)
    } finally {
      this.#flushing = null
    }
  }

  flushInBackground(): void {
    this.flush().catch(() => {}) // the log has been told
  }

  /** Makes the names of files durable. */
  async syncNames(): Promise<void> {
    await this.#syncDirectories()
  }

  /** Begins nothing more; resolves once what is under way is done. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#cancelTimer()
    const underWay = [this.#gathering, this.#syncing, this.#flushing, this.#syncingDirectories]
    await Promise.allSettled(underWay.filter((work) => work !== null)) // told to their callers
  }

  #cancelTimer(): void {
    this.#timer?.cancel()
    this.#timer = null
  }

  #noteFlush(): void {
    this.#cancelTimer()
    this.#messagesSinceFlush = 0
    this.#bytesSinceFlush = 0
  }

  async #gather(): Promise<void> {
    if (this.#syncing === null) await new Promise<void>((turn) => this.#clock.defer(turn))
    else await this.#syncing.catch(() => {}) // its own callers hear of its failure
    // From here on whoever comes waits for the next sync.
    this.#gathering = null
    const sync = this.#measured(() => this.#syncLogs())
    this.#syncing = sync
    try {
      await sync
      await this.alsoDurable?.()
    } catch (error) {
      throw this.#onFailure(error)
    } finally {
      if (this.#syncing === sync) this.#syncing = null
    }
  }

  async #measured(sync: () => Promise<void>): Promise<void> {
    const beganMs = this.#clock.monotonic()
    await sync()
    this.#onFlushed(this.#clock.monotonic() - beganMs)
  }

  async #syncLogs(): Promise<void> {
    for (const segment of [...this.#leaving, ...this.#segments.all]) {
      if (segment.unsyncedBytes > 0) await unlessDeleted(segment, segment.syncLog())
    }
    await this.#syncDirectories()
  }

  /** `truncations`: how many there were when `endOffset` was the end. */
  async #flush(endOffset: number, truncations: number): Promise<void> {
    await this.#leaderEpochs.writeIfChanged()
    // Those before the recovery point too: one of them may have been cut. What is durable costs nothing.
    for (const segment of [...this.#leaving, ...this.#segments.all]) {
      if (!segment.isDurable) await unlessDeleted(segment, segment.sync())
    }
    await this.#syncFiles()
    await this.#syncDirectories()
    // After a cut meanwhile nobody knows which of the bytes before `endOffset` were synced.
    if (truncations !== this.#truncations) return
    this.#recoveryPoint = Math.max(this.#recoveryPoint, endOffset)
  }

  async #syncFiles(): Promise<void> {
    for (const path of this.#unsyncedFiles) {
      this.#unsyncedFiles.delete(path)
      // Retention may have deleted it.
      if (this.#disk.stat(path) === null) continue
      const file = this.#disk.open(path, 'write')
      try {
        await file.sync()
      } finally {
        file.close()
      }
    }
  }

  /** One after the other: who finds nothing to do must still wait for what is being done. */
  async #syncDirectories(): Promise<void> {
    const mine = this.#syncingDirectories.then(() => this.#syncDirectoriesNow())
    this.#syncingDirectories = mine.catch(() => {}) // told to its caller
    await mine
  }

  async #syncDirectoriesNow(): Promise<void> {
    for (const directory of this.#unsyncedDirectories) {
      this.#unsyncedDirectories.delete(directory)
      try {
        await this.#disk.syncDirectory(directory)
      } catch (error) {
        this.#unsyncedDirectories.add(directory)
        throw error
      }
    }
  }
}

/** What is deleted meanwhile need not be durable. */
async function unlessDeleted(segment: Segment, sync: Promise<void>): Promise<void> {
  try {
    await sync
  } catch (error) {
    if (!segment.isDeleted) throw error
  }
}
