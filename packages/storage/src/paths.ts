/**
 * Names of files and folders in a log directory, as Kafka has them.
 *
 *   <topic>-<partition>/                       a partition
 *     00000000000000000000.log                 a segment, named for its base offset
 *     00000000000000000000.index .timeindex .txnindex
 *     00000000000000000040.snapshot            producer state before offset 40
 *     leader-epoch-checkpoint, partition.metadata
 *   <topic>-<partition>.<32 hex>-delete/       a deleted partition, going away
 *   <topic>-<partition>.<32 hex>-stray/        a partition that the metadata does not know
 *   <topic>-<partition>.<32 hex>-future/       a copy that is being moved between directories
 */

export const LOG_SUFFIX = '.log'
export const INDEX_SUFFIX = '.index'
export const TIME_INDEX_SUFFIX = '.timeindex'
export const TXN_INDEX_SUFFIX = '.txnindex'
export const SNAPSHOT_SUFFIX = '.snapshot'
export const DELETED_SUFFIX = '.deleted'
export const CLEANED_SUFFIX = '.cleaned'
export const SWAP_SUFFIX = '.swap'

export const DELETE_DIRECTORY_SUFFIX = '-delete'
export const STRAY_DIRECTORY_SUFFIX = '-stray'
export const FUTURE_DIRECTORY_SUFFIX = '-future'

/** The longest name that file systems take. */
export const NAME_LENGTH_MAX = 255

/** 20 digits: names sort as offsets do. */
export function offsetFileName(offset: number, suffix: string): string {
  return String(offset).padStart(20, '0') + suffix
}

/** The offset that a file is named for; -1 when its name has another form. */
export function offsetOfFileName(name: string): number {
  const digits = /^\d{20}(?=\.)/.exec(name)
  if (digits === null) return -1
  const offset = Number(digits[0])
  return Number.isSafeInteger(offset) ? offset : -1
}

export interface PartitionName {
  readonly topic: string
  readonly partition: number
}

export function partitionDirectoryName(topic: string, partition: number): string {
  return `${topic}-${partition}`
}

/** null when a folder is not a partition's. */
export function parsePartitionDirectoryName(name: string): PartitionName | null {
  const match = /^([a-zA-Z0-9._-]{1,249})-(\d{1,10})$/.exec(name)
  if (match === null) return null
  const partition = Number(match[2])
  return partition <= 0x7fff_ffff ? { topic: match[1]!, partition } : null
}

/** `<topic>-<partition>.<uniqueId><suffix>`, the topic cut to what a file name can hold. */
export function retiredDirectoryName(
  topic: string,
  partition: number,
  uniqueId: string,
  suffix: string,
): string {
  const end = `.${uniqueId}${suffix}`
  return partitionDirectoryName(topic, partition).slice(0, NAME_LENGTH_MAX - end.length) + end
}

/** The partition whose copy, being moved, a folder holds; null for any other folder. */
export function parseFutureDirectoryName(name: string): PartitionName | null {
  const match = /^(\S+)\.\S+-future$/.exec(name)
  return match === null ? null : parsePartitionDirectoryName(match[1]!)
}

/** Which retired form a folder name has; null for any other. */
export function retiredSuffix(name: string): 'delete' | 'stray' | 'future' | null {
  const match = /^\S+-\S+\.\S+-(delete|stray|future)$/.exec(name)
  return match === null ? null : (match[1] as 'delete' | 'stray' | 'future')
}
