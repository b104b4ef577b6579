import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  read,
  readSync,
  writeSync,
  writevSync,
} from 'node:fs'
import { DiskError, type DiskFile } from '../disk.ts'
import { diskError } from './disk-errors.ts'

/** An open file descriptor. */
export class NodeDiskFile implements DiskFile {
  readonly path: string
  readonly #descriptor: number
  #isClosed = false
  /** Asynchronous calls under way: the descriptor must not be closed, and so reused, below them. */
  #pending = 0

  constructor(path: string, descriptor: number) {
    this.path = path
    this.#descriptor = descriptor
  }

  sizeBytes(): number {
    this.#checkOpen()
    try {
      return fstatSync(this.#descriptor).size
    } catch (error) {
      throw diskError(error, this.path)
    }
  }

  write(buffers: readonly Buffer[], position: number): void {
    this.#checkOpen()
    try {
      if (buffers.length === 1) this.#writeAll(buffers[0]!, 0, position)
      else this.#writeGathered(buffers, position)
    } catch (error) {
      throw diskError(error, this.path)
    }
  }

  read(target: Buffer, position: number): number {
    this.#checkOpen()
    try {
      let filled = 0
      while (filled < target.length) {
        const left = target.length - filled
        const count = readSync(this.#descriptor, target, filled, left, position + filled)
        if (count === 0) break
        filled += count
      }
      return filled
    } catch (error) {
      throw diskError(error, this.path)
    }
  }

  async readAsync(target: Buffer, position: number): Promise<number> {
    this.#begin()
    try {
      let filled = 0
      while (filled < target.length) {
        const count = await readOnce(this.#descriptor, target, filled, position + filled)
        if (count === 0) break
        filled += count
      }
      return filled
    } catch (error) {
      throw diskError(error, this.path)
    } finally {
      this.#finish()
    }
  }

  truncate(sizeBytes: number): void {
    this.#checkOpen()
    try {
      ftruncateSync(this.#descriptor, sizeBytes)
    } catch (error) {
      throw diskError(error, this.path)
    }
  }

  // fdatasync also writes the size, without which the data could not be read back; only times may be
  // lost.
  async sync(): Promise<void> {
    this.#begin()
    try {
      await new Promise<void>((resolve, reject) => {
        fdatasync(this.#descriptor, (error) => (error === null ? resolve() : reject(error)))
      })
    } catch (error) {
      throw diskError(error, this.path)
    } finally {
      this.#finish()
    }
  }

  syncNow(): void {
    this.#checkOpen()
    try {
      fdatasyncSync(this.#descriptor)
    } catch (error) {
      throw diskError(error, this.path)
    }
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    if (this.#pending === 0) this.#closeNow()
  }

  #closeNow(): void {
    try {
      closeSync(this.#descriptor)
    } catch (error) {
      throw diskError(error, this.path)
    }
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new DiskError('CLOSED', this.path, 'the file is closed')
  }

  #begin(): void {
    this.#checkOpen()
    this.#pending += 1
  }

  #finish(): void {
    this.#pending -= 1
    if (this.#isClosed && this.#pending === 0) this.#closeNow()
  }

  #writeAll(buffer: Buffer, from: number, position: number): void {
    let written = from
    while (written < buffer.length) {
      const left = buffer.length - written
      written += writeSync(this.#descriptor, buffer, written, left, position + written - from)
    }
  }

  #writeGathered(buffers: readonly Buffer[], position: number): void {
    const count = buffers.length === 0 ? 0 : writevSync(this.#descriptor, buffers, position)
    // A write is short only when a signal or a full disk cuts it: finish buffer by buffer, so that
    // the disk's own error comes out.
    let start = 0
    for (const buffer of buffers) {
      const end = start + buffer.length
      if (end > count) {
        const from = Math.max(count - start, 0)
        this.#writeAll(buffer, from, position + start + from)
      }
      start = end
    }
  }
}

function readOnce(fd: number, target: Buffer, at: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, target, at, target.length - at, position, (error, count) =>
      error === null ? resolve(count) : reject(error),
    )
  })
}
