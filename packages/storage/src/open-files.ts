import type { Disk, DiskFile } from '@ottla/runtime'
import { DiskError } from '@ottla/runtime'

/**
 * Files that are opened when they are used, at most so many at once.
 *
 * Which one to close is decided by second chance: a file used since the hand last came by is spared
 * once. Marking a use is one assignment, so appends pay nothing for it.
 */
export class OpenFiles {
  readonly disk: Disk
  readonly #openMax: number
  /** In the order of the hand. */
  readonly #open: Set<PooledFile>

  constructor(disk: Disk, openMax: number, open: Set<PooledFile> = new Set()) {
    this.disk = disk
    this.#openMax = openMax
    this.#open = open
  }

  /** Files of another view of the disk, that count as these do. */
  on(disk: Disk): OpenFiles {
    return new OpenFiles(disk, this.#openMax, this.#open)
  }

  get openCount(): number {
    return this.#open.size
  }

  /** Does not touch the disk yet. */
  file(path: string): PooledFile {
    return new PooledFile(this, path)
  }

  /** For PooledFile only. */
  opened(file: PooledFile): void {
    this.#open.add(file)
    // Files in use may not be closed; then the limit gives way for as long as they are.
    let hand = this.#open.size * 2
    while (this.#open.size > this.#openMax && hand-- > 0) {
      const [next] = this.#open
      if (next === undefined) return
      this.#open.delete(next)
      if (!next.closeUnlessUsed()) this.#open.add(next)
    }
  }

  /** For PooledFile only. */
  closed(file: PooledFile): void {
    this.#open.delete(file)
  }
}

/** One path, open or not. Reads and writes open it as needed; only writes make it. */
export class PooledFile {
  readonly #files: OpenFiles
  #path: string
  #file: DiskFile | null = null
  #recentlyUsed = false
  /** Asynchronous calls under way: the file must stay open for them. */
  #pins = 0
  #isClosed = false

  constructor(files: OpenFiles, path: string) {
    this.#files = files
    this.#path = path
  }

  get path(): string {
    return this.#path
  }

  /** Gives the file another name, if there is one; calls under way go on. Durable with its directory. */
  rename(path: string): void {
    if (path === this.#path) return
    const { disk } = this.#files
    if (disk.stat(this.#path) !== null) disk.rename(this.#path, path)
    this.#path = path
  }

  get isOpen(): boolean {
    return this.#file !== null
  }

  sizeBytes(): number {
    if (this.#file !== null) return this.#file.sizeBytes()
    return this.#files.disk.stat(this.path)?.sizeBytes ?? 0
  }

  write(buffers: readonly Buffer[], position: number): void {
    this.#use(true).write(buffers, position)
  }

  read(target: Buffer, position: number): number {
    return this.#use(false).read(target, position)
  }

  async readAsync(target: Buffer, position: number): Promise<number> {
    const file = this.#use(false)
    this.#pins++
    try {
      return await file.readAsync(target, position)
    } finally {
      this.#unpin()
    }
  }

  truncate(sizeBytes: number): void {
    this.#use(true).truncate(sizeBytes)
  }

  async sync(): Promise<void> {
    const file = this.#use(true)
    this.#pins++
    try {
      await file.sync()
    } finally {
      this.#unpin()
    }
  }

  syncNow(): void {
    this.#use(true).syncNow()
  }

  /** Closes it until it is used again, unless calls are under way. */
  rest(): void {
    if (this.#file === null || this.#pins > 0) return
    this.#files.closed(this)
    this.#file.close()
    this.#file = null
  }

  /**
   * For good: any other use is an error, lest what is late touches a new file of that name. Calls under
   * way still end well. Harmless twice.
   */
  close(): void {
    this.#isClosed = true
    if (this.#file === null || this.#pins > 0) return
    this.#files.closed(this)
    this.#file.close()
    this.#file = null
  }

  /** For OpenFiles only. @returns Whether it is closed now. */
  closeUnlessUsed(): boolean {
    if (this.#file === null) return true
    if (this.#pins > 0 || this.#recentlyUsed) {
      this.#recentlyUsed = false
      return false
    }
    this.#file.close()
    this.#file = null
    return true
  }

  #use(forWriting: boolean): DiskFile {
    this.#recentlyUsed = true
    if (this.#isClosed) throw new DiskError('CLOSED', this.path, 'the file is closed')
    if (this.#file !== null) return this.#file
    // 'write' would make a missing file, which a read must not.
    const mode = forWriting || this.#files.disk.stat(this.path) !== null ? 'write' : 'read'
    this.#file = this.#files.disk.open(this.path, mode)
    this.#files.opened(this)
    return this.#file
  }

  #unpin(): void {
    this.#pins--
    if (this.#isClosed) this.close()
  }
}
