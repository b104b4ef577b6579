import { decodeRecord, ImageDraft, MetadataImage } from '@ottla/metadata'
import { KafkaError } from '@ottla/protocol'
import type { Disk } from '@ottla/runtime'
import type { Finding } from '@ottla/storage'
import { inspectFile, logFileName, problem } from '@ottla/storage'

/** The cluster's metadata as a data directory has it. */
export interface StoredMetadata {
  readonly image: MetadataImage
  /** What kept it from being read to its end. */
  readonly findings: readonly Finding[]
}

/** Reads the newest snapshot of the metadata log, and the log behind it; null: there is neither. */
export async function readStoredMetadata(
  disk: Disk,
  dataDirectory: string,
): Promise<StoredMetadata | null> {
  const folder = `${dataDirectory}/__cluster_metadata-0`
  if (disk.stat(folder) === null) return null
  const names = disk.list(folder).map(({ name }) => name)
  const files = names.flatMap((name) => {
    const file = logFileName(name)
    return file === null || file.leftover !== null ? [] : [file]
  })
  const snapshot = files.findLast(({ kind }) => kind === 'metadata-snapshot')
  const logs = files.filter(({ kind }) => kind === 'log')
  const reading = new Reading(disk)
  if (snapshot !== undefined) await reading.readSnapshot(`${folder}/${snapshot.name}`)
  const from = snapshot?.baseOffset ?? 0
  for (const { name } of logs) await reading.readLog(`${folder}/${name}`, from)
  return { image: reading.finish(), findings: reading.findings }
}

class Reading {
  readonly findings: Finding[] = []
  readonly #disk: Disk
  #draft: ImageDraft = new ImageDraft(MetadataImage.empty)
  /** What was, before a metadata transaction that has not ended. */
  #before: MetadataImage | null = null

  constructor(disk: Disk) {
    this.#disk = disk
  }

  async readSnapshot(path: string): Promise<void> {
    await this.#read(path, () => true)
  }

  async readLog(path: string, from: number): Promise<void> {
    await this.#read(path, (offset) => offset >= from)
  }

  finish(): MetadataImage {
    return this.#before ?? this.#draft.finish().image
  }

  async #read(path: string, isNew: (offset: number) => boolean): Promise<void> {
    for await (const entry of inspectFile(this.#disk, path, { records: true })) {
      if (entry.type !== 'batch' || entry.isControl || !entry.isValid) continue
      for (const { offset, value } of entry.records ?? []) {
        if (isNew(offset)) this.#apply(path, entry.position, offset, value ?? Buffer.alloc(0))
      }
    }
  }

  #apply(path: string, position: number, offset: number, value: Buffer): void {
    try {
      const record = decodeRecord(value)
      if (record.type === 'BeginTransactionRecord') {
        this.#before = this.#draft.finish().image
        this.#draft = new ImageDraft(this.#before)
      } else if (record.type === 'EndTransactionRecord') {
        this.#before = null
      } else if (record.type === 'AbortTransactionRecord' && this.#before !== null) {
        this.#draft = new ImageDraft(this.#before)
        this.#before = null
      } else {
        this.#draft.apply(record, offset)
      }
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      const what = `the metadata record at offset ${offset} cannot be read: ${error.message}`
      this.findings.push(problem(path, position, what, 'the broker does not start'))
    }
  }
}
