import type { Disk } from '@ottla/runtime'
import { SNAPSHOT_SUFFIX, offsetFileName, offsetOfFileName } from './paths.ts'

/** The producer snapshots of one log: which offsets there are files for. */
export class SnapshotFiles {
  readonly #disk: Disk
  readonly #directory: string
  /** Ascending. */
  #offsets: number[]

  constructor(disk: Disk, directory: string, names: readonly string[]) {
    this.#disk = disk
    this.#directory = directory
    this.#offsets = names
      .filter((name) => name.endsWith(SNAPSHOT_SUFFIX) && offsetOfFileName(name) >= 0)
      .map(offsetOfFileName)
      .sort((a, b) => a - b)
  }

  get offsets(): readonly number[] {
    return this.#offsets
  }

  /** -1: there is none. */
  get latest(): number {
    return this.#offsets.at(-1) ?? -1
  }

  path(offset: number): string {
    return `${this.#directory}/${offsetFileName(offset, SNAPSHOT_SUFFIX)}`
  }

  read(offset: number): Buffer {
    return this.#disk.readFile(this.path(offset))
  }

  /** Not synced: a torn snapshot is recognised by its CRC, and state rebuilt from an older one. */
  write(offset: number, content: Buffer): void {
    const file = this.#disk.open(this.path(offset), 'write')
    try {
      file.truncate(0)
      file.write([content], 0)
    } finally {
      file.close()
    }
    if (this.#offsets.includes(offset)) return
    this.#offsets.push(offset)
    this.#offsets.sort((a, b) => a - b)
  }

  /** Takes them out of `offsets`. @returns The files, for the caller to remove. */
  forget(isUnwanted: (offset: number) => boolean): string[] {
    const unwanted = this.#offsets.filter(isUnwanted)
    if (unwanted.length > 0) {
      this.#offsets = this.#offsets.filter((offset) => !isUnwanted(offset))
    }
    return unwanted.map((offset) => this.path(offset))
  }
}
