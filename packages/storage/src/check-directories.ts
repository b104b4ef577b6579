import type { Disk } from '@ottla/runtime'
import { DataDirectoryError } from './data-directory-error.ts'

/**
 * @param paths Absolute.
 * @throws DataDirectoryError when one is named twice, or is within another
 */
export function checkDirectories(paths: readonly string[]): void {
  const seen = new Set<string>()
  for (const path of paths) {
    if (seen.has(path)) {
      throw new DataDirectoryError(`${path}: log.dirs names this directory twice; name each once`)
    }
    seen.add(path)
  }
  for (const path of paths) {
    const outer = paths.find((other) => path.startsWith(other === '/' ? '/' : `${other}/`))
    if (outer === undefined || outer === path) continue
    throw new DataDirectoryError(
      `${path}: this data directory is within ${outer}, which is another of log.dirs; use directories that are beside each other`,
    )
  }
}

/** @throws DataDirectoryError when two have the same id: one is a copy of the other */
export function checkDirectoryIds(
  directories: readonly {
    readonly path: string
    readonly properties: { readonly directoryId: string }
  }[],
): void {
  const paths = new Map<string, string>()
  for (const { path, properties } of directories) {
    const other = paths.get(properties.directoryId)
    if (other !== undefined) {
      throw new DataDirectoryError(
        `${path}/meta.properties: directory.id is ${properties.directoryId}, as in ${other}: one is a copy of the other; take one of them out of log.dirs`,
      )
    }
    paths.set(properties.directoryId, path)
  }
}

export function absolutePaths(disk: Disk, paths: readonly string[]): string[] {
  return paths.map((path) => disk.absolutePath(path))
}
