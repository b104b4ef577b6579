import type { Disk } from '@ottla/runtime'
import { DiskError } from '@ottla/runtime'
import type { InspectedEntry } from './entry.ts'
import { note } from './entry.ts'
import type { LogFileKind, LogFileName } from './file-kind.ts'
import { logFileName } from './file-kind.ts'
import type { IndexInspection } from './inspect-indexes.ts'
import { inspectOffsetIndex, inspectTimeIndex, inspectTransactionIndex } from './inspect-indexes.ts'
import type { LogInspection } from './inspect-log.ts'
import { inspectLog } from './inspect-log.ts'
import {
  inspectEpochCheckpoint,
  inspectJsonFile,
  inspectMetaProperties,
  inspectOffsetCheckpoint,
  inspectPartitionMetadata,
  inspectProducerSnapshot,
  requireSmall,
} from './inspect-small-files.ts'

export interface FileInspection extends LogInspection, IndexInspection {}

/** A file whose name is none of a data directory's. */
export class UnknownFileError extends Error {
  override readonly name: string = 'UnknownFileError'
}

/**
 * All that one file of a data directory holds, in order, and what is wrong with it; nothing is changed.
 * Big files are read piece by piece.
 *
 * @throws UnknownFileError, DiskError
 */
export async function* inspectFile(
  disk: Disk,
  path: string,
  options: FileInspection = {},
): AsyncGenerator<InspectedEntry> {
  const file = logFileName(path)
  if (file === null) {
    throw new UnknownFileError(
      `${path}: no file of a log has such a name; expected a segment's, such as 00000000000000000000.log, .index, .timeindex, .txnindex, .snapshot or .checkpoint, or a small file's, such as leader-epoch-checkpoint or meta.properties`,
    )
  }
  const status = disk.stat(path)
  if (status === null) throw new DiskError('NOT_FOUND', path, 'there is no such file')
  yield { type: 'file', path, sizeBytes: status.sizeBytes, ...file }
  if (file.leftover !== null) {
    const [what, recovery] = leftovers[file.leftover]
    yield note(path, null, what, recovery)
  }
  yield* contentOf(disk, path, file, options)
}

const leftovers = {
  deleted: ['it was about to be deleted', 'it is deleted'],
  cleaned: ['it was being written by compaction', 'it is deleted: what it was made from is there'],
  swap: [
    'it was about to take the place of what it was made from',
    'it takes that place, or is deleted when its group is not whole',
  ],
  part: ['it was being written', 'it is deleted'],
  tmp: [
    'it was about to take the place of the file without .tmp',
    'it is deleted, or written anew',
  ],
} as const

/** Checkpoints and properties are read whole, and a producer snapshot. */
const isSmall = (kind: LogFileKind): boolean =>
  kind !== 'log' && kind !== 'metadata-snapshot' && !kind.endsWith('-index')

async function* contentOf(
  disk: Disk,
  path: string,
  { kind, baseOffset }: LogFileName,
  options: FileInspection,
): AsyncGenerator<InspectedEntry> {
  const base = baseOffset ?? 0
  if (isSmall(kind)) requireSmall(disk, path)
  switch (kind) {
    case 'log':
      yield* inspectLog(disk, path, base, options)
      return
    case 'metadata-snapshot':
      // Its offsets count from the start of the file.
      yield* inspectLog(disk, path, 0, options)
      return
    case 'offset-index':
      yield* inspectOffsetIndex(disk, path, base, options)
      return
    case 'time-index':
      yield* inspectTimeIndex(disk, path, base, options)
      return
    case 'transaction-index':
      yield* inspectTransactionIndex(disk, path, base)
      return
    case 'lock':
      return
    case 'producer-snapshot':
      yield* inspectProducerSnapshot(disk, path)
      return
    case 'leader-epoch-checkpoint':
      yield* inspectEpochCheckpoint(disk, path)
      return
    case 'offset-checkpoint':
      yield* inspectOffsetCheckpoint(disk, path)
      return
    case 'partition-metadata':
      yield* inspectPartitionMetadata(disk, path)
      return
    case 'meta-properties':
      yield* inspectMetaProperties(disk, path)
      return
    case 'clean-shutdown':
      yield* inspectJsonFile(disk, path, 'it says "clean", of an unknown broker epoch', true)
      return
    case 'quorum-state':
      yield* inspectJsonFile(disk, path, 'the metadata log is not opened', false)
      return
    default:
      kind satisfies never
  }
}
