import { FileContent, PAGE_BYTES } from './file-content.ts'
import type { FileSurvival } from './survival.ts'

/** One for a disk: every change to it has its number. */
export interface ChangeCounter {
  changes: number
}

/** Something done to a file that a crash may undo: bytes written, or the size set (`bytes` is null). */
interface FileChange {
  readonly number: number
  readonly position: number
  readonly bytes: Buffer | null
}

/**
 * A file's content as the page cache holds it, as the medium has it, and the changes between the two
 * in their order. A sync carries them over; a crash carries over those that survive, piece by piece.
 */
export class SimulatedFile {
  modifiedMs = 0
  readonly #counter: ChangeCounter
  readonly #cached = new FileContent()
  readonly #medium = new FileContent()
  #unsynced: FileChange[] = []

  constructor(counter: ChangeCounter) {
    this.#counter = counter
  }

  get sizeBytes(): number {
    return this.#cached.sizeBytes
  }

  /** What the file takes of the disk, in pages. */
  get pageCount(): number {
    return this.#cached.pageCount
  }

  /** The number of the first change that is not on the medium; Infinity: all are. */
  get firstUnsynced(): number {
    return this.#unsynced[0]?.number ?? Infinity
  }

  read(target: Buffer, position: number): number {
    return this.#cached.read(target, position)
  }

  write(source: Buffer, position: number): void {
    if (source.length === 0) return
    this.#cached.write(source, position)
    this.#note(position, Buffer.from(source))
  }

  truncate(sizeBytes: number): void {
    this.#cached.truncate(sizeBytes)
    this.#note(sizeBytes, null)
  }

  /** Takes what is to be made durable. @returns Call it when the medium has it. */
  beginSync(): () => void {
    const last = this.#counter.changes
    return () => {
      let done = 0
      for (const { number, position, bytes } of this.#unsynced) {
        if (number > last) break
        if (bytes === null) this.#medium.truncate(position)
        else this.#medium.write(bytes, position)
        done++
      }
      this.#unsynced.splice(0, done)
    }
  }

  /**
   * A sync failed, and the kernel takes the pages that it could not write for written: they can still
   * be read, no later sync writes them, and a crash loses them.
   */
  forgetUnsynced(): void {
    this.#unsynced = []
  }

  /** Bits of one byte turn over, in the page cache and on the medium. */
  rot(position: number, mask: number): void {
    for (const content of [this.#cached, this.#medium]) {
      const byte = Buffer.alloc(1)
      if (content.read(byte, position) === 0) continue
      content.put(Buffer.from([byte[0]! ^ mask]), position)
    }
  }

  /** The machine lost power: what was not synced survives as `survival` says. */
  crash(survival: FileSurvival): void {
    const { unitBytes } = survival
    const medium = this.#medium
    const syncedBytes = medium.sizeBytes
    let sizeBytes = syncedBytes
    /** Units behind the synced end: whether anything that was written there survives. */
    const grown = new Map<number, boolean>()
    for (const { number, position, bytes } of this.#unsynced) {
      const sizeSurvives = survival.sizeSurvives(number)
      if (bytes === null) {
        if (sizeSurvives) sizeBytes = position
        const end = Math.ceil((medium.pageCount * PAGE_BYTES) / unitBytes)
        for (let unit = Math.floor(position / unitBytes); unit < end; unit++) {
          if (!survival.survives(number, unit)) continue
          medium.clear(Math.max(position, unit * unitBytes), (unit + 1) * unitBytes)
        }
        continue
      }
      if (sizeSurvives) {
        const endBytes = survival.tornBytes(number, bytes.length)
        sizeBytes = Math.max(sizeBytes, position + endBytes)
      }
      this.#carryOver(number, position, bytes, survival, grown)
    }
    // The file system gave out the space, and what is in it was not written.
    for (const [unit, isWritten] of grown) {
      if (isWritten) continue
      const from = Math.max(unit * unitBytes, syncedBytes)
      const to = Math.min((unit + 1) * unitBytes, sizeBytes)
      if (from < to) survival.fill(from, to - from, (bytes) => medium.put(bytes, from))
    }
    medium.resize(sizeBytes)
    medium.truncate(sizeBytes)
    this.#cached.copyFrom(medium)
    this.#unsynced = []
  }

  /** The units of a write that survive. */
  #carryOver(
    number: number,
    position: number,
    bytes: Buffer,
    survival: FileSurvival,
    grown: Map<number, boolean>,
  ): void {
    const { unitBytes } = survival
    const end = position + survival.tornBytes(number, bytes.length)
    for (let at = position; at < end;) {
      const unit = Math.floor(at / unitBytes)
      const next = Math.min((unit + 1) * unitBytes, end)
      const survives = survival.survives(number, unit)
      if (survives) this.#medium.put(bytes.subarray(at - position, next - position), at)
      if (unit * unitBytes >= this.#medium.sizeBytes) {
        grown.set(unit, survives || grown.get(unit) === true)
      }
      at = next
    }
  }

  #note(position: number, bytes: Buffer | null): void {
    this.#counter.changes++
    this.#unsynced.push({ number: this.#counter.changes, position, bytes })
  }
}
