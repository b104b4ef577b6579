import type { Disk, Logger } from '@ottla/runtime'
import { replaceFileAsync } from './replace-file.ts'

/**
 * `moved-from`: a log that was moved says whose place it takes, for as long as the other one may still
 * be there under the same name. A crash can leave both; this one has everything, the other may not.
 *
 *     version: 0
 *     directory_id: cSgmd4q3K0YW7ZCABrRvng
 */
export const MOVED_FROM = 'moved-from'

/** The id of the data directory that the log in `folder` came from; null when it does not say. */
export function readMovedFrom(disk: Disk, folder: string, logger: Logger): string | null {
  const path = `${folder}/${MOVED_FROM}`
  if (disk.stat(path) === null) return null
  const text = disk.readFile(path).toString('utf8')
  const match = /^version: 0\s+directory_id: ([A-Za-z0-9_-]{22})\s*$/.exec(text)
  if (match !== null) return match[1]!
  logger.warn('expected "version: 0" and "directory_id: <22 characters>"; it does not count', {
    path,
  })
  return null
}

/** Durably. */
export async function writeMovedFrom(
  disk: Disk,
  folder: string,
  directoryId: string,
): Promise<void> {
  const content = `version: 0\ndirectory_id: ${directoryId}`
  await replaceFileAsync(disk, `${folder}/${MOVED_FROM}`, content)
}

/** Durably. */
export async function removeMovedFrom(disk: Disk, folder: string): Promise<void> {
  await disk.remove(`${folder}/${MOVED_FROM}`)
  await disk.syncDirectory(folder)
}
