import type { Clock, Disk } from '@ottla/runtime'
import type { LeaderEpochs } from './leader-epochs.ts'
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
  /** Names changed since they were last made durable. */
  #unsyncedDirectories: Set<string>
  #unsyncedFiles: Set<string> = new Set()
  #recoveryPoint: number
  #truncations = 0
  /** Waits for its turn to sync. */
  #gathering: Promise<void> | null = null
  #syncing: Promise<void> | null = null
  #flushing: Promise<void> | null = null

  constructor(options: LogFlusherOptions) {
    this.#disk = options.disk
    this.#clock = options.clock
    this.#segments = options.segments
    this.#leaderEpochs = options.leaderEpochs
    this.#recoveryPoint = options.recoveryPoint
    this.#unsyncedDirectories = new Set(options.directories)
  }

  /** Everything before it is durable: recovery after an unclean stop begins here. */
  get recoveryPoint(): number {
    return this.#recoveryPoint
  }

  get unsyncedBytes(): number {
    let bytes = 0
    const { all } = this.#segments
    for (let index = all.length - 1; index >= 0; index--) {
      const segmentBytes = all[index]!.unsyncedBytes
      // Segments are synced oldest first, so nothing before a synced one is left.
      if (segmentBytes === 0) break
      bytes += segmentBytes
    }
    return bytes
  }

  /** A file was made or renamed in `directory`. */
  noteNameChange(directory: string): void {
    this.#unsyncedDirectories.add(directory)
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
    this.#gathering ??= this.#gather()
    return this.#gathering
  }

  /**
   * Makes the log before `endOffset`, its end, durable together with its indexes and epochs, and moves
   * the recovery point there. Callers at the same time share the work.
   */
  async flush(endOffset: number): Promise<void> {
    while (this.#flushing !== null) await this.#flushing
    if (
      endOffset <= this.#recoveryPoint &&
      this.#unsyncedDirectories.size === 0 &&
      this.#unsyncedFiles.size === 0
    ) {
      return
    }
    this.#flushing = this.#flush(endOffset)
    try {
      await this.#flushing
    } finally {
      this.#flushing = null
    }
  }

  async #gather(): Promise<void> {
    if (this.#syncing === null) await new Promise<void>((turn) => this.#clock.defer(turn))
    else await this.#syncing.catch(() => {}) // its own callers hear of its failure
    // From here on whoever comes waits for the next sync.
    this.#gathering = null
    const sync = this.#syncLogs()
    this.#syncing = sync
    try {
      await sync
    } finally {
      if (this.#syncing === sync) this.#syncing = null
    }
  }

  async #syncLogs(): Promise<void> {
    for (const segment of this.#segments.all) {
      if (segment.unsyncedBytes > 0) await unlessDeleted(segment, segment.syncLog())
    }
    await this.#syncDirectories()
  }

  async #flush(endOffset: number): Promise<void> {
    const truncations = this.#truncations
    await this.#leaderEpochs.writeIfChanged()
    const from = Math.max(0, this.#segments.floorIndex(this.#recoveryPoint))
    for (const segment of this.#segments.all.slice(from)) {
      await unlessDeleted(segment, segment.sync())
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

  async #syncDirectories(): Promise<void> {
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
