import type { Disk, Logger } from '@ottla/runtime'
import type { PartitionName } from './paths.ts'
import { parseFutureDirectoryName, parsePartitionDirectoryName, retiredSuffix } from './paths.ts'

/** A folder in a data directory that the log manager has to do with. */
export interface PartitionFolder extends PartitionName {
  readonly path: string
  /**
   *   'current'  the partition's log
   *   'future'   a copy of it that is being moved here from another directory
   */
  readonly kind: 'current' | 'future'
}

export interface FoundFolders {
  readonly partitions: readonly PartitionFolder[]
  /** Paths of deleted logs, whose files are still to be removed. */
  readonly deleted: readonly string[]
}

/** The metadata log's folder: its owner opens it. */
const METADATA_TOPIC = '__cluster_metadata'

/** What is in a data directory; anything else is left alone. */
export function findFolders(disk: Disk, directory: string, logger: Logger): FoundFolders {
  const partitions: PartitionFolder[] = []
  const deleted: string[] = []
  for (const { name, isDirectory } of disk.list(directory)) {
    if (!isDirectory) continue
    const path = `${directory}/${name}`
    const current = parsePartitionDirectoryName(name)
    const future = parseFutureDirectoryName(name)
    if (retiredSuffix(name) === 'delete') deleted.push(path)
    else if (future !== null) partitions.push({ ...future, path, kind: 'future' })
    else if (current === null || retiredSuffix(name) !== null) {
      logger.info('a folder that is no partition is left alone', { path })
    } else if (current.topic !== METADATA_TOPIC) {
      partitions.push({ ...current, path, kind: 'current' })
    }
  }
  return { partitions, deleted }
}
