import { DiskError, type DiskErrorCode, type DiskSpace } from '../disk.ts'
import { PAGE_BYTES } from './file-content.ts'
import type { SeededRandom } from './seeded-random.ts'
import { type Entry, NameJournal, SimulatedDirectory } from './simulated-directory.ts'
import { type ChangeCounter, SimulatedFile } from './simulated-file.ts'
import { type CrashLoss, survivalOf } from './survival.ts'

export type DiskOperation =
  | 'open'
  | 'read'
  | 'write'
  | 'truncate'
  | 'sync'
  | 'list'
  | 'rename'
  | 'remove'
  | 'makeDirectory'
  | 'lock'

/** Which operations fail, or wait; all that are not named do not. */
export type DiskRates = Partial<Readonly<Record<DiskOperation, number>>>

/** A simulated machine's disk: it outlives the machine's processes. */
export class SimulatedMedium {
  /** May be lowered at any time; a write that needs more fails with DISK_FULL. */
  capacityBytes: number = Infinity
  /** How long what waits for the device takes, in milliseconds, evenly spread. */
  delayMs: readonly [least: number, most: number] = [0.05, 0.5]
  /**
   * Makes operations fail: asked before each one; null lets it happen. Of a write that fails, some
   * beginning is written.
   */
  fault: ((operation: DiskOperation, path: string) => DiskErrorCode | null) | null = null
  /** More milliseconds for an operation that waits for the device: 'read', 'sync', 'remove'. */
  stall: ((operation: DiskOperation, path: string) => number) | null = null
  /** Whether pages that a failed sync could not write count as written from then on, as on Linux. */
  forgetsAfterFailedSync = false
  readonly root: SimulatedDirectory = new SimulatedDirectory()
  readonly random: SeededRandom
  readonly #counter: ChangeCounter = { changes: 0 }
  readonly names: NameJournal = new NameJournal(this.#counter)
  readonly #locks = new Set<string>()

  constructor(random: SeededRandom) {
    this.random = random
  }

  delay(operation: DiskOperation, path: string): number {
    const [least, most] = this.delayMs
    const stalled = this.stall?.(operation, path) ?? 0
    return stalled + least + this.random.float() * (most - least)
  }

  /** A fault for `fault`: each operation fails with that probability, as chance has it. */
  faultsAtRandom(
    rates: DiskRates,
    code: DiskErrorCode = 'DISK_FAILED',
  ): (operation: DiskOperation) => DiskErrorCode | null {
    return (operation) => (this.random.float() < (rates[operation] ?? 0) ? code : null)
  }

  /** @throws {DiskError} when a fault was planted here. */
  check(operation: DiskOperation, path: string): void {
    const code = this.fault?.(operation, path) ?? null
    if (code !== null)
      throw new DiskError(code, path, `${operation} fails, as the simulation asked`)
  }

  absolutePath(path: string): string {
    return `/${partsOf(path).join('/')}`
  }

  /** A medium without a limit is as large as a number can say. */
  space(): DiskSpace {
    const totalBytes = Math.min(this.capacityBytes, Number.MAX_SAFE_INTEGER)
    return { totalBytes, usableBytes: Math.max(totalBytes - this.usedBytes(), 0) }
  }

  usedBytes(directory: SimulatedDirectory = this.root): number {
    let used = 0
    for (const entry of directory.entries.values()) {
      if (entry instanceof SimulatedFile) used += entry.pageCount * PAGE_BYTES
      else used += this.usedBytes(entry)
    }
    return used
  }

  /** @returns What is at `path`, or null. */
  find(path: string): SimulatedDirectory | SimulatedFile | null {
    let found: SimulatedDirectory | SimulatedFile = this.root
    for (const name of partsOf(path)) {
      if (found instanceof SimulatedFile) return null
      const next: SimulatedDirectory | SimulatedFile | undefined = found.entries.get(name)
      if (next === undefined) return null
      found = next
    }
    return found
  }

  directory(path: string): SimulatedDirectory {
    const found = this.find(path)
    if (found === null) throw new DiskError('NOT_FOUND', path, 'no such directory')
    if (found instanceof SimulatedFile) throw new DiskError('NOT_A_DIRECTORY', path, 'is a file')
    return found
  }

  /** @returns The directory that holds the name, and the name. */
  parent(path: string): { directory: SimulatedDirectory; name: string } {
    const parts = partsOf(path)
    const name = parts.pop()
    if (name === undefined) throw new DiskError('IS_A_DIRECTORY', path, 'is the root')
    return { directory: this.directory(`/${parts.join('/')}`), name }
  }

  takeLock(path: string): boolean {
    const key = partsOf(path).join('/')
    if (this.#locks.has(key)) return false
    this.#locks.add(key)
    return true
  }

  dropLock(path: string): void {
    this.#locks.delete(partsOf(path).join('/'))
  }

  newFile(): SimulatedFile {
    return new SimulatedFile(this.#counter)
  }

  /** Bits of a file's byte turn over while nobody looks. @throws {DiskError} NOT_FOUND */
  rot(path: string, position: number, mask: number = 1): void {
    const found = this.find(path)
    if (!(found instanceof SimulatedFile)) throw new DiskError('NOT_FOUND', path, 'no such file')
    found.rot(position, mask)
  }

  /** The machine loses power. */
  crash(loses: CrashLoss): void {
    const everything = new Set<Entry>()
    collect(this.root, everything)
    let first = this.names.first
    for (const entry of everything) {
      if (entry instanceof SimulatedFile) first = Math.min(first, entry.firstUnsynced)
    }
    const last = this.#counter.changes
    const survival = survivalOf(loses, this.random, Math.min(first, last), last)
    const directories = [...everything].filter((entry) => entry instanceof SimulatedDirectory)
    for (const { entries, durable } of directories) become(entries, durable)
    this.names.replay((change) => survival.nameSurvives(change))
    for (const { entries, durable } of directories) become(durable, entries)
    for (const entry of everything) {
      if (entry instanceof SimulatedFile) entry.crash(survival.file())
    }
  }
}

/** All that has a name, or had one when its directory was last synced. */
function collect(entry: Entry, found: Set<Entry>): void {
  if (found.has(entry)) return
  found.add(entry)
  if (entry instanceof SimulatedFile) return
  for (const each of entry.durable.values()) collect(each, found)
  for (const each of entry.entries.values()) collect(each, found)
}

function become(names: Map<string, Entry>, others: ReadonlyMap<string, Entry>): void {
  names.clear()
  for (const [name, entry] of others) names.set(name, entry)
}

function partsOf(path: string): string[] {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return parts
}
