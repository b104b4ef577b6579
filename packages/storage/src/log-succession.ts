import type { LeaderEpochs } from './leader-epochs.ts'
import type { LogFiles } from './log-files.ts'
import type { LogFlusher } from './log-flusher.ts'
import type { ProducerState } from './producer-state.ts'

interface Estate {
  readonly producerState: ProducerState
  readonly leaderEpochs: LeaderEpochs
}

/** What a log hands over to a copy of it in another data directory that takes its place. */
export class LogSuccession {
  readonly #estate: Estate
  readonly #flusher: LogFlusher
  readonly #files: LogFiles

  constructor(estate: Estate, flusher: LogFlusher, files: LogFiles) {
    this.#estate = estate
    this.#flusher = flusher
    this.#files = files
  }

  /**
   * This log has the same records as `other` and takes its place: what is not in the records themselves
   * comes over. (Of a producer whose batches are all deleted only the state is left.)
   */
  takeOver(other: LogSuccession): void {
    const { producerState, leaderEpochs } = this.#estate
    producerState.adopt(other.#estate.producerState)
    leaderEpochs.adopt(other.#estate.leaderEpochs.entries)
    this.#files.saveProducers()
  }

  /** The log's folder was renamed in `directory`: what is durable from now on includes that. */
  noteRenamed(directory: string): void {
    this.#flusher.noteNameChange(directory)
  }

  /** Whoever waits for an append to be durable waits for this as well; null: for nothing else. */
  set alsoDurable(wait: (() => Promise<void>) | null) {
    this.#flusher.alsoDurable = wait
  }
}
