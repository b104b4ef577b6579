import type { Disk } from '@ottla/runtime'
import { directoryHolder, NodeDisk } from '@ottla/runtime/node'
import type { DirectoryReport, Finding, PartitionReport } from '@ottla/storage'
import { inspectDirectories, problem } from '@ottla/storage'
import type { Shell } from '../shell/shell.ts'
import { UserError } from '../user-error.ts'
import { findingText } from './dump-lines.ts'
import { FoldersAgainstMetadata } from './verify-folders.ts'
import type { StoredMetadata } from './verify-metadata.ts'
import { readStoredMetadata } from './verify-metadata.ts'

export interface VerifyOptions {
  readonly deep?: boolean
  readonly json?: boolean
}

/** Every so often a long run says how far it is. */
const PROGRESS_EVERY_MS = 2_000

/** `ottla verify DATA_DIR…`: all of a stopped broker's data directories, and what its next start would do. */
export async function verify(
  shell: Shell,
  directories: readonly string[],
  options: VerifyOptions,
): Promise<void> {
  const disk = new NodeDisk()
  const paths = directories.map((path) => path.replace(/(?<=.)\/+$/, ''))
  for (const path of paths) requireStopped(disk, path)
  const metadata = await firstMetadata(disk, paths)
  const folders = metadata === null ? null : new FoldersAgainstMetadata(metadata.image)
  const report = new Report(shell, options.json === true)
  const progress = new Progress(shell)
  for (const finding of metadata?.findings ?? []) await report.add([finding])
  const mayHaveGaps = (topic: string): boolean => metadata === null || isCompacted(metadata, topic)
  for await (const found of inspectDirectories(disk, paths, {
    isDeep: options.deep === true,
    mayHaveGaps,
  })) {
    if (found.type === 'directory') {
      folders?.directory(found)
      progress.directory(found)
      await report.directory(found)
    } else {
      const findings = [...found.findings, ...(folders?.partition(found) ?? [])]
      await report.partition({ ...found, findings })
      progress.partition(found)
    }
    if (shell.stop.aborted) return
  }
  await report.add(folders === null ? withoutMetadata(paths, report) : [...folders.missing()])
  for (const path of paths) requireStopped(disk, path)
  await report.summary()
  if (report.problems > 0) shell.exitCode = 1
}

function requireStopped(disk: Disk, path: string): void {
  const status = disk.stat(path)
  if (status === null) throw new UserError(`${path}: there is no such directory`)
  if (!status.isDirectory) throw new UserError(`${path}: this is a file; ottla dump shows it`)
  const holder = directoryHolder(path)
  if (holder === null) return
  throw new UserError(
    `${path}: process ${holder} is using this directory; stop it first: what it has in memory is not there yet`,
  )
}

async function firstMetadata(disk: Disk, paths: readonly string[]): Promise<StoredMetadata | null> {
  for (const path of paths) {
    const metadata = await readStoredMetadata(disk, path)
    if (metadata !== null) return metadata
  }
  return null
}

/** A broker that is no controller has its metadata elsewhere, and Ottla is always both. */
function withoutMetadata(paths: readonly string[], { partitions }: Report): Finding[] {
  if (partitions === 0) return []
  const what = 'there is no metadata log, __cluster_metadata-0, in any directory that was given'
  const then = 'an empty one is begun, and all partitions are put aside as strays'
  return [problem(paths[0] ?? '', null, what, then)]
}

/** Topics that the metadata does not know are taken for compacted ones: of those less is expected. */
function isCompacted({ image }: StoredMetadata, topic: string): boolean {
  if (image.topic(topic) === undefined) return true
  return image.topicConfig(topic).get('cleanup.policy')?.includes('compact') === true
}

/** What was found, written as it comes. */
class Report {
  problems = 0
  partitions = 0
  #notes = 0
  #sizeBytes = 0
  #recoveredBytes = 0
  #unclean = 0
  readonly #shell: Shell
  readonly #isJson: boolean

  constructor(shell: Shell, isJson: boolean) {
    this.#shell = shell
    this.#isJson = isJson
  }

  async directory(report: DirectoryReport): Promise<void> {
    const { path, clusterId, nodeId, directoryId, isClean, partitions } = report
    if (!isClean) this.#unclean += 1
    await this.#write(
      report,
      `${path}: node ${nodeId ?? '?'} of cluster ${clusterId ?? '?'}, directory ${directoryId ?? '?'}, ${partitions} partitions, ${isClean ? 'stopped as it should' : 'not stopped as it should'}`,
    )
    await this.add(report.findings)
  }

  async partition(report: PartitionReport): Promise<void> {
    this.partitions += 1
    this.#sizeBytes += report.sizeBytes
    this.#recoveredBytes += report.recoveredBytes
    if (this.#isJson) await this.#write(report, '')
    await this.add(report.findings)
  }

  async add(findings: readonly Finding[]): Promise<void> {
    for (const finding of findings) {
      if (finding.severity === 'problem') this.problems += 1
      else this.#notes += 1
      await this.#write(finding, `  ${finding.file}: ${findingText(finding)}`)
    }
  }

  async summary(): Promise<void> {
    const summary = {
      type: 'summary',
      partitions: this.partitions,
      sizeBytes: this.#sizeBytes,
      recoveredBytes: this.#recoveredBytes,
      problems: this.problems,
      notes: this.#notes,
    }
    const next =
      this.#unclean === 0
        ? 'the next start believes the files and reads only the ends of the logs'
        : `the next start checks ${this.#recoveredBytes} bytes behind the recovery points`
    await this.#write(
      summary,
      `${this.partitions} partitions, ${this.#sizeBytes} bytes: ${counted(this.problems, 'problem')}, ${counted(this.#notes, 'note')}; ${next}`,
    )
  }

  async #write(object: object, line: string): Promise<void> {
    // A partition's findings come on lines of their own.
    const { findings: _, ...plain } = object as { findings?: unknown }
    await this.#shell.write(this.#isJson ? `${JSON.stringify(plain)}\n` : `${line}\n`)
  }
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

/** Says on standard error how far a long run is. */
class Progress {
  readonly #shell: Shell
  #saidMs: number
  #done = 0
  #all = 0

  constructor(shell: Shell) {
    this.#shell = shell
    this.#saidMs = shell.uptimeMs()
  }

  directory({ partitions }: DirectoryReport): void {
    this.#done = 0
    this.#all = partitions
  }

  partition({ directory }: PartitionReport): void {
    this.#done += 1
    const now = this.#shell.uptimeMs()
    if (now - this.#saidMs < PROGRESS_EVERY_MS) return
    this.#saidMs = now
    this.#shell.tell(`ottla: ${this.#done} of ${this.#all} partitions: ${directory}`)
  }
}
