import type { Disk, DiskSpace } from '@ottla/runtime'
import { DiskError } from '@ottla/runtime'
import type { LogDirectory } from './log-directory.ts'
import type { Log } from './log.ts'
import type { PartitionName } from './paths.ts'

/** A data directory as its user sees it. */
export interface DirectoryDescription {
  /** Absolute. */
  readonly path: string
  /** null: its disk failed before the id was read. */
  readonly id: string | null
  /** False once its disk has failed: then it has no logs, and its size is not known. */
  readonly isOnline: boolean
  /** It gets no new logs (KIP-1066). */
  readonly isCordoned: boolean
  /** Of the file system that it is on; -1: not known. */
  readonly totalBytes: number
  readonly usableBytes: number
  readonly logs: readonly LogDescription[]
}

export interface LogDescription extends PartitionName {
  readonly sizeBytes: number
  /** How far it is behind: a current log behind the high watermark, a future one behind the current. */
  readonly offsetLag: number
  /** Whether it is the copy of a log that is being moved here. */
  readonly isFuture: boolean
}

export interface DescribedLog extends PartitionName {
  /** null: it is not open. */
  readonly log: Log | null
}

interface OnlineDirectory {
  readonly directory: LogDirectory
  readonly isCordoned: boolean
  readonly current: Iterable<DescribedLog>
  /** Copies in the directory, each with the log that it copies (null: not open). */
  readonly future: Iterable<{ readonly log: Log; readonly source: Log | null }>
}

export function describeDirectories(
  disk: Disk,
  online: readonly OnlineDirectory[],
  offline: readonly { readonly directory: string; readonly id: string | null }[],
): DirectoryDescription[] {
  return [
    ...online.map(({ directory, isCordoned, current, future }) => ({
      path: directory.path,
      id: directory.properties.directoryId,
      isOnline: true,
      isCordoned,
      ...spaceOf(disk, directory.path),
      logs: describeLogs(current, future),
    })),
    ...offline.map(({ directory, id }) => ({
      path: directory,
      id,
      isOnline: false,
      isCordoned: false,
      ...UNKNOWN_SPACE,
      logs: [],
    })),
  ]
}

function describeLogs(
  current: Iterable<DescribedLog>,
  future: Iterable<{ readonly log: Log; readonly source: Log | null }>,
): LogDescription[] {
  const descriptions: LogDescription[] = []
  for (const { topic, partition, log } of current) {
    if (log === null) continue
    const offsetLag = Math.max(log.highWatermark - log.logEndOffset, 0)
    descriptions.push({
      topic,
      partition,
      sizeBytes: log.sizeBytes,
      offsetLag,
      isFuture: false,
    })
  }
  for (const { log, source } of future) {
    descriptions.push({
      topic: log.topic,
      partition: log.partition,
      sizeBytes: log.sizeBytes,
      offsetLag: source === null ? -1 : source.logEndOffset - log.logEndOffset,
      isFuture: true,
    })
  }
  return descriptions
}

/** Asking may be what finds out that the disk failed; the directory's owner is told by then. */
function spaceOf(disk: Disk, path: string): DiskSpace {
  try {
    return disk.space(path)
  } catch (error) {
    if (!(error instanceof DiskError)) throw error
    return UNKNOWN_SPACE
  }
}

const UNKNOWN_SPACE = { totalBytes: -1, usableBytes: -1 }
