import type { Disk } from '@ottla/runtime'

/**
 * `partition.metadata`: the id of the topic that a folder belongs to, so that a topic deleted and
 * made again is not mistaken for the old one.
 *
 *     version: 0
 *     topic_id: QNu9Al2AT8SKGqlhkudOHQ
 */
export const PARTITION_METADATA = 'partition.metadata'

/** null when there is no such file. @throws Error when it cannot be understood. */
export function readPartitionMetadata(disk: Disk, directory: string): string | null {
  const path = `${directory}/${PARTITION_METADATA}`
  if (disk.stat(path) === null) return null
  const text = disk.readFile(path).toString('utf8')
  const match = /^version: (\d+)\s+topic_id: ([A-Za-z0-9_-]{22})\s*$/.exec(text)
  if (match === null || match[1] !== '0') {
    throw new Error(`${path}: expected "version: 0" and "topic_id: <22 characters>"`)
  }
  return match[2]!
}

export function writePartitionMetadata(disk: Disk, directory: string, topicId: string): void {
  disk.replaceFile(`${directory}/${PARTITION_METADATA}`, `version: 0\ntopic_id: ${topicId}`)
}
