import type { Disk, Logger } from '@ottla/runtime'

/**
 * `partition.metadata`: the id of the topic that a folder belongs to, so that a topic deleted and
 * made again is not mistaken for the old one.
 *
 *     version: 0
 *     topic_id: QNu9Al2AT8SKGqlhkudOHQ
 */
export const PARTITION_METADATA = 'partition.metadata'

/** null when there is no such file, or none that can be understood: a crash may have torn it. */
export function readPartitionMetadata(
  disk: Disk,
  directory: string,
  logger: Logger,
): string | null {
  const path = `${directory}/${PARTITION_METADATA}`
  if (disk.stat(path) === null) return null
  const text = disk.readFile(path).toString('utf8')
  const match = /^version: (\d+)\s+topic_id: ([A-Za-z0-9_-]{22})\s*$/.exec(text)
  if (match !== null && match[1] === '0') return match[2]!
  logger.warn('expected "version: 0" and "topic_id: <22 characters>"; it is written anew', { path })
  return null
}

/**
 * Not synced: a sync a partition would make the creation of large topics slow, and what a crash takes
 * away the metadata log has too.
 */
export function writePartitionMetadata(disk: Disk, directory: string, topicId: string): void {
  const file = disk.open(`${directory}/${PARTITION_METADATA}`, 'write')
  try {
    file.truncate(0)
    file.write([Buffer.from(`version: 0\ntopic_id: ${topicId}`)], 0)
  } finally {
    file.close()
  }
}
