import {
  closeSync,
  constants,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statfsSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { open as openAsync, rm, unlink } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import {
  type DirectoryEntry,
  type Disk,
  DiskError,
  type DiskFile,
  type DiskLock,
  type DiskSpace,
  type FileStatus,
} from '../disk.ts'
import { diskError, onDisk } from './disk-errors.ts'
import { lockDirectory } from './directory-lock.ts'
import { NodeDiskFile } from './node-disk-file.ts'

const openFlags = {
  read: constants.O_RDONLY,
  write: constants.O_RDWR | constants.O_CREAT,
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL,
} as const

/** The machine's file system, through node:fs. */
export class NodeDisk implements Disk {
  open(path: string, mode: 'read' | 'write' | 'create'): DiskFile {
    return onDisk(path, () => new NodeDiskFile(path, openSync(path, openFlags[mode], 0o644)))
  }

  stat(path: string): FileStatus | null {
    const found = onDisk(path, () => statSync(path, { throwIfNoEntry: false }))
    if (found === undefined) return null
    return {
      sizeBytes: found.size,
      modifiedMs: Math.floor(found.mtimeMs),
      isDirectory: found.isDirectory(),
    }
  }

  list(path: string): readonly DirectoryEntry[] {
    const entries = onDisk(path, () => readdirSync(path, { withFileTypes: true }))
    return entries
      .map((entry) => ({
        name: entry.name,
        // A data directory may be a link to another disk.
        isDirectory: entry.isSymbolicLink()
          ? (this.stat(join(path, entry.name))?.isDirectory ?? false)
          : entry.isDirectory(),
      }))
      .sort((one, other) => (one.name < other.name ? -1 : 1))
  }

  makeDirectory(path: string): void {
    onDisk(path, () => makeWithParents(path))
  }

  rename(from: string, to: string): void {
    onDisk(from, () => renameSync(from, to))
  }

  async remove(path: string): Promise<void> {
    try {
      await unlink(path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw diskError(error, path)
    }
  }

  async removeTree(path: string): Promise<void> {
    try {
      await rm(path, { recursive: true, force: true })
    } catch (error) {
      throw diskError(error, path)
    }
  }

  readFile(path: string): Buffer {
    return onDisk(path, () => readFileSync(path))
  }

  replaceFile(path: string, content: Buffer | string): void {
    const beside = `${path}.tmp`
    onDisk(path, () => {
      try {
        writeFileSync(beside, content, { flush: true })
        renameSync(beside, path)
      } catch (error) {
        removeQuietly(beside)
        throw error
      }
      const directory = openSync(dirname(path), constants.O_RDONLY)
      try {
        fsyncSync(directory)
      } finally {
        closeSync(directory)
      }
    })
  }

  absolutePath(path: string): string {
    return resolve(path)
  }

  space(path: string): DiskSpace {
    const { bsize, blocks, bavail } = onDisk(path, () => statfsSync(path))
    return { totalBytes: bsize * blocks, usableBytes: bsize * bavail }
  }

  async syncDirectory(path: string): Promise<void> {
    try {
      const directory = await openAsync(path, constants.O_RDONLY)
      try {
        await directory.sync()
      } finally {
        await directory.close()
      }
    } catch (error) {
      throw diskError(error, path)
    }
  }

  lock(path: string): DiskLock {
    return onDisk(path, () => lockDirectory(path))
  }
}

/** Node's own `recursive` tries for ever where the kernel makes nothing and says ENOENT: in /proc. */
function makeWithParents(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return
  const parent = dirname(path)
  if (parent !== path) makeWithParents(parent)
  try {
    mkdirSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    // Somebody else may have made it just now.
    if (!statSync(path).isDirectory()) throw new DiskError('NOT_A_DIRECTORY', path, 'is a file')
  }
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // It is only what an error left behind, and that error is on its way.
  }
}
