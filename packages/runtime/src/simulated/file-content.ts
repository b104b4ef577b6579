/** What the page cache keeps in one piece, and a disk's space is counted in. */
export const PAGE_BYTES = 4096

/** Bytes in pages; a page that was never written takes no memory and reads as zeros. */
export class FileContent {
  readonly #pages: (Buffer | undefined)[] = []
  #sizeBytes = 0

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** Pages that hold something, and those before them. */
  get pageCount(): number {
    return this.#pages.length
  }

  read(target: Buffer, position: number): number {
    const end = Math.min(position + target.length, this.#sizeBytes)
    let at = position
    while (at < end) {
      const inPage = at % PAGE_BYTES
      const count = Math.min(PAGE_BYTES - inPage, end - at)
      const page = this.#pages[Math.floor(at / PAGE_BYTES)]
      if (page === undefined) target.fill(0, at - position, at - position + count)
      else page.copy(target, at - position, inPage, inPage + count)
      at += count
    }
    return Math.max(end - position, 0)
  }

  /** Grows as need be. */
  write(source: Buffer, position: number): void {
    this.put(source, position)
    this.#sizeBytes = Math.max(this.#sizeBytes, position + source.length)
  }

  /** As `write`, but the size stays as it is: bytes behind it are there, and may be seen later. */
  put(source: Buffer, position: number): void {
    let at = 0
    while (at < source.length) {
      const inPage = (position + at) % PAGE_BYTES
      const count = Math.min(PAGE_BYTES - inPage, source.length - at)
      const index = Math.floor((position + at) / PAGE_BYTES)
      const page = (this.#pages[index] ??= Buffer.alloc(PAGE_BYTES))
      source.copy(page, inPage, at, at + count)
      at += count
    }
  }

  /** What is there reads as zeros from now on. */
  clear(from: number, to: number): void {
    for (let at = from; at < to;) {
      const inPage = at % PAGE_BYTES
      const count = Math.min(PAGE_BYTES - inPage, to - at)
      this.#pages[Math.floor(at / PAGE_BYTES)]?.fill(0, inPage, inPage + count)
      at += count
    }
  }

  /** Cuts, or grows with zeros. */
  truncate(sizeBytes: number): void {
    const pageCount = Math.ceil(sizeBytes / PAGE_BYTES)
    if (this.#pages.length > pageCount) this.#pages.length = pageCount
    // What is cut must read as zeros when the file grows again.
    this.clear(sizeBytes, this.#pages.length * PAGE_BYTES)
    this.#sizeBytes = sizeBytes
  }

  /** Sets the size and nothing else. */
  resize(sizeBytes: number): void {
    this.#sizeBytes = sizeBytes
  }

  copyFrom(other: FileContent): void {
    this.#pages.length = 0
    other.#pages.forEach((page, index) => {
      if (page !== undefined) this.#pages[index] = Buffer.from(page)
    })
    this.#pages.length = other.#pages.length
    this.#sizeBytes = other.#sizeBytes
  }
}
