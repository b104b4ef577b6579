import {
  type DirectoryEntry,
  type Disk,
  DiskError,
  type DiskFile,
  type DiskLock,
  type DiskSpace,
  type FileStatus,
} from '../disk.ts'
import { PAGE_BYTES } from './file-content.ts'
import { SimulatedDirectory } from './simulated-directory.ts'
import { SimulatedFile } from './simulated-file.ts'
import type { SimulatedMedium } from './simulated-medium.ts'
import type { SimulatedProcess } from './simulated-process.ts'

/** One process' view of its machine's disk. Relative paths start at the root. */
export class SimulatedDisk implements Disk {
  readonly #process: SimulatedProcess
  readonly #medium: SimulatedMedium

  constructor(process: SimulatedProcess, medium: SimulatedMedium) {
    this.#process = process
    this.#medium = medium
  }

  open(path: string, mode: 'read' | 'write' | 'create'): DiskFile {
    this.#begin('open', path)
    const { directory, name } = this.#medium.parent(path)
    let file = directory.entries.get(name)
    if (file === undefined && mode === 'read')
      throw new DiskError('NOT_FOUND', path, 'no such file')
    if (file !== undefined && mode === 'create') {
      throw new DiskError('ALREADY_EXISTS', path, 'the file exists')
    }
    if (file instanceof SimulatedDirectory) {
      throw new DiskError('IS_A_DIRECTORY', path, 'is a directory')
    }
    if (file === undefined) {
      file = this.#medium.newFile()
      file.modifiedMs = this.#nowMs()
      this.#medium.names.change(file, null, { directory, name })
    }
    return new SimulatedDiskFile(path, mode !== 'read', file, this.#process, this.#medium)
  }

  stat(path: string): FileStatus | null {
    this.#begin('list', path)
    const found = this.#medium.find(path)
    if (found === null) return null
    if (found instanceof SimulatedDirectory)
      return { sizeBytes: 0, modifiedMs: 0, isDirectory: true }
    return { sizeBytes: found.sizeBytes, modifiedMs: found.modifiedMs, isDirectory: false }
  }

  list(path: string): readonly DirectoryEntry[] {
    this.#begin('list', path)
    return Array.from(this.#medium.directory(path).entries, ([name, entry]) => ({
      name,
      isDirectory: entry instanceof SimulatedDirectory,
    })).sort((one, other) => (one.name < other.name ? -1 : 1))
  }

  makeDirectory(path: string): void {
    this.#begin('makeDirectory', path)
    let directory = this.#medium.root
    for (const name of path.split('/')) {
      if (name === '' || name === '.') continue
      let next = directory.entries.get(name)
      if (next instanceof SimulatedFile) throw new DiskError('NOT_A_DIRECTORY', path, 'is a file')
      if (next === undefined) {
        next = new SimulatedDirectory()
        this.#medium.names.change(next, null, { directory, name })
      }
      directory = next
    }
  }

  rename(from: string, to: string): void {
    this.#begin('rename', from)
    const source = this.#medium.parent(from)
    const target = this.#medium.parent(to)
    const moved = source.directory.entries.get(source.name)
    if (moved === undefined) throw new DiskError('NOT_FOUND', from, 'no such file or directory')
    const replaced = target.directory.entries.get(target.name)
    if (replaced === moved) return
    if (replaced instanceof SimulatedDirectory) {
      if (moved instanceof SimulatedFile)
        throw new DiskError('IS_A_DIRECTORY', from, `${to} is one`)
      if (replaced.entries.size > 0)
        throw new DiskError('ALREADY_EXISTS', from, `${to} is not empty`)
    } else if (replaced !== undefined && moved instanceof SimulatedDirectory) {
      throw new DiskError('NOT_A_DIRECTORY', from, `${to} is a file`)
    }
    this.#medium.names.change(moved, source, target)
  }

  async remove(path: string): Promise<void> {
    this.#begin('remove', path)
    await this.#process.wait(this.#medium.delay('remove', path))
    const found = this.#medium.find(path)
    if (found === null) return
    if (found instanceof SimulatedDirectory) {
      throw new DiskError('IS_A_DIRECTORY', path, 'is a directory')
    }
    this.#medium.names.change(found, this.#medium.parent(path), null)
  }

  /** One name after the other: whoever dies in its midst leaves half a tree. */
  async removeTree(path: string): Promise<void> {
    this.#begin('remove', path)
    const found = this.#medium.find(path)
    if (found === null) return
    if (found instanceof SimulatedDirectory) {
      for (const name of found.entries.keys()) await this.removeTree(`${path}/${name}`)
    }
    await this.#process.wait(this.#medium.delay('remove', path))
    if (this.#medium.find(path) !== found) return
    this.#medium.names.change(found, this.#medium.parent(path), null)
  }

  readFile(path: string): Buffer {
    const file = this.open(path, 'read')
    const content = Buffer.alloc(file.sizeBytes())
    file.read(content, 0)
    file.close()
    return content
  }

  replaceFile(path: string, content: Buffer | string): void {
    const beside = `${path}.tmp`
    const file = this.open(beside, 'write')
    file.truncate(0)
    file.write([Buffer.from(content)], 0)
    file.syncNow()
    file.close()
    this.rename(beside, path)
    this.#begin('sync', path)
    this.#medium.names.beginSync(this.#medium.parent(path).directory)()
  }

  absolutePath(path: string): string {
    return this.#medium.absolutePath(path)
  }

  space(path: string): DiskSpace {
    this.#begin('list', path)
    if (this.#medium.find(path) === null) {
      throw new DiskError('NOT_FOUND', path, 'no such file or directory')
    }
    return this.#medium.space()
  }

  async syncDirectory(path: string): Promise<void> {
    this.#begin('sync', path)
    const finish = this.#medium.names.beginSync(this.#medium.directory(path))
    await this.#process.wait(
      this.#medium.delay('sync', path),
      `${this.#process.name} synced ${path}`,
    )
    finish()
  }

  lock(path: string): DiskLock {
    this.#begin('lock', path)
    this.#medium.directory(path)
    if (!this.#medium.takeLock(path)) {
      const message =
        'the directory is in use by another process; stop it, or choose another directory'
      throw new DiskError('LOCKED', path, message)
    }
    let isHeld = true
    const release = (): void => {
      if (isHeld) this.#medium.dropLock(path)
      isHeld = false
      forget()
    }
    const forget = this.#process.onEnd(release)
    return { release }
  }

  #begin(operation: Parameters<SimulatedMedium['check']>[0], path: string): void {
    checkAlive(this.#process, path)
    this.#medium.check(operation, path)
  }

  #nowMs(): number {
    return this.#process.wallClockMs()
  }
}

