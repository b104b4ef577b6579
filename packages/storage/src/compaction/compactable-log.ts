import type { LogConfig } from '../log-config.ts'
import type { LogFiles } from '../log-files.ts'
import type { ProducerEntry } from '../producer-entry.ts'
import type { SegmentList } from '../segment-list.ts'
import type { Segment } from '../segment.ts'
import type { AbortedTransaction } from '../transaction-index.ts'

/** What compaction asks of a log. */
export interface CompactedLog {
  readonly name: string
  readonly topic: string
  readonly partition: number
  readonly config: LogConfig
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly lastStableOffset: number
  readonly isFailed: boolean
  readonly producers: ReadonlyMap<number, ProducerEntry>
  abortedTransactions(
    fromOffset: number,
    endOffset: number,
  ): readonly AbortedTransaction[] | Promise<readonly AbortedTransaction[]>
  flush(): Promise<void>
}

export interface CompactableLogOptions {
  readonly log: CompactedLog
  readonly segments: SegmentList
  readonly files: LogFiles
  readonly cleanedTo: number | null
  /** Told, before anybody reads again, that segments before `endOffset` were replaced. */
  readonly onReplaced: (endOffset: number) => void
  /** Told when files could not be replaced: nobody knows which are on disk. */
  readonly onFailure: (error: unknown) => Error
}

/** A log as the cleaner has it: its segments, and up to where it is clean. */
export class CompactableLog {
  readonly log: CompactedLog
  readonly #segments: SegmentList
  readonly #files: LogFiles
  readonly #onReplaced: (endOffset: number) => void
  readonly #onFailure: (error: unknown) => Error
  #cleanedTo: number | null
  #cuts = 0

  constructor(options: CompactableLogOptions) {
    this.log = options.log
    this.#segments = options.segments
    this.#files = options.files
    this.#cleanedTo = options.cleanedTo
    this.#onReplaced = options.onReplaced
    this.#onFailure = options.onFailure
  }

  /**
   * Records before it have no later one of their key before it: what `cleaner-offset-checkpoint` says.
   * null: the log was never compacted.
   */
  get cleanedTo(): number | null {
    return this.#cleanedTo
  }

  /** The cleaner's to set, and that of whoever moves a log here that was compacted elsewhere. */
  set cleanedTo(offset: number | null) {
    this.#cleanedTo = offset
  }

  get segments(): readonly Segment[] {
    return this.#segments.all
  }

  /** How often the log was cut: what was read before a cut must not come back. */
  get cuts(): number {
    return this.#cuts
  }

  /** Offsets from `offset` on were cut off. */
  noteCut(offset: number): void {
    this.#cuts++
    if (this.#cleanedTo !== null) this.#cleanedTo = Math.min(this.#cleanedTo, offset)
  }

  /** What producers had done before some record is not to be gone on from once it is compacted. */
  async forgetSnapshotsBefore(offset: number): Promise<void> {
    await this.#files.forgetSnapshotsBefore(offset)
  }

  createCleaned(baseOffset: number): Segment {
    return this.#files.createCleaned(baseOffset)
  }

  async removeCleaned(cleaned: Segment): Promise<void> {
    await this.#files.removeCleaned(cleaned)
  }

  /**
   * Puts `cleaned`, sealed and durable, in the place of `originals`.
   *
   * @param cuts how often the log had been cut when they were read
   * @returns false when they are no longer as they were: nothing has changed.
   * @throws KafkaError KAFKA_STORAGE_ERROR when the disk fails; then the log has failed
   */
  async replace(originals: readonly Segment[], cleaned: Segment, cuts: number): Promise<boolean> {
    const next = this.#segments.all[this.#segments.all.indexOf(originals.at(-1)!) + 1]
    const endOffset = next?.baseOffset ?? this.log.logEndOffset
    try {
      return await this.#files.replace(
        originals,
        cleaned,
        this.log.config.fileDeleteDelayMs,
        () => cuts === this.#cuts,
        () => this.#onReplaced(endOffset),
      )
    } catch (error) {
      throw this.#onFailure(error)
    }
  }
}
