import type { Disk, Logger, Random } from '@ottla/runtime'
import { DataDirectoryError } from './data-directory-error.ts'
import type { ManagedLog } from './managed-log.ts'
import {
  LOG_SUFFIX,
  STRAY_DIRECTORY_SUFFIX,
  offsetFileName,
  partitionDirectoryName,
  retiredDirectoryName,
} from './paths.ts'

/**
 * Two folders have a partition's name. When one never held a record it goes aside: a directory failed
 * while the log was made there, and it was made in another one.
 *
 * @returns The one that is the log.
 * @throws DataDirectoryError when either may be the one with the records that were acknowledged last:
 *   nobody but the owner knows
 */
export function chooseLog(
  disk: Disk,
  random: Random,
  logger: Logger,
  one: ManagedLog,
  other: ManagedLog,
): ManagedLog {
  const name = partitionDirectoryName(one.topic, one.partition)
  const path = ({ directory }: ManagedLog): string => `${directory.path}/${name}`
  const unused = [one, other].find((log) => isUnused(disk, path(log)))
  if (unused === undefined) {
    throw new DataDirectoryError(
      `${path(one)} and ${path(other)} are both the log of ${name}; move the folder that is out of date away and start again`,
    )
  }
  const uniqueId = random.bytes(16).toString('hex')
  const aside = retiredDirectoryName(one.topic, one.partition, uniqueId, STRAY_DIRECTORY_SUFFIX)
  disk.rename(path(unused), `${unused.directory.path}/${aside}`)
  logger.warn('an empty folder of a log that is in another directory is put aside', {
    path: path(unused),
  })
  return unused === one ? other : one
}

function isUnused(disk: Disk, path: string): boolean {
  const logs = disk.list(path).filter(({ name }) => name.endsWith(LOG_SUFFIX))
  // An empty segment that begins elsewhere says that there were records.
  return logs.every(
    ({ name }) =>
      name === offsetFileName(0, LOG_SUFFIX) && disk.stat(`${path}/${name}`)?.sizeBytes === 0,
  )
}