class SimulatedDiskFile implements DiskFile {
  readonly path: string
  readonly #isWritable: boolean
  readonly #file: SimulatedFile
  readonly #process: SimulatedProcess
  readonly #medium: SimulatedMedium
  #isClosed = false

  constructor(
    path: string,
    isWritable: boolean,
    file: SimulatedFile,
    process: SimulatedProcess,
    medium: SimulatedMedium,
  ) {
    this.path = path
    this.#isWritable = isWritable
    this.#file = file
    this.#process = process
    this.#medium = medium
  }

  sizeBytes(): number {
    this.#checkOpen()
    return this.#file.sizeBytes
  }

  write(buffers: readonly Buffer[], position: number): void {
    this.#checkWritable()
    const bytes = buffers.length === 1 ? buffers[0]! : Buffer.concat(buffers)
    try {
      this.#medium.check('write', this.path)
    } catch (error) {
      const written = this.#medium.random.int(bytes.length + 1)
      this.#file.write(bytes.subarray(0, Math.min(written, this.#room(position))), position)
      throw error
    }
    const room = this.#room(position)
    this.#file.write(bytes.subarray(0, room), position)
    this.#file.modifiedMs = this.#process.wallClockMs()
    if (room < bytes.length) {
      throw new DiskError('DISK_FULL', this.path, 'no space left on the device')
    }
  }

  read(target: Buffer, position: number): number {
    this.#checkOpen()
    this.#medium.check('read', this.path)
    return this.#file.read(target, position)
  }

  async readAsync(target: Buffer, position: number): Promise<number> {
    this.#checkOpen()
    this.#medium.check('read', this.path)
    await this.#process.wait(this.#medium.delay('read', this.path))
    return this.#file.read(target, position)
  }

  truncate(sizeBytes: number): void {
    this.#checkWritable()
    this.#medium.check('truncate', this.path)
    this.#file.truncate(sizeBytes)
    this.#file.modifiedMs = this.#process.wallClockMs()
  }

  async sync(): Promise<void> {
    const finish = this.#beginSync()
    await this.#process.wait(
      this.#medium.delay('sync', this.path),
      `${this.#process.name} synced ${this.path}`,
    )
    finish()
  }

  syncNow(): void {
    this.#beginSync()()
  }

  close(): void {
    this.#isClosed = true
  }

  #checkOpen(): void {
    checkAlive(this.#process, this.path)
    if (this.#isClosed) throw new DiskError('CLOSED', this.path, 'the file is closed')
  }

  #checkWritable(): void {
    this.#checkOpen()
    if (!this.#isWritable) throw new DiskError('CLOSED', this.path, 'opened for reading only')
  }

  #beginSync(): () => void {
    this.#checkOpen()
    try {
      this.#medium.check('sync', this.path)
    } catch (error) {
      if (this.#medium.forgetsAfterFailedSync) this.#file.forgetUnsynced()
      throw error
    }
    return this.#file.beginSync()
  }

  /** How many bytes may be written at `position`. */
  #room(position: number): number {
    if (this.#medium.capacityBytes === Infinity) return Infinity
    const freePages = Math.floor(
      (this.#medium.capacityBytes - this.#medium.usedBytes()) / PAGE_BYTES,
    )
    const endPage = this.#file.pageCount + Math.max(freePages, 0)
    return Math.max(endPage * PAGE_BYTES - position, 0)
  }
}

/** The code of a killed process may run on to its next await: the disk must not feel it. */
function checkAlive(process: SimulatedProcess, path: string): void {
  if (!process.isAlive) throw new DiskError('CLOSED', path, `process ${process.name} was killed`)
}
