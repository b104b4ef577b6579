import type {
  DirectoryEntry,
  Disk,
  DiskFile,
  DiskLock,
  DiskSpace,
  FileStatus,
} from '@ottla/runtime'

/**
 * The disk as a log sees it whose folder has not got its name yet: whatever it wants of `home` is in
 * `folder`, until `moveIn` renames that. So a log can be written to in a `-future` folder and take its
 * place without any of its files being closed.
 */
export class FutureFolderDisk implements Disk {
  readonly #disk: Disk
  readonly #home: string
  #folder: string

  constructor(disk: Disk, home: string, folder: string) {
    this.#disk = disk
    this.#home = home
    this.#folder = folder
  }

  /** Where the files are now. */
  get folder(): string {
    return this.#folder
  }

  /** @throws DiskError and then nothing has changed */
  moveIn(): void {
    this.#disk.rename(this.#folder, this.#home)
    this.#folder = this.#home
  }

  open(path: string, mode: 'read' | 'write' | 'create'): DiskFile {
    return this.#disk.open(this.#actual(path), mode)
  }

  stat(path: string): FileStatus | null {
    return this.#disk.stat(this.#actual(path))
  }

  list(path: string): readonly DirectoryEntry[] {
    return this.#disk.list(this.#actual(path))
  }

  makeDirectory(path: string): void {
    this.#disk.makeDirectory(this.#actual(path))
  }

  rename(from: string, to: string): void {
    this.#disk.rename(this.#actual(from), this.#actual(to))
  }

  async remove(path: string): Promise<void> {
    await this.#disk.remove(this.#actual(path))
  }

  async removeTree(path: string): Promise<void> {
    await this.#disk.removeTree(this.#actual(path))
  }

  readFile(path: string): Buffer {
    return this.#disk.readFile(this.#actual(path))
  }

  replaceFile(path: string, content: Buffer | string): void {
    this.#disk.replaceFile(this.#actual(path), content)
  }

  absolutePath(path: string): string {
    return this.#disk.absolutePath(path)
  }

  space(path: string): DiskSpace {
    return this.#disk.space(this.#actual(path))
  }

  async syncDirectory(path: string): Promise<void> {
    await this.#disk.syncDirectory(this.#actual(path))
  }

  lock(path: string): DiskLock {
    return this.#disk.lock(this.#actual(path))
  }

  #actual(path: string): string {
    if (path === this.#home) return this.#folder
    if (!path.startsWith(`${this.#home}/`)) return path
    return this.#folder + path.slice(this.#home.length)
  }
}
