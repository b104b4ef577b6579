import type { Clock, Disk, DiskLock, Logger } from '@ottla/runtime'
import { DiskError } from '@ottla/runtime'
import type { OffsetCheckpoint } from './checkpoint-file.ts'
import {
  CorruptCheckpointError,
  formatOffsetCheckpoint,
  readOffsetCheckpoint,
} from './checkpoint-file.ts'
import type { CleanShutdown } from './clean-shutdown.ts'
import {
  markRunning,
  takeCleanShutdown,
  unmarkRunning,
  writeCleanShutdown,
} from './clean-shutdown.ts'
import { DataDirectoryError } from './data-directory-error.ts'
import type { WatchedDirectory } from './directory-failures.ts'
import { CHECKPOINT_ENTRIES_PER_TURN } from './limits.ts'
import type { Log } from './log.ts'
import type { ExpectedProperties, MetaProperties } from './meta-properties.ts'
import { claimDirectory } from './meta-properties.ts'
import type { PartitionName } from './paths.ts'
import { partitionDirectoryName } from './paths.ts'
import { replaceFileAsync } from './replace-file.ts'
import type { StorageResources } from './resources.ts'

/** Each partition's recovery point. */
const RECOVERY_POINTS = 'recovery-point-offset-checkpoint'
/**
 * Log start offsets. (Kafka leaves out those that the first file's name tells too. But the files before it
 * keep their names for a while, and a crash may bring them back.)
 */
const LOG_START_OFFSETS = 'log-start-offset-checkpoint'
/** Each partition's high watermark. */
const HIGH_WATERMARKS = 'replication-offset-checkpoint'
/** Up to where each compacted log was compacted. */
const CLEANER_OFFSETS = 'cleaner-offset-checkpoint'

type CheckpointName =
  | typeof RECOVERY_POINTS
  | typeof LOG_START_OFFSETS
  | typeof HIGH_WATERMARKS
  | typeof CLEANER_OFFSETS

/** A partition in the directory. */
export interface CheckpointedLog extends PartitionName {
  /** null: not open yet. */
  readonly log: Log | null
}

/**
 * One of a broker's data directories, taken for this process.
 *
 *     .lock  meta.properties  .kafka_cleanshutdown  .ottla_running
 *     recovery-point-offset-checkpoint  log-start-offset-checkpoint  replication-offset-checkpoint
 *     cleaner-offset-checkpoint
 *     <topic>-<partition>/ …
 */
export class LogDirectory {
  readonly path: string
  readonly watched: WatchedDirectory
  readonly properties: MetaProperties
  /** Logs in it, copies that are being moved here included; its owner counts. */
  logCount = 0
  /** How the directory was left; null after an unclean stop. */
  readonly cleanShutdown: CleanShutdown | null
  /** After an unclean stop: whether it was an Ottla broker that ran here last. */
  readonly wasOurs: boolean
  readonly #disk: Disk
  readonly #clock: Clock
  readonly #lock: DiskLock
  /** What each checkpoint says of logs that are not open yet. */
  readonly #recoveryPoints: Map<string, number>
  readonly #logStartOffsets: Map<string, number>
  readonly #highWatermarks: Map<string, number>
  readonly #cleanerOffsets: Map<string, number>
  /** Logs that some checkpoint may name. */
  readonly #named: Set<string>
  /** What each checkpoint says, so that only changes are written. */
  readonly #written: Map<CheckpointName, string> = new Map()
  #writing: Promise<void> = Promise.resolve()

