import type { Clock, Disk, Logger, Random } from '@ottla/runtime'
import {
  LOADED_INDEX_BYTES,
  OPEN_FILES_MAX,
  READ_BUFFERS_BYTES,
  TAIL_MEMORY_BYTES,
} from './limits.ts'
import { LoadedIndexes } from './loaded-indexes.ts'
import { OpenFiles } from './open-files.ts'
import { ReadBuffers } from './read-buffers.ts'
import { TailMemory } from './tail-memory.ts'

/** What all logs of a broker share. */
export interface StorageResources {
  readonly disk: Disk
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly openFiles: OpenFiles
  readonly tailMemory: TailMemory
  readonly loadedIndexes: LoadedIndexes
  readonly readBuffers: ReadBuffers
  /** Told of a log that the disk failed. */
  readonly onFailure: ((error: Error) => void) | undefined
}

export interface StorageResourcesOptions {
  readonly disk: Disk
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** Told of each log that takes no more requests because the disk failed. */
  readonly onFailure?: (error: Error) => void
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
  const { disk, clock, random, logger } = options
  return {
    disk,
    clock,
    random,
    logger,
    openFiles: new OpenFiles(disk, options.openFilesMax ?? OPEN_FILES_MAX),
    tailMemory: new TailMemory(options.tailMemoryBytes ?? TAIL_MEMORY_BYTES),
    loadedIndexes: new LoadedIndexes(options.loadedIndexBytes ?? LOADED_INDEX_BYTES),
    onFailure: options.onFailure,
    readBuffers: new ReadBuffers(options.readBuffersBytes ?? READ_BUFFERS_BYTES),
  }
}
