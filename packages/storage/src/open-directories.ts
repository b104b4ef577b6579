import type { Disk } from '@ottla/runtime'
import { DiskError } from '@ottla/runtime'
import { checkDirectoryIds } from './check-directories.ts'
import { DataDirectoryError } from './data-directory-error.ts'
import type { DirectoryFailure } from './directory-failures.ts'
import { describeFailure } from './directory-failures.ts'
import { LogDirectory } from './log-directory.ts'
import { META_PROPERTIES } from './meta-properties.ts'
import type { StorageResources } from './resources.ts'

/** A data directory whose disk failed: it is not used before the next start. */
export interface OfflineDirectory extends DirectoryFailure {
  /** null: it failed before its id was known. */
  readonly id: string | null
}

export interface OpenedDirectories {
  readonly online: readonly LogDirectory[]
  readonly offline: readonly OfflineDirectory[]
}

/**
 * Takes the data directories. One whose disk fails is left offline, as in Kafka, as long as there is
 * another.
 *
 * @throws DataDirectoryError when one is in use or belongs to another broker or cluster, or none can be
 *   used
 */
export async function openDirectories(
  resources: StorageResources,
  paths: readonly string[],
  expected: { readonly nodeId: number; readonly clusterId: string | null },
): Promise<OpenedDirectories> {
  const online: LogDirectory[] = []
  const offline: OfflineDirectory[] = []
  let { clusterId } = expected
  try {
    // Those that belong to a cluster first: a new one joins it.
    const { used, unused } = sortByUse(resources.disk, paths)
    for (const path of [...used, ...unused]) {
      // One for all that are new: the next start finds the same in one that fails before this one ends.
      if (path === unused[0]) clusterId ??= resources.random.uuid()
      try {
        const directory = await LogDirectory.open(resources, path, { ...expected, clusterId })
        online.push(directory)
        clusterId = directory.properties.clusterId
      } catch (error) {
        if (!(error instanceof DiskError)) throw error
        const watched = resources.directoryFailures.watch(path)
        watched.fail('open', error)
        offline.push({ ...watched.failure!, id: null })
      }
    }
    if (online.length === 0) throw unusable(offline)
    checkDirectoryIds(online)
  } catch (error) {
    for (const directory of online) directory.release()
    throw error
  }
  online.sort((one, other) => paths.indexOf(one.path) - paths.indexOf(other.path))
  return { online, offline }
}

function sortByUse(
  disk: Disk,
  paths: readonly string[],
): { readonly used: readonly string[]; readonly unused: readonly string[] } {
  const isUsed = (path: string): boolean => {
    try {
      return disk.stat(`${path}/${META_PROPERTIES}`) !== null
    } catch {
      return false // opening it says what is wrong
    }
  }
  const used = paths.filter(isUsed)
  return { used, unused: paths.filter((path) => !used.includes(path)) }
}

/** No data directory is left. */
function unusable(offline: readonly OfflineDirectory[]): DataDirectoryError {
  const why = offline.map(describeFailure).join('\n')
  const [first] = offline
  return new DataDirectoryError(
    offline.length === 1 ? why : `all log directories have failed:\n${why}`,
    { cause: first?.error },
  )
}
