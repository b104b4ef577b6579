import { PAGE_BYTES } from './file-content.ts'
import type { SeededRandom } from './seeded-random.ts'

/** What a disk writes whole, or not at all. */
export const SECTOR_BYTES = 512

/**
 * What a power cut takes of that which was not synced:
 *
 *   all      everything
 *   later    everything after some moment, over all files and names; the write of that moment is torn,
 *            at a sector or at any byte
 *   some     chance decides for each page, each size and each name by itself: so writes are reordered,
 *            torn, or there only as they were before the last change. Where a size survived and the
 *            bytes did not there are zeros, or whatever the disk held
 *   sectors  the same, sector by sector
 *   none     nothing
 */
export type CrashLoss = 'all' | 'later' | 'some' | 'sectors' | 'none'

/** What survives of one file's unsynced changes, which are numbered. */
export interface FileSurvival {
  /** What survives or not in one piece. */
  readonly unitBytes: number
  /** Whether the change's effect on that unit survives. */
  survives(change: number, unit: number): boolean
  /** Whether the change's effect on the file's size does. */
  sizeSurvives(change: number): boolean
  /** How many bytes of a write are left by a tear. */
  tornBytes(change: number, lengthBytes: number): number
  /** Puts what is to be seen where a file grew and nothing was written. */
  fill(from: number, lengthBytes: number, put: (bytes: Buffer) => void): void
}

/** What survives one crash. */
export interface Survival {
  nameSurvives(change: number): boolean
  file(): FileSurvival
}

/** Changes not on the medium have numbers from `first` to `last`. */
export function survivalOf(
  loses: CrashLoss,
  random: SeededRandom,
  first: number,
  last: number,
): Survival {
  switch (loses) {
    case 'all':
      return untilChange(-1, random)
    case 'none':
      return untilChange(Infinity, random)
    case 'later':
      return untilChange(first - 1 + random.int(last - first + 2), random)
    case 'some':
      return byChance(PAGE_BYTES, random, first, last)
    case 'sectors':
      return byChance(SECTOR_BYTES, random, first, last)
  }
  return loses satisfies never
}

function untilChange(end: number, random: SeededRandom): Survival {
  const tear = (lengthBytes: number): number => {
    const bytes = random.int(lengthBytes + 1)
    return random.int(2) === 0 ? bytes : bytes - (bytes % SECTOR_BYTES)
  }
  const survives = (change: number): boolean => change <= end
  const file: FileSurvival = {
    unitBytes: PAGE_BYTES,
    survives,
    sizeSurvives: survives,
    tornBytes: (change, lengthBytes) => (change === end ? torn(lengthBytes) : lengthBytes),
    fill: () => {},
  }
  // Asked twice, for the size and for the bytes: one answer.
  let tornBytes: number | null = null
  const torn = (lengthBytes: number): number => (tornBytes ??= tear(lengthBytes))
  return { nameSurvives: survives, file: () => file }
}

function byChance(unitBytes: number, random: SeededRandom, first: number, last: number): Survival {
  /** The last change that reached the disk: none, all, or any. */
  const someChange = (): number => {
    const chance = random.int(3)
    if (chance === 0) return -1
    return chance === 1 ? Infinity : first - 1 + random.int(last - first + 2)
  }
  const lastName = random.int(2) === 0 ? someChange() : null
  const file = (): FileSurvival => {
    const lastOf = new Map<number, number>()
    const lastSize = someChange()
    const isGarbage = random.int(2) === 0
    const lastIn = (unit: number): number => {
      let change = lastOf.get(unit)
      if (change === undefined) lastOf.set(unit, (change = someChange()))
      return change
    }
    return {
      unitBytes,
      survives: (change, unit) => change <= lastIn(unit),
      sizeSurvives: (change) => change <= lastSize,
      tornBytes: (_change, lengthBytes) => lengthBytes,
      fill: (_from, lengthBytes, put) => {
        if (isGarbage) put(random.bytes(lengthBytes))
      },
    }
  }
  return {
    // In the order they were made, as journaling file systems keep them, or any of them.
    nameSurvives: (change) => (lastName === null ? random.int(2) === 0 : change <= lastName),
    file,
  }
}
