import type { ChangeCounter, SimulatedFile } from './simulated-file.ts'

export type Entry = SimulatedDirectory | SimulatedFile

/** Names of files and directories, as the page cache has them and as the medium has them. */
export class SimulatedDirectory {
  readonly entries: Map<string, Entry> = new Map()
  /** What a crash goes back to: the names as of the last sync of this directory. */
  readonly durable: Map<string, Entry> = new Map()
}

/** A name that was made, taken away, or given to something else: whole or not at all, as file systems do it. */
interface NameChange {
  readonly number: number
  readonly entry: Entry
  /** Where it had its name; null: it is new. */
  readonly from: Place | null
  /** Where it has it now; null: it is gone. */
  readonly to: Place | null
}

interface Place {
  readonly directory: SimulatedDirectory
  readonly name: string
}

/** The changes of names that are not on the medium, of all directories, in their order. */
export class NameJournal {
  readonly #counter: ChangeCounter
  #changes: NameChange[] = []

  constructor(counter: ChangeCounter) {
    this.#counter = counter
  }

  /** The number of the first one; Infinity: there is none. */
  get first(): number {
    return this.#changes[0]?.number ?? Infinity
  }

  /** A file or directory gets its name, loses it, or changes it. */
  change(entry: Entry, from: Place | null, to: Place | null): void {
    from?.directory.entries.delete(from.name)
    to?.directory.entries.set(to.name, entry)
    this.#counter.changes++
    this.#changes.push({ number: this.#counter.changes, entry, from, to })
  }

  /** Takes the names that are to be made durable. @returns Call it when the medium has them. */
  beginSync(directory: SimulatedDirectory): () => void {
    const last = this.#counter.changes
    return () => {
      const left: NameChange[] = []
      for (const change of this.#changes) {
        const isHere = change.from?.directory === directory || change.to?.directory === directory
        if (isHere && change.number <= last) carryOver(change, 'durable')
        else left.push(change)
      }
      this.#changes = left
    }
  }

  /** After the names went back to what the medium has: does again what survived. */
  replay(survives: (change: number) => boolean): void {
    for (const change of this.#changes) {
      if (!survives(change.number)) continue
      const { entry, from } = change
      // What gave it the name may be lost.
      if (from !== null && from.directory.entries.get(from.name) !== entry) continue
      carryOver(change, 'entries')
    }
    this.#changes = []
  }
}

function carryOver({ entry, from, to }: NameChange, where: 'durable' | 'entries'): void {
  if (from?.directory[where].get(from.name) === entry) from.directory[where].delete(from.name)
  to?.directory[where].set(to.name, entry)
}
