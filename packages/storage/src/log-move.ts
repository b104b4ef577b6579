import { baseOffset } from '@ottla/records'
import { KafkaError } from '@ottla/protocol'
import type { FutureFolderDisk } from './future-folder-disk.ts'
import { MOVE_CHUNK_BYTES, MOVE_CHUNKS_PER_TURN_MAX } from './limits.ts'
import type { LogDirectory } from './log-directory.ts'
import type { LogSlice } from './log-slice.ts'
import type { Log } from './log.ts'
import type { ManagedLog } from './managed-log.ts'
import type { MoveThrottle } from './move-throttle.ts'
import { writeMovedFrom } from './moved-from.ts'
import type { StorageResources } from './resources.ts'

export interface LogMoveOptions {
  readonly resources: StorageResources
  readonly source: ManagedLog
  readonly target: LogDirectory
  /** The copy, open. */
  readonly copy: Log
  readonly disk: FutureFolderDisk
  readonly throttle: MoveThrottle
  /** Writes the target's checkpoints, the copy's among them. */
  readonly checkpoint: () => Promise<void>
  /** Called in the very turn in which the copy has everything, when its folder has the log's name. */
  readonly onSwitched: () => void
}

/** The move was given up; the log is where it was. */
class MoveCancelledError extends Error {
  override readonly name: string = 'MoveCancelledError'
}

/**
 * One log's way from one data directory to another, while it is used (KIP-113).
 *
 *   copy      batches go over in chunks, throttled, until there are no more
 *   close in  from here on an append is durable when it is so in both; the copy is synced up to here, and
 *             says in `moved-from` whose place it is about to take
 *   switch    in one turn of the event loop: the last batches, what is not in the batches, the rename of the
 *             copy's folder, and the copy takes all appends and reads from then on
 *   clear up  the name is made durable, then the old folder is renamed to `-delete`
 *
 * A crash before the switch leaves the log where it was, and a copy that is gone on with. A crash after it
 * may leave both folders under the log's name: the one that says `moved-from` has everything that was
 * acknowledged, as far as acknowledgements promised, and counts.
 */
export class LogMove {
  readonly source: ManagedLog
  readonly target: LogDirectory
  readonly copy: Log
  readonly disk: FutureFolderDisk
  readonly #options: LogMoveOptions
  readonly #cancelled: AbortController = new AbortController()
  /** Appends to the log that are durable there, and wait for the copy. */
  readonly #waiting: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] =
    []
  #isReleased = false
  /** The log, once its appends wait for the copy. */
  #old: Log | null = null
  #state: 'moving' | 'switched' | 'cancelled' = 'moving'

  constructor(options: LogMoveOptions) {
    this.source = options.source
    this.target = options.target
    this.copy = options.copy
    this.disk = options.disk
    this.#options = options
  }

  get isSwitched(): boolean {
    return this.#state === 'switched'
  }

  /**
   * Resolves once the log is in the target and the old one is no longer needed; false when the move was
   * given up before.
   *
   * @throws KafkaError, DiskError when a disk fails
   */
  async run(): Promise<boolean> {
    const { resources, checkpoint } = this.#options
    try {
      await this.#copyAll(true)
      await this.#closeIn()
      await this.#switch()
      await this.copy.flush()
      await checkpoint()
      await resources.disk.syncDirectory(this.target.path)
      this.#release(null)
      return true
    } catch (error) {
      // Before the switch what is durable in the log itself is durable.
      this.#release(this.isSwitched ? error : null)
      if (error instanceof MoveCancelledError) return false
      throw error
    }
  }

