import type { Disk, Logger } from '@ottla/runtime'
import type { EpochStart } from './checkpoint-file.ts'
import {
  CorruptCheckpointError,
  formatEpochCheckpoint,
  readEpochCheckpoint,
} from './checkpoint-file.ts'
import { replaceFileAsync } from './replace-file.ts'

export const LEADER_EPOCH_CHECKPOINT = 'leader-epoch-checkpoint'

/** An epoch and where it ended; -1 and -1 when the log cannot say. */
export interface EpochEnd {
  readonly epoch: number
  readonly endOffset: number
}

/**
 * Which leader epoch wrote which part of the log: each epoch with its first offset (KIP-101).
 *
 * The file is written when the log is flushed, before the recovery point moves: what it lacks after a
 * crash is found again in the batches behind that point, and what it has too much is cut on opening.
 *
 * Invariant: epochs and start offsets both ascend, strictly.
 */
export class LeaderEpochs {
  readonly #disk: Disk
  readonly #path: string
  #entries: EpochStart[]
  #isChanged = false
  #writing: Promise<void> = Promise.resolve()

  constructor(disk: Disk, directory: string, logger: Logger) {
    this.#disk = disk
    this.#path = `${directory}/${LEADER_EPOCH_CHECKPOINT}`
    this.#entries = []
    for (const { epoch, startOffset } of readEntries(disk, this.#path, logger)) {
      this.#assign(epoch, startOffset)
    }
  }

  get entries(): readonly EpochStart[] {
    return this.#entries
  }

  /** -1: none. */
  get latestEpoch(): number {
    return this.#entries.at(-1)?.epoch ?? -1
  }

  /** Notes that `epoch` begins at `startOffset`; nothing happens when it is the latest already. */
  assign(epoch: number, startOffset: number): void {
    if (epoch === this.latestEpoch && startOffset >= this.#entries.at(-1)!.startOffset) return
    if (epoch < 0) return
    this.#assign(epoch, startOffset)
    this.#isChanged = true
  }

  /** As `assign`, for batches that are read again: older epochs are known already. */
  assignIfNewer(epoch: number, startOffset: number): void {
    if (epoch > this.latestEpoch) this.assign(epoch, startOffset)
  }

  /** Those of another replica of the log, that has the same records. */
  adopt(entries: readonly EpochStart[]): void {
    this.#entries = [...entries]
    this.#isChanged = true
  }

  /** The epoch that wrote the record at `offset`; -1: not known. */
  epochAt(offset: number): number {
    let epoch = -1
    for (const entry of this.#entries) {
      if (entry.startOffset > offset) break
      epoch = entry.epoch
    }
    return epoch
  }

  /**
   * The largest epoch <= `epoch` that is in the log, and where the next one begins: up to there two
   * replicas that both know the epoch agree.
   */
  endOffsetFor(epoch: number, logEndOffset: number): EpochEnd {
    if (epoch === -1) return { epoch: -1, endOffset: -1 }
    if (epoch === this.latestEpoch) return { epoch, endOffset: logEndOffset }
    const next = this.#entries.findIndex((entry) => entry.epoch > epoch)
    if (next === -1) return { epoch: -1, endOffset: -1 }
    const endOffset = this.#entries[next]!.startOffset
    // All of that epoch is gone: what the log still has begins with the next.
    return { epoch: next === 0 ? epoch : this.#entries[next - 1]!.epoch, endOffset }
  }

  /** Forgets epochs that begin at or after `endOffset`. */
  truncateFromEnd(endOffset: number): void {
    const before = this.#entries.length
    while (this.#entries.length > 0 && this.#entries.at(-1)!.startOffset >= endOffset) {
      this.#entries.pop()
    }
    if (this.#entries.length !== before) this.#isChanged = true
  }

  /** The epoch that holds `startOffset` begins there now; earlier ones are forgotten. */
  truncateFromStart(startOffset: number): void {
    let covered = 0
    while (covered < this.#entries.length && this.#entries[covered]!.startOffset <= startOffset) {
      covered++
    }
    if (covered === 0) return
    const first = this.#entries[covered - 1]!
    if (covered === 1 && first.startOffset === startOffset) return
    this.#entries.splice(0, covered, { epoch: first.epoch, startOffset })
    this.#isChanged = true
  }

  clear(): void {
    if (this.#entries.length === 0) return
    this.#entries = []
    this.#isChanged = true
  }

  /** Resolves once the file says what the entries were at this call, or later, durably. */
  async writeIfChanged(): Promise<void> {
    const mine = this.#writing.then(() => this.#writeIfChanged())
    this.#writing = mine.catch(() => {}) // told to the caller
    await mine
  }

  async #writeIfChanged(): Promise<void> {
    if (!this.#isChanged) return
    this.#isChanged = false
    try {
      await replaceFileAsync(this.#disk, this.#path, formatEpochCheckpoint(this.#entries))
    } catch (error) {
      this.#isChanged = true
      throw error
    }
  }

  #assign(epoch: number, startOffset: number): void {
    // Entries that contradict the new one are of a history that was truncated.
    while (this.#entries.length > 0) {
      const last = this.#entries.at(-1)!
      if (last.epoch < epoch && last.startOffset < startOffset) break
      this.#entries.pop()
    }
    this.#entries.push({ epoch, startOffset })
  }
}

function readEntries(disk: Disk, path: string, logger: Logger): EpochStart[] {
  try {
    return readEpochCheckpoint(disk, path)
  } catch (error) {
    if (!(error instanceof CorruptCheckpointError)) throw error
    logger.warn('the leader epoch checkpoint is corrupt and is begun anew', { path, error })
    return []
  }
}
