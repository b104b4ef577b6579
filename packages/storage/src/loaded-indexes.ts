import type { IndexFile } from './index-file.ts'

/** Which index files are loaded whole, so that all of them together stay within a limit. */
export class LoadedIndexes {
  readonly #bytesMax: number
  /** In the order of their loading; the values are bytes. */
  readonly #loaded: Map<IndexFile, number> = new Map()
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get bytes(): number {
    return this.#bytes
  }

  /** The newest stays even when it alone exceeds the limit: somebody is about to read it. */
  add(index: IndexFile, bytes: number): void {
    this.drop(index)
    this.#loaded.set(index, bytes)
    this.#bytes += bytes
    for (const [other, size] of this.#loaded) {
      if (this.#bytes <= this.#bytesMax || other === index) return
      this.#loaded.delete(other)
      this.#bytes -= size
      other.unload()
    }
  }

  drop(index: IndexFile): void {
    const bytes = this.#loaded.get(index)
    if (bytes === undefined) return
    this.#loaded.delete(index)
    this.#bytes -= bytes
  }
}