  private constructor(
    { disk, clock, logger }: StorageResources,
    path: string,
    watched: WatchedDirectory,
    lock: DiskLock,
    properties: MetaProperties,
    cleanShutdown: CleanShutdown | null,
    wasOurs: boolean,
  ) {
    this.#disk = disk
    this.#clock = clock
    this.path = path
    this.watched = watched
    this.#lock = lock
    this.properties = properties
    this.cleanShutdown = cleanShutdown
    this.wasOurs = wasOurs
    this.#recoveryPoints = offsetsIn(disk, `${path}/${RECOVERY_POINTS}`, logger)
    this.#logStartOffsets = offsetsIn(disk, `${path}/${LOG_START_OFFSETS}`, logger)
    this.#highWatermarks = offsetsIn(disk, `${path}/${HIGH_WATERMARKS}`, logger)
    this.#cleanerOffsets = offsetsIn(disk, `${path}/${CLEANER_OFFSETS}`, logger)
    this.#named = new Set([
      ...this.#recoveryPoints.keys(),
      ...this.#logStartOffsets.keys(),
      ...this.#highWatermarks.keys(),
      ...this.#cleanerOffsets.keys(),
    ])
  }

  /** @throws DataDirectoryError, DiskError */
  static async open(
    resources: StorageResources,
    path: string,
    expected: ExpectedProperties,
  ): Promise<LogDirectory> {
    const { disk, random } = resources
    const watched = resources.directoryFailures.watch(path)
    disk.makeDirectory(path)
    const lock = take(disk, path)
    try {
      const properties = claimDirectory(disk, random, path, expected)
      const wasOurs = await markRunning(disk, path)
      const cleanShutdown = await takeCleanShutdown(disk, path)
      // A process that was killed may have made names, the directory's own too, and not synced them.
      if (cleanShutdown === null) await syncUpwards(disk, path)
      return new LogDirectory(resources, path, watched, lock, properties, cleanShutdown, wasOurs)
    } catch (error) {
      lock.release()
      throw error
    }
  }

  /** As of the checkpoints that were there at the start; 0 when they do not name the partition. */
  recoveryPoint(topic: string, partition: number): number {
    return this.#recoveryPoints.get(partitionDirectoryName(topic, partition)) ?? 0
  }

  logStartOffset(topic: string, partition: number): number {
    return this.#logStartOffsets.get(partitionDirectoryName(topic, partition)) ?? 0
  }

  highWatermark(topic: string, partition: number): number {
    return this.#highWatermarks.get(partitionDirectoryName(topic, partition)) ?? 0
  }

  /** Up to where it was compacted; null: never. */
  cleanerOffset(topic: string, partition: number): number | null {
    return this.#cleanerOffsets.get(partitionDirectoryName(topic, partition)) ?? null
  }

  /**
   * A log of that name is going to be made: no checkpoint says anything of it when this resolves. Else,
   * after a crash, it would be believed what only its namesake had on the device.
   */
  async forget(
    { topic, partition }: PartitionName,
    logsNow: () => readonly CheckpointedLog[],
  ): Promise<void> {
    const name = partitionDirectoryName(topic, partition)
    if (!this.#named.delete(name)) return
    const logs = logsNow()
    this.#recoveryPoints.delete(name)
    this.#logStartOffsets.delete(name)
    this.#highWatermarks.delete(name)
    this.#cleanerOffsets.delete(name)
    await this.checkpointRecoveryPoints(logs)
    await this.checkpointLogStartOffsets(logs)
    await this.checkpointHighWatermarks(logs)
    await this.checkpointCleanerOffsets(logs)
  }

  /** A log of `other` is in this directory now, with the marks that were written down there. */
  inherit(name: string, other: LogDirectory): void {
    const raise = (mine: Map<string, number>, others: ReadonlyMap<string, number>): void => {
      const offset = Math.max(mine.get(name) ?? 0, others.get(name) ?? 0)
      if (offset > 0) mine.set(name, offset)
    }
    raise(this.#logStartOffsets, other.#logStartOffsets)
    raise(this.#highWatermarks, other.#highWatermarks)
    this.#named.add(name)
  }

  /** A log that is not open yet has less on the device than the checkpoint says: it is put right. */
  async lowerRecoveryPoint(
    { topic, partition }: PartitionName,
    offset: number,
    logs: readonly CheckpointedLog[],
  ): Promise<void> {
    this.#recoveryPoints.set(partitionDirectoryName(topic, partition), offset)
    await this.checkpointRecoveryPoints(logs)
  }

  async checkpointRecoveryPoints(logs: readonly CheckpointedLog[]): Promise<void> {
    await this.#write(RECOVERY_POINTS, logs, this.#recoveryPoints, (log) => log.recoveryPoint)
  }

  async checkpointLogStartOffsets(logs: readonly CheckpointedLog[]): Promise<void> {
    // Where a segment begins, too: a power cut may bring those back that were deleted before it.
    await this.#write(LOG_START_OFFSETS, logs, this.#logStartOffsets, (log) =>
      log.logStartOffset > 0 ? log.logStartOffset : null,
    )
  }

  async checkpointHighWatermarks(logs: readonly CheckpointedLog[]): Promise<void> {
    await this.#write(HIGH_WATERMARKS, logs, this.#highWatermarks, (log) => log.highWatermark)
  }

  async checkpointCleanerOffsets(logs: readonly CheckpointedLog[]): Promise<void> {
    await this.#write(
      CLEANER_OFFSETS,
      logs,
      this.#cleanerOffsets,
      (log) => log.compaction.cleanedTo,
    )
  }

  async markClean(brokerEpoch: number): Promise<void> {
    await unmarkRunning(this.#disk, this.path)
    await writeCleanShutdown(this.#disk, this.path, { brokerEpoch })
  }

  /** Where its disk failed the lock may stay: a later start finds that its holder is dead. */
  release(): void {
    try {
      this.#lock.release()
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
    }
  }

  async #write(
    name: CheckpointName,
    logs: readonly CheckpointedLog[],
    found: ReadonlyMap<string, number>,
    offsetOf: (log: Log) => number | null,
  ): Promise<void> {
    const mine = this.#writing.then(async () => {
      const entries: OffsetCheckpoint[] = []
      for (const [index, { topic, partition, log }] of logs.entries()) {
        if (index % CHECKPOINT_ENTRIES_PER_TURN === CHECKPOINT_ENTRIES_PER_TURN - 1) {
          await new Promise<void>((turn) => this.#clock.defer(turn))
        }
        // One that is not open yet is still where the last process left it.
        const name = partitionDirectoryName(topic, partition)
        const offset = log === null ? (found.get(name) ?? null) : offsetOf(log)
        if (offset === null) continue
        entries.push({ topic, partition, offset })
        this.#named.add(name)
      }
      const content = formatOffsetCheckpoint(entries)
      if (this.#written.get(name) === content) return
      await replaceFileAsync(this.#disk, `${this.path}/${name}`, content)
      this.#written.set(name, content)
    })
    this.#writing = mine.catch(() => {}) // told to the caller; the next one tries again
    await mine
  }
}

/** Makes the names in a directory durable, and its own: a name is in the folder above. */
async function syncUpwards(disk: Disk, path: string): Promise<void> {
  await disk.syncDirectory(path)
  const top = path.startsWith('/') ? '/' : '.'
  for (let at = path; at !== top;) {
    at = at.slice(0, Math.max(at.lastIndexOf('/'), 0)) || top
    try {
      await disk.syncDirectory(at)
    } catch (error) {
      // One that this broker may not open is not one that it made.
      if (!(error instanceof DiskError)) throw error
    }
  }
}

function take(disk: Disk, path: string): DiskLock {
  try {
    return disk.lock(path)
  } catch (error) {
    if (!(error instanceof DiskError) || error.code !== 'LOCKED') throw error
    throw new DataDirectoryError(error.message, { cause: error })
  }
}

function offsetsIn(disk: Disk, path: string, logger: Logger): Map<string, number> {
  try {
    return new Map(
      readOffsetCheckpoint(disk, path).map((entry) => [
        partitionDirectoryName(entry.topic, entry.partition),
        entry.offset,
      ]),
    )
  } catch (error) {
    if (!(error instanceof CorruptCheckpointError)) throw error
    logger.warn('a checkpoint is corrupt and is begun anew', { path, error })
    return new Map()
  }
}
