import { DiskError, type DiskErrorCode } from '../disk.ts'
import type { SeededRandom } from './seeded-random.ts'
import { PAGE_BYTES, SimulatedFile } from './simulated-file.ts'

/** Names of files and directories, as the page cache has them and as the medium has them. */
export class SimulatedDirectory {
  readonly entries: Map<string, SimulatedDirectory | SimulatedFile> = new Map()
  /** What a crash goes back to: the names as of the last sync of this directory. */
  durable: Map<string, SimulatedDirectory | SimulatedFile> = new Map()
  #syncsBegun = 0
  #lastSyncDone = 0

  sync(): void {
    this.beginSync()()
  }

  /** Takes the names that are to be made durable. @returns Call it when the medium has them. */
  beginSync(): () => void {
    const sync = ++this.#syncsBegun
    const names = new Map(this.entries)
    return () => {
      // One that began later has all of this and more.
      if (sync < this.#lastSyncDone) return
      this.#lastSyncDone = sync
      this.durable = names
    }
  }
}

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

/**
 * What a crash does with what was not synced: all of it is lost, or chance decides for every page and
 * every name by itself (that is also how writes are reordered and torn), or all of it survives.
 */
export type CrashLoss = 'all' | 'some' | 'none'

/** A simulated machine's disk: it outlives the machine's processes. */
export class SimulatedMedium {
  /** May be lowered at any time; a write that needs more fails with DISK_FULL. */
  capacityBytes: number = Infinity
  /** How long what waits for the device takes, in milliseconds, evenly spread. */
  delayMs: readonly [least: number, most: number] = [0.05, 0.5]
  /** Makes operations fail: asked before each one; null lets it happen. */
  fault: ((operation: DiskOperation, path: string) => DiskErrorCode | null) | null = null
  readonly root: SimulatedDirectory = new SimulatedDirectory()
  readonly random: SeededRandom
  readonly #locks = new Set<string>()

  constructor(random: SeededRandom) {
    this.random = random
  }

  delay(): number {
    const [least, most] = this.delayMs
    return least + this.random.float() * (most - least)
  }

  /** @throws {DiskError} when a fault was planted here. */
  check(operation: DiskOperation, path: string): void {
    const code = this.fault?.(operation, path) ?? null
    if (code !== null)
      throw new DiskError(code, path, `${operation} fails, as the simulation asked`)
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

  /** The machine loses power. */
  crash(loses: CrashLoss): void {
    const survives = (): boolean =>
      loses === 'none' || (loses === 'some' && this.random.int(2) === 0)
    crashDirectory(this.root, survives, new Set())
  }
}

function crashDirectory(
  directory: SimulatedDirectory,
  survives: () => boolean,
  seen: Set<SimulatedDirectory | SimulatedFile>,
): void {
  const { entries, durable } = directory
  // A name that changed keeps its old or its new meaning, gone included.
  for (const name of new Set([...entries.keys(), ...durable.keys()])) {
    const before = durable.get(name)
    if (entries.get(name) === before || survives()) continue
    if (before === undefined) entries.delete(name)
    else entries.set(name, before)
  }
  directory.sync()
  for (const entry of entries.values()) {
    // A rename that half survived leaves one file under two names.
    if (seen.has(entry)) continue
    seen.add(entry)
    if (entry instanceof SimulatedFile) entry.crash(survives)
    else crashDirectory(entry, survives, seen)
  }
}

function partsOf(path: string): string[] {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return parts
}
