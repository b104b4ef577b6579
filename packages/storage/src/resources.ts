import type { Clock, Disk, Logger, Random } from '@ottla/runtime'
import {
  LOADED_INDEX_BYTES,
  OPEN_FILES_MAX,
  READ_BUFFERS_BYTES,
  TAIL_MEMORY_BYTES,
} from './limits.ts'
import { DirectoryFailures } from './directory-failures.ts'
import { LoadedIndexes } from './loaded-indexes.ts'
import { OpenFiles } from './open-files.ts'
import { ReadBuffers } from './read-buffers.ts'
import { TailMemory } from './tail-memory.ts'
import { WatchedDisk } from './watched-disk.ts'

/** What all logs of a broker share. */
export interface StorageResources {
  /** Refuses what is in a directory that failed. */
  readonly disk: Disk
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly openFiles: OpenFiles
  readonly tailMemory: TailMemory
  readonly loadedIndexes: LoadedIndexes
  readonly readBuffers: ReadBuffers
  /** Told how long each sync of a log took. */
  readonly onFlushed: (tookMs: number) => void
  /** Which data directories can be used. */
  readonly directoryFailures: DirectoryFailures
}

export interface StorageResourcesOptions {
  readonly disk: Disk
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** Told how long each sync of a log took, in milliseconds. */
  readonly onFlushed?: (tookMs: number) => void
  /** Default `OPEN_FILES_MAX`. */
  readonly openFilesMax?: number
  /** Default `TAIL_MEMORY_BYTES`; 0 keeps nothing in memory. */
  readonly tailMemoryBytes?: number
  /** Default `LOADED_INDEX_BYTES`. */
  readonly loadedIndexBytes?: number
  /** Default `READ_BUFFERS_BYTES`. */
  readonly readBuffersBytes?: number
}

export function createStorageResources(options: StorageResourcesOptions): StorageResources {
  const { clock, random, logger } = options
  const directoryFailures = new DirectoryFailures(clock, logger.child('logs'))
  const disk = new WatchedDisk(options.disk, directoryFailures)
  return {
    disk,
    clock,
    random,
    logger,
    openFiles: new OpenFiles(disk, options.openFilesMax ?? OPEN_FILES_MAX),
    tailMemory: new TailMemory(options.tailMemoryBytes ?? TAIL_MEMORY_BYTES),
    loadedIndexes: new LoadedIndexes(options.loadedIndexBytes ?? LOADED_INDEX_BYTES),
    directoryFailures,
    onFlushed: options.onFlushed ?? (() => {}),
    readBuffers: new ReadBuffers(options.readBuffersBytes ?? READ_BUFFERS_BYTES),
  }
}
