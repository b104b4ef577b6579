import type { Logger } from '@ottla/runtime'
import {
  CLEANED_SUFFIX,
  DELETED_SUFFIX,
  INDEX_SUFFIX,
  LOG_SUFFIX,
  SWAP_SUFFIX,
  TIME_INDEX_SUFFIX,
  TXN_INDEX_SUFFIX,
  offsetFileName,
  offsetOfFileName,
} from './paths.ts'
import type { StorageResources } from './resources.ts'
import { Segment } from './segment.ts'

const INDEX_SUFFIXES = [INDEX_SUFFIX, TIME_INDEX_SUFFIX, TXN_INDEX_SUFFIX]

/**
 * Finishes or undoes what a stopped process left half done in a log's folder.
 *
 *   .deleted  was being deleted: is deleted
 *   .tmp      a small file that was being replaced: the old one counts
 *   .cleaned  was being compacted: is thrown away, the originals are there
 *   .swap     was about to take its originals' place: takes it now, unless an older `.cleaned` shows
 *             that the group it belongs to was not complete
 */
export async function clearLeftovers(
  resources: StorageResources,
  directory: string,
  logger: Logger,
): Promise<void> {
  const { disk } = resources
  const names = disk.list(directory).map((entry) => entry.name)
  const swaps: string[] = []
  let firstCleaned = Infinity
  for (const name of names) {
    if (name.endsWith(CLEANED_SUFFIX)) {
      firstCleaned = Math.min(firstCleaned, offsetOfFileName(name))
    }
    if (name.endsWith(SWAP_SUFFIX)) swaps.push(name)
    else if (isThrownAway(name)) {
      logger.info('a leftover file is removed', { file: name })
      await disk.remove(`${directory}/${name}`)
    }
  }
  const complete: string[] = []
  for (const name of swaps) {
    if (offsetOfFileName(name) < firstCleaned) complete.push(name)
    else await disk.remove(`${directory}/${name}`)
  }
  // One that comes back would undo what is appended or cut from now on.
  if (complete.length < swaps.length) await disk.syncDirectory(directory)
  if (complete.length > 0) await finishSwaps(resources, directory, complete, names, logger)
}

/** Whether a process that stopped in the midst of something left a file of this name. */
export function isLeftover(name: string): boolean {
  return name.endsWith(SWAP_SUFFIX) || isThrownAway(name)
}

function isThrownAway(name: string): boolean {
  if (name.endsWith(DELETED_SUFFIX) || name.endsWith(CLEANED_SUFFIX)) return true
  return name === 'leader-epoch-checkpoint.tmp' || name === 'partition.metadata.tmp'
}

/** Removes the segments that the swapped ones replace, then gives these their names. */
async function finishSwaps(
  resources: StorageResources,
  directory: string,
  swaps: readonly string[],
  names: readonly string[],
  logger: Logger,
): Promise<void> {
  const { disk } = resources
  let from = Infinity
  let to = -1
  for (const name of swaps) {
    if (!name.endsWith(LOG_SUFFIX + SWAP_SUFFIX)) continue
    const offset = offsetOfFileName(name)
    from = Math.min(from, offset)
    to = Math.max(to, await nextOffsetOf(resources, directory, name, offset))
  }
  // Even if nothing was left of it, what had its name goes.
  to = Math.max(to, from + 1)
  // All that begins within what the swapped one holds was compacted into it, in ascending order: should
  // this be interrupted too, what is left of the old ones must be the log's end.
  for (const name of names) {
    const offset = offsetOfFileName(name)
    if (offset < from || offset >= to || name !== offsetFileName(offset, LOG_SUFFIX)) continue
    logger.info('a segment that was compacted into another is removed', { file: name })
    await disk.remove(`${directory}/${name}`)
    // Back again without it, nobody would miss it.
    if (names.includes(offsetFileName(offset, TXN_INDEX_SUFFIX)))
      await disk.syncDirectory(directory)
    for (const suffix of INDEX_SUFFIXES) {
      await disk.remove(`${directory}/${offsetFileName(offset, suffix)}`)
    }
    await disk.syncDirectory(directory)
  }
  for (const name of swaps) {
    logger.info('a compacted file takes its place', { file: name })
    disk.rename(`${directory}/${name}`, `${directory}/${name.slice(0, -SWAP_SUFFIX.length)}`)
  }
  await disk.syncDirectory(directory)
}

async function nextOffsetOf(
  resources: StorageResources,
  directory: string,
  name: string,
  baseOffset: number,
): Promise<number> {
  const path = `${directory}/${name}`
  const logBytes = resources.disk.stat(path)?.sizeBytes ?? 0
  const segment = new Segment(resources, {
    directory,
    logPath: path,
    baseOffset,
    logBytes,
    indexBytes: null,
    timeIndexBytes: null,
    txnIndexBytes: null,
    rollJitterMs: 0,
  })
  try {
    return (await segment.readEnd()).nextOffset
  } finally {
    segment.close()
  }
}
