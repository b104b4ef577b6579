import type { CheckpointedLog, LogDirectory } from './log-directory.ts'
import { storageError } from './storage-error.ts'

/** The checkpoints of all data directories. One that failed is passed over. */
export class LogCheckpoints {
  readonly #directories: () => readonly LogDirectory[]
  readonly #logsIn: (directory: LogDirectory) => readonly CheckpointedLog[]

  constructor(
    directories: () => readonly LogDirectory[],
    logsIn: (directory: LogDirectory) => readonly CheckpointedLog[],
  ) {
    this.#directories = directories
    this.#logsIn = logsIn
  }

  async all(): Promise<void> {
    await this.forEach((directory) => this.of(directory))
  }

  async of(directory: LogDirectory): Promise<void> {
    const logs = this.#logsIn(directory)
    await directory.checkpointRecoveryPoints(logs)
    await directory.checkpointLogStartOffsets(logs)
    await directory.checkpointHighWatermarks(logs)
    await directory.checkpointCleanerOffsets(logs)
  }

  async recoveryPoints(): Promise<void> {
    await this.forEach((directory, logs) => directory.checkpointRecoveryPoints(logs))
  }

  async highWatermarks(): Promise<void> {
    await this.forEach((directory, logs) => directory.checkpointHighWatermarks(logs))
  }

  /** @throws KafkaError KAFKA_STORAGE_ERROR */
  async logStartOffsets(): Promise<void> {
    await this.forEach(async (directory, logs) => {
      try {
        await directory.checkpointLogStartOffsets(logs)
      } catch (error) {
        throw storageError(error, directory.path)
      }
    })
  }

  async forEach(
    work: (directory: LogDirectory, logs: readonly CheckpointedLog[]) => Promise<void>,
  ): Promise<void> {
    for (const directory of this.#directories()) {
      try {
        if (directory.watched.failure === null) await work(directory, this.#logsIn(directory))
      } catch (error) {
        // One that failed says so itself; the others must not miss their turn.
        if (directory.watched.failure === null) throw error
      }
    }
  }
}