  /** Gives it up, unless the log has moved already. */
  cancel(): void {
    if (this.#state === 'moving') this.#state = 'cancelled'
    this.#cancelled.abort()
  }

  /** @throws KafkaError when the log failed or was closed */
  #source(): Log {
    if (this.#state === 'cancelled') throw new MoveCancelledError()
    const { log, topic, partition } = this.source
    if (log !== null) return log
    throw new KafkaError('KAFKA_STORAGE_ERROR', `the log of ${topic}-${partition} is not open`)
  }

  async #copyAll(isThrottled: boolean): Promise<void> {
    for (;;) {
      await this.#settleEnds()
      if (this.copy.logEndOffset >= this.#source().logEndOffset) return
      const copied = this.#append(await this.#read(this.copy.logEndOffset))
      if (isThrottled) await this.#options.throttle.take(copied, this.#cancelled.signal)
      await this.#nextTurn()
    }
  }

  /** The copy ends within the log: what was deleted or cut there meanwhile is not in the copy either. */
  async #settleEnds(): Promise<void> {
    const source = this.#source()
    if (this.copy.logEndOffset > source.logEndOffset) {
      await this.copy.truncateTo(source.logEndOffset)
    } else if (this.copy.logEndOffset < source.logStartOffset) {
      const slice = await this.#read(source.logStartOffset)
      const [first] = slice.records
      // A log may start within a batch; a copy begins with all of that.
      const start = first === undefined ? slice.nextOffset : baseOffset(first, 0)
      slice.release()
      this.#source()
      if (start > this.copy.logEndOffset) await this.copy.truncateFullyAndStartAt(start)
    }
  }

  #read(offset: number): LogSlice | Promise<LogSlice> {
    const source = this.#source()
    const from = Math.max(offset, source.logStartOffset)
    const maxBytes = MOVE_CHUNK_BYTES
    return source.read({ offset: from, maxBytes, endOffset: Infinity, minOneBatch: true })
  }

  /** @returns How many bytes. */
  #append(slice: LogSlice): number {
    try {
      const source = this.#source()
      const records = slice.records.length === 1 ? slice.records[0]! : Buffer.concat(slice.records)
      if (records.length > 0) this.copy.appendAsFollower(records)
      this.#followMarks(source)
      return records.length
    } finally {
      slice.release()
    }
  }

  /** What moves in a log besides its end. */
  #followMarks(source: Log): void {
    const { copy } = this
    copy.updateConfig(source.config)
    copy.highWatermark = source.highWatermark
    const start = Math.min(source.logStartOffset, copy.highWatermark)
    if (start > copy.logStartOffset) copy.deleteRecordsBefore(start)
  }

  async #closeIn(): Promise<void> {
    const { resources, checkpoint } = this.#options
    const { directoryId } = this.source.directory.properties
    await writeMovedFrom(resources.disk, this.disk.folder, directoryId)
    const source = this.#source()
    this.#old = source
    source.succession.alsoDurable = () => this.#durableInCopy(source.logEndOffset)
    await this.#copyAll(false)
    await this.copy.flush()
    await checkpoint()
  }

  async #switch(): Promise<void> {
    for (;;) {
      await this.#settleEnds()
      const source = this.#source()
      let cold: Promise<LogSlice> | null = null
      for (let chunks = 0; chunks < MOVE_CHUNKS_PER_TURN_MAX && cold === null; chunks++) {
        if (this.copy.logEndOffset === source.logEndOffset) {
          this.#takePlace(source)
          return
        }
        const slice = this.#read(this.copy.logEndOffset)
        if (slice instanceof Promise) cold = slice
        else this.#append(slice)
      }
      if (cold !== null) this.#append(await cold)
      await this.#nextTurn()
    }
  }

  /** Nothing happens between the last batch and this: the two logs are the same. */
  #takePlace(source: Log): void {
    const { copy, source: managed, target } = this
    copy.succession.takeOver(source.succession)
    this.#followMarks(source)
    copy.compaction.cleanedTo = source.compaction.cleanedTo
    this.disk.moveIn()
    copy.succession.noteRenamed(target.path)
    this.#state = 'switched'
    managed.directory = target
    managed.log = copy
    managed.opening = Promise.resolve(copy)
    this.#options.onSwitched()
  }

  /** Resolves once the copy has all before `end` on the device, or does not take the log's place. */
  async #durableInCopy(end: number): Promise<void> {
    if (this.#isReleased || this.copy.recoveryPoint >= end) return
    await new Promise<void>((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  /** @param error null: what was appended is durable where it counts. */
  #release(error: unknown): void {
    this.#isReleased = true
    if (this.#old !== null) this.#old.succession.alsoDurable = null
    for (const { resolve, reject } of this.#waiting.splice(0)) {
      if (error === null) resolve()
      else reject(error as Error)
    }
  }

  async #nextTurn(): Promise<void> {
    await new Promise<void>((turn) => this.#options.resources.clock.defer(turn))
  }
}
