import type {
  DirectoryEntry,
  Disk,
  DiskErrorCode,
  DiskFile,
  DiskLock,
  DiskSpace,
  FileStatus,
} from '@ottla/runtime'
import { DiskError } from '@ottla/runtime'
import type { DirectoryFailures, WatchedDirectory } from './directory-failures.ts'

/** After one of these nothing in the directory can be relied on, whatever was asked for. */
const ALWAYS_A_FAILURE: ReadonlySet<DiskErrorCode> = new Set([
  'ACCESS_DENIED',
  'DISK_FAILED',
  'DISK_FULL',
  'READ_ONLY',
])

/**
 * A disk that knows data directories: an error of one takes it offline, and from then on every use of
 * it is refused (OFFLINE) without touching the device.
 *
 * As in Kafka an I/O error of any operation counts: read, write, sync, truncate, rename, list, delete.
 * What only says that a name is missing or taken is its caller's to judge, unless the whole directory
 * has gone. So is TOO_MANY_OPEN_FILES: a read that meets it is refused and may be tried again; a log
 * that cannot write takes its directory offline.
 */
export class WatchedDisk implements Disk {
  readonly #disk: Disk
  readonly #failures: DirectoryFailures

  constructor(disk: Disk, failures: DirectoryFailures) {
    this.#disk = disk
    this.#failures = failures
  }

  open(path: string, mode: 'read' | 'write' | 'create'): DiskFile {
    const directory = this.#failures.holding(path)
    if (directory === null) return this.#disk.open(path, mode)
    const file = this.#run('open', path, directory, () => this.#disk.open(path, mode))
    return new WatchedFile(file, directory, this)
  }

  stat(path: string): FileStatus | null {
    return this.#on('stat', path, () => this.#disk.stat(path))
  }

  list(path: string): readonly DirectoryEntry[] {
    return this.#on('list', path, () => this.#disk.list(path))
  }

  makeDirectory(path: string): void {
    this.#on('make directory', path, () => this.#disk.makeDirectory(path))
  }

  rename(from: string, to: string): void {
    this.#on('rename', from, () => this.#disk.rename(from, to))
  }

  async remove(path: string): Promise<void> {
    await this.#onAsync('delete', path, () => this.#disk.remove(path))
  }

  async removeTree(path: string): Promise<void> {
    await this.#onAsync('delete', path, () => this.#disk.removeTree(path))
  }

  readFile(path: string): Buffer {
    return this.#on('read', path, () => this.#disk.readFile(path))
  }

  replaceFile(path: string, content: Buffer | string): void {
    this.#on('write', path, () => this.#disk.replaceFile(path, content))
  }

  async syncDirectory(path: string): Promise<void> {
    await this.#onAsync('sync', path, () => this.#disk.syncDirectory(path))
  }

  absolutePath(path: string): string {
    return this.#disk.absolutePath(path)
  }

  space(path: string): DiskSpace {
    return this.#on('stat', path, () => this.#disk.space(path))
  }

  lock(path: string): DiskLock {
    return this.#on('lock', path, () => this.#disk.lock(path))
  }

  /** For WatchedFile only. Takes the directory offline when the error says that it cannot be used. */
  judge(operation: string, directory: WatchedDirectory, error: unknown): void {
    if (!(error instanceof DiskError) || directory.failure !== null) return
    if (ALWAYS_A_FAILURE.has(error.code) || this.#hasVanished(directory, error)) {
      directory.fail(operation, error)
    }
  }

  #on<T>(operation: string, path: string, step: () => T): T {
    const directory = this.#failures.holding(path)
    return directory === null ? step() : this.#run(operation, path, directory, step)
  }

  #run<T>(operation: string, path: string, directory: WatchedDirectory, step: () => T): T {
    if (directory.isOffline) throw directory.offlineError(path)
    try {
      return step()
    } catch (error) {
      this.judge(operation, directory, error)
      throw error
    }
  }

  async #onAsync(operation: string, path: string, step: () => Promise<void>): Promise<void> {
    const directory = this.#failures.holding(path)
    if (directory?.isOffline === true) throw directory.offlineError(path)
    try {
      await step()
    } catch (error) {
      if (directory !== null) this.judge(operation, directory, error)
      throw error
    }
    if (operation === 'sync' && directory !== null && directory.failure !== null) {
      throw directory.offlineError(path)
    }
  }

  #hasVanished(directory: WatchedDirectory, { code }: DiskError): boolean {
    if (code !== 'NOT_FOUND' && code !== 'NOT_A_DIRECTORY') return false
    try {
      return this.#disk.stat(directory.path)?.isDirectory !== true
    } catch {
      return true
    }
  }
}

class WatchedFile implements DiskFile {
  readonly #file: DiskFile
  readonly #directory: WatchedDirectory
  readonly #disk: WatchedDisk

  constructor(file: DiskFile, directory: WatchedDirectory, disk: WatchedDisk) {
    this.#file = file
    this.#directory = directory
    this.#disk = disk
  }

  get path(): string {
    return this.#file.path
  }

  sizeBytes(): number {
    this.#checkOnline()
    try {
      return this.#file.sizeBytes()
    } catch (error) {
      throw this.#judged('stat', error)
    }
  }

  write(buffers: readonly Buffer[], position: number): void {
    this.#checkOnline()
    try {
      this.#file.write(buffers, position)
    } catch (error) {
      throw this.#judged('write', error)
    }
  }

  read(target: Buffer, position: number): number {
    this.#checkOnline()
    try {
      return this.#file.read(target, position)
    } catch (error) {
      throw this.#judged('read', error)
    }
  }

  async readAsync(target: Buffer, position: number): Promise<number> {
    this.#checkOnline()
    try {
      return await this.#file.readAsync(target, position)
    } catch (error) {
      throw this.#judged('read', error)
    }
  }

  truncate(sizeBytes: number): void {
    this.#checkOnline()
    try {
      this.#file.truncate(sizeBytes)
    } catch (error) {
      throw this.#judged('truncate', error)
    }
  }

  async sync(): Promise<void> {
    this.#checkOnline()
    try {
      await this.#file.sync()
    } catch (error) {
      throw this.#judged('sync', error)
    }
    // Of two syncs at a time the system may tell only one that pages could not be written.
    if (this.#directory.failure !== null) throw this.#directory.offlineError(this.#file.path)
  }

  syncNow(): void {
    this.#checkOnline()
    try {
      this.#file.syncNow()
    } catch (error) {
      throw this.#judged('sync', error)
    }
  }

  /** Offline, too: the operating system must not run out of descriptors. */
  close(): void {
    try {
      this.#file.close()
    } catch (error) {
      throw this.#judged('close', error)
    }
  }

  #checkOnline(): void {
    if (this.#directory.isOffline) throw this.#directory.offlineError(this.#file.path)
  }

  #judged(operation: string, error: unknown): unknown {
    this.#disk.judge(operation, this.#directory, error)
    return error
  }
}
