/**
 * Files, as everything outside this package knows them.
 *
 * Two ways to touch a file, on purpose: appends and small reads are synchronous (a positioned write
 * into the page cache takes microseconds and needs no queue); what can wait for the device is
 * asynchronous (sync, cold reads, deletes) and never blocks the event loop.
 *
 * Paths use '/' and are absolute or relative to the process' directory.
 * Every failure is a DiskError that names the path.
 */
export interface Disk {
  /**
   * Opens a file.
   *   'read'    it must exist
   *   'write'   read and write; made when missing
   *   'create'  read and write; it must not exist
   */
  open(path: string, mode: 'read' | 'write' | 'create'): DiskFile

  /** null when there is nothing at `path`. */
  stat(path: string): FileStatus | null

  /** Names in a directory, sorted. */
  list(path: string): readonly DirectoryEntry[]

  /** Makes the directory and its parents; harmless when it is there. */
  makeDirectory(path: string): void

  /** Replaces `to` when it exists. Durable after `syncDirectory` of the parent. */
  rename(from: string, to: string): void

  /** Deletes a file; harmless when it is gone. */
  remove(path: string): Promise<void>

  /** Deletes a directory and all in it; harmless when it is gone. */
  removeTree(path: string): Promise<void>

  readFile(path: string): Buffer

  /**
   * Replaces a whole small file so that a crash leaves the old or the new one, never a mixture:
   * written beside it (`path` + '.tmp'), synced, renamed, directory synced.
   */
  replaceFile(path: string, content: Buffer | string): void

  /** The path from the root, without '.', '..' or a '/' at its end. */
  absolutePath(path: string): string

  /** How large the file system is that `path` is on, and how much of it this process may still fill. */
  space(path: string): DiskSpace

  /** Makes names in a directory (new files, renames) durable. */
  syncDirectory(path: string): Promise<void>

  /**
   * Takes the directory for this process, by a lock file in it; a dead process' lock is taken over.
   * @throws {DiskError} LOCKED, naming the holder.
   */
  lock(path: string): DiskLock
}

export interface DiskSpace {
  readonly totalBytes: number
  readonly usableBytes: number
}

export interface DirectoryEntry {
  readonly name: string
  readonly isDirectory: boolean
}

export interface FileStatus {
  readonly sizeBytes: number
  /** Milliseconds since the epoch. */
  readonly modifiedMs: number
  readonly isDirectory: boolean
}

export interface DiskLock {
  /** Harmless twice. */
  release(): void
}

export interface DiskFile {
  readonly path: string

  /** The file's size now. */
  sizeBytes(): number

  /**
   * Writes all of the buffers one after the other at `position`, into the page cache: it survives the
   * process, not the machine. All or an error; after an error any prefix may have been written.
   */
  write(buffers: readonly Buffer[], position: number): void

  /** Reads up to `target.length` bytes. @returns How many; fewer only at the end of the file. */
  read(target: Buffer, position: number): number

  /** As `read`, off the event loop. */
  readAsync(target: Buffer, position: number): Promise<number>

  /** Cuts or extends (with zeros) the file. */
  truncate(sizeBytes: number): void

  /** Everything written before this call is on the device when it resolves. */
  sync(): Promise<void>

  /** As `sync`, blocking: only for start and stop. */
  syncNow(): void

  /** Harmless twice; any other use of a closed file is an error. */
  close(): void
}

export type DiskErrorCode =
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'ACCESS_DENIED'
  | 'READ_ONLY'
  | 'DISK_FULL'
  | 'TOO_MANY_OPEN_FILES'
  | 'NOT_A_DIRECTORY'
  | 'IS_A_DIRECTORY'
  | 'LOCKED'
  | 'CLOSED'
  /** Its log directory was given up after an earlier failure. */
  | 'OFFLINE'
  | 'DISK_FAILED'

/** A failure of the disk, with a code that reads the same on the real and the simulated one. */
export class DiskError extends Error {
  override readonly name: string = 'DiskError'
  readonly code: DiskErrorCode
  readonly path: string

  constructor(code: DiskErrorCode, path: string, message: string, options?: ErrorOptions) {
    super(`${path}: ${message}`, options)
    this.code = code
    this.path = path
  }
}
