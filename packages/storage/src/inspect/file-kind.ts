import type { PartitionName } from '../paths.ts'
import { offsetOfFileName, parsePartitionDirectoryName, retiredSuffix } from '../paths.ts'

/** What a file in a data directory is, as its name says. */
export type LogFileKind =
  | 'log'
  | 'offset-index'
  | 'time-index'
  | 'transaction-index'
  | 'producer-snapshot'
  | 'metadata-snapshot'
  | 'leader-epoch-checkpoint'
  | 'offset-checkpoint'
  | 'partition-metadata'
  | 'meta-properties'
  | 'clean-shutdown'
  | 'quorum-state'
  | 'lock'

/** What a file was on its way to when its writer stopped; null: it is in its place. */
export type LeftoverState = 'deleted' | 'cleaned' | 'swap' | 'part' | 'tmp'

export interface LogFileName {
  readonly kind: LogFileKind
  /** The file's own name, without its folder. */
  readonly name: string
  /** The offset that it is named for; null for files that are not. */
  readonly baseOffset: number | null
  readonly leftover: LeftoverState | null
}

const kindsBySuffix: Readonly<Record<string, LogFileKind>> = {
  log: 'log',
  index: 'offset-index',
  timeindex: 'time-index',
  txnindex: 'transaction-index',
  snapshot: 'producer-snapshot',
}

const kindsByName: Readonly<Record<string, LogFileKind>> = {
  'leader-epoch-checkpoint': 'leader-epoch-checkpoint',
  'recovery-point-offset-checkpoint': 'offset-checkpoint',
  'log-start-offset-checkpoint': 'offset-checkpoint',
  'replication-offset-checkpoint': 'offset-checkpoint',
  'cleaner-offset-checkpoint': 'offset-checkpoint',
  'partition.metadata': 'partition-metadata',
  'meta.properties': 'meta-properties',
  '.kafka_cleanshutdown': 'clean-shutdown',
  'quorum-state': 'quorum-state',
  '.lock': 'lock',
  '.ottla_running': 'lock',
}

/** null: no file of a log has such a name. */
export function logFileName(path: string): LogFileName | null {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const leftover = /\.(deleted|cleaned|swap|part|tmp)$/.exec(name)
  const state = (leftover?.[1] ?? null) as LeftoverState | null
  const stem = leftover === null ? name : name.slice(0, leftover.index)
  const baseOffset = offsetOfFileName(stem)
  const snapshot = /^\d{20}-\d{10}\.checkpoint$/.test(stem)
  const bySuffix = /^\d{20}\.(\w+)$/.exec(stem)?.[1]
  const kind = snapshot
    ? 'metadata-snapshot'
    : bySuffix === undefined
      ? kindsByName[stem]
      : kindsBySuffix[bySuffix]
  if (kind === undefined || (bySuffix !== undefined && baseOffset < 0)) return null
  return {
    kind,
    name,
    baseOffset: snapshot ? Number(stem.slice(0, 20)) : bySuffix === undefined ? null : baseOffset,
    leftover: state,
  }
}

/** The partition whose folder a path is, retired ones (`-delete`, `-stray`, `-future`) too; or null. */
export function partitionOfFolder(path: string): PartitionName | null {
  const name = path.replace(/\/+$/, '').split('/').at(-1) ?? ''
  if (retiredSuffix(name) === null) return parsePartitionDirectoryName(name)
  return parsePartitionDirectoryName(name.slice(0, name.lastIndexOf('.')))
}

/** The partition in whose folder a file is, by its path alone; or null. */
export function partitionOfFile(path: string): PartitionName | null {
  const slash = path.lastIndexOf('/')
  return slash < 0 ? null : partitionOfFolder(path.slice(0, slash))
}
