import type { Disk } from '@ottla/runtime'
import { NodeDisk } from '@ottla/runtime/node'
import type { InspectedEntry } from '@ottla/storage'
import { inspectFile, logFileName, partitionOfFile, UnknownFileError } from '@ottla/storage'
import type { Shell } from '../shell/shell.ts'
import { UserError } from '../user-error.ts'
import type { RecordDecoder } from './dump-decoders.ts'
import { decoderOfTopic } from './dump-decoders.ts'
import type { DumpForm } from './dump-lines.ts'
import { findingText, jsonEntry, textLines } from './dump-lines.ts'
import type { BytesForm } from './dump-values.ts'

export interface DumpOptions {
  readonly json?: boolean
  readonly records?: boolean
  readonly offsets?: boolean
  readonly transactions?: boolean
  readonly shareState?: boolean
  readonly metadata?: boolean
  readonly raw?: boolean
  readonly bytes: BytesForm
  readonly problemsOnly?: boolean
}

/** Lines gathered before they are written: a write each would take longer than reading the file. */
const WRITE_CHARS = 64 * 1024

/** `ottla dump FILE…`: what files of a log hold, and what is wrong with them. */
export async function dump(
  shell: Shell,
  paths: readonly string[],
  options: DumpOptions,
): Promise<void> {
  const disk = new NodeDisk()
  const chosen = chosenDecoder(options)
  const output = new GatheredOutput(shell)
  let problems = 0
  let files = 0
  for (const path of paths.flatMap((path) => filesOf(disk, path))) {
    const decoder = options.raw === true ? null : (chosen ?? decoderFor(path))
    const form = { bytes: options.bytes, decoder }
    const records = options.records === true || chosen !== null
    for await (const entry of entriesOf(disk, path, records)) {
      if (entry.type === 'finding' && entry.severity === 'problem') problems += 1
      await output.write(rendered(entry, form, options))
      if (shell.stop.aborted) return
    }
    files += 1
  }
  await output.flush()
  if (problems > 0) {
    shell.exitCode = 1
    const inFiles = files === 1 ? 'the file' : `${files} files`
    shell.tell(`ottla: ${problems} ${problems === 1 ? 'problem' : 'problems'} in ${inFiles}`)
  }
}

function chosenDecoder(options: DumpOptions): RecordDecoder | null {
  const chosen: RecordDecoder[] = []
  if (options.offsets === true) chosen.push('offsets')
  if (options.transactions === true) chosen.push('transactions')
  if (options.shareState === true) chosen.push('share-state')
  if (options.metadata === true) chosen.push('metadata')
  if (chosen.length > 1 || (chosen.length === 1 && options.raw === true)) {
    throw new UserError(
      'give one of --offsets, --transactions, --share-state, --metadata and --raw: records are decoded as one kind',
    )
  }
  return chosen[0] ?? null
}

/** As the folder's name says; a metadata snapshot is what it is wherever it lies. */
function decoderFor(path: string): RecordDecoder | null {
  if (logFileName(path)?.kind === 'metadata-snapshot') return 'metadata'
  const partition = partitionOfFile(path)
  return partition === null ? null : decoderOfTopic(partition.topic)
}

/** A folder's files that are a log's, in their order; other names in it are passed over. */
function filesOf(disk: Disk, path: string): readonly string[] {
  const status = disk.stat(path)
  if (status === null) throw new UserError(`${path}: there is no such file`)
  if (!status.isDirectory) return [path]
  const folder = path.replace(/\/+$/, '')
  const names = disk
    .list(folder)
    .filter(({ name, isDirectory }) => !isDirectory && logFileName(name) !== null)
  if (names.length === 0) throw new UserError(`${path}: there is no file of a log in this folder`)
  return names.map(({ name }) => `${folder}/${name}`)
}

async function* entriesOf(
  disk: Disk,
  path: string,
  records: boolean,
): AsyncGenerator<InspectedEntry> {
  try {
    yield* inspectFile(disk, path, { records })
  } catch (error) {
    if (error instanceof UnknownFileError) throw new UserError(error.message)
    throw error
  }
}

function rendered(entry: InspectedEntry, form: DumpForm, options: DumpOptions): string {
  if (options.problemsOnly === true) {
    if (entry.type !== 'finding' || entry.severity !== 'problem') return ''
    if (options.json !== true) return `${entry.file}: ${findingText(entry)}\n`
  }
  if (options.json === true) return `${JSON.stringify(jsonEntry(entry, form))}\n`
  return textLines(entry, form)
    .map((line) => `${line}\n`)
    .join('')
}

class GatheredOutput {
  readonly #shell: Shell
  #parts: string[] = []
  #chars = 0

  constructor(shell: Shell) {
    this.#shell = shell
  }

  async write(text: string): Promise<void> {
    this.#parts.push(text)
    this.#chars += text.length
    if (this.#chars >= WRITE_CHARS) await this.flush()
  }

  async flush(): Promise<void> {
    const text = this.#parts.join('')
    this.#parts = []
    this.#chars = 0
    if (text !== '') await this.#shell.write(text)
  }
}
