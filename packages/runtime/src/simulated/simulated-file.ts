/** What the page cache keeps, and loses, in one piece. */
export const PAGE_BYTES = 4096

/**
 * A file's content as the page cache holds it, with what is on the medium below.
 *
 * Only the difference is kept: for each page written since the last sync, the page as the medium has
 * it (null: not there at all). A sync forgets it, a crash goes back to it, page by page as the crash
 * decides; so a crash that keeps some pages, tears them or reorders them needs no other bookkeeping.
 */
export class SimulatedFile {
  sizeBytes = 0
  modifiedMs = 0
  readonly #pages: (Buffer | undefined)[] = []
  #durableSizeBytes = 0
  readonly #onMedium = new Map<number, Buffer | null>()
  /** Each page's last change: a sync must not take for durable what changed while it ran. */
  readonly #changes = new Map<number, number>()
  #changeCount = 0
  #syncsBegun = 0
  #lastSyncDone = 0

  /** Pages that hold something: what the file takes of the disk. */
  get pageCount(): number {
    return this.#pages.length
  }

  /** How many pages a crash could lose. */
  get unsyncedPages(): number {
    return this.#onMedium.size
  }

  read(target: Buffer, position: number): number {
    const end = Math.min(position + target.length, this.sizeBytes)
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

  write(source: Buffer, position: number): void {
    let at = 0
    while (at < source.length) {
      const inPage = (position + at) % PAGE_BYTES
      const count = Math.min(PAGE_BYTES - inPage, source.length - at)
      const page = this.#pageToChange(Math.floor((position + at) / PAGE_BYTES))
      source.copy(page, inPage, at, at + count)
      at += count
    }
    this.sizeBytes = Math.max(this.sizeBytes, position + source.length)
  }

  truncate(sizeBytes: number): void {
    const pageCount = Math.ceil(sizeBytes / PAGE_BYTES)
    for (let index = pageCount; index < this.#pages.length; index += 1) this.#noteChange(index)
    if (this.#pages.length > pageCount) this.#pages.length = pageCount
    // What is cut must read as zeros when the file grows again.
    if (sizeBytes < this.sizeBytes && sizeBytes % PAGE_BYTES > 0) {
      this.#pageToChange(pageCount - 1).fill(0, sizeBytes % PAGE_BYTES)
    }
    this.sizeBytes = sizeBytes
  }

  /** Takes what is to be made durable. @returns Call it when the medium has it. */
  beginSync(): () => void {
    const sync = ++this.#syncsBegun
    const sizeBytes = this.sizeBytes
    const taken = Array.from(this.#onMedium.keys(), (index) => {
      const page = this.#pages[index]
      const copy = page === undefined ? null : Buffer.from(page)
      return { index, copy, change: this.#changes.get(index) }
    })
    return () => {
      // One that began later has all of this and more.
      if (sync < this.#lastSyncDone) return
      this.#lastSyncDone = sync
      this.#durableSizeBytes = sizeBytes
      for (const { index, copy, change } of taken) {
        if (this.#changes.get(index) === change) {
          this.#onMedium.delete(index)
          this.#changes.delete(index)
        } else {
          this.#onMedium.set(index, copy)
        }
      }
    }
  }

  /**
   * The machine lost power: what was not synced survives as `survives` says, asked once for each
   * page that differs and once for the size (-1).
   */
  crash(survives: (page: number) => boolean): void {
    const sizeBytes = survives(-1) ? this.sizeBytes : this.#durableSizeBytes
    for (const [index, page] of this.#onMedium) {
      if (survives(index)) continue
      this.#pages[index] = page ?? undefined
    }
    this.truncate(sizeBytes)
    this.#onMedium.clear()
    this.#changes.clear()
    this.#durableSizeBytes = sizeBytes
  }

  #pageToChange(index: number): Buffer {
    this.#noteChange(index)
    let page = this.#pages[index]
    if (page === undefined) {
      page = Buffer.alloc(PAGE_BYTES)
      this.#pages[index] = page
    }
    return page
  }

  #noteChange(index: number): void {
    this.#changeCount += 1
    this.#changes.set(index, this.#changeCount)
    if (this.#onMedium.has(index)) return
    const page = this.#pages[index]
    this.#onMedium.set(index, page === undefined ? null : Buffer.from(page))
  }
}
