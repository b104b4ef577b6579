import type { Disk } from '@ottla/runtime'
import { CLEAN_SHUTDOWN, RUNNING } from '../clean-shutdown.ts'
import { CorruptCheckpointError, readOffsetCheckpoint } from '../checkpoint-file.ts'
import { META_PROPERTIES } from '../meta-properties.ts'
import type { PartitionName } from '../paths.ts'
import { parsePartitionDirectoryName, partitionDirectoryName, retiredSuffix } from '../paths.ts'
import type { Finding, PropertiesEntry } from './entry.ts'
import { note, problem } from './entry.ts'
import { logFileName } from './file-kind.ts'
import { inspectFile } from './inspect-file.ts'
import type { PartitionReport } from './inspect-partition.ts'
import { inspectPartition } from './inspect-partition.ts'

export interface DirectoriesInspection {
  /** Check every batch of every segment, not only what the next start would read. Default false. */
  readonly isDeep?: boolean
  /** Whether compaction may take batches away from the topic. Default: it may from any. */
  readonly mayHaveGaps?: (topic: string) => boolean
}

/** A data directory, before its partitions. */
export interface DirectoryReport {
  readonly type: 'directory'
  readonly path: string
  /** null when there is no meta.properties that can be read. */
  readonly clusterId: string | null
  readonly nodeId: number | null
  readonly directoryId: string | null
  /** Whether the broker stopped as it should. */
  readonly isClean: boolean
  readonly partitions: number
  readonly findings: readonly Finding[]
}

/** Where a partition's folder is. */
interface Place extends PartitionName {
  readonly directory: string
}

/**
 * All data directories of one stopped broker, as its next start would find them; changes nothing.
 * A directory's report comes before its partitions'.
 *
 * @throws DiskError
 */
export async function* inspectDirectories(
  disk: Disk,
  paths: readonly string[],
  options: DirectoriesInspection = {},
): AsyncGenerator<DirectoryReport | PartitionReport> {
  const seen = new Map<string, string>()
  const known: DirectoryReport[] = []
  for (const path of paths) {
    const { places, findings } = foldersIn(disk, path)
    const found = await propertiesOf(disk, path, findings)
    const isClean = disk.stat(`${path}/${CLEAN_SHUTDOWN}`) !== null
    if (!isClean)
      findings.push(
        note(
          path,
          null,
          'the broker did not stop as it should',
          'every log is checked behind its recovery point',
        ),
      )
    const checkpoints = checkpointsOf(disk, path, places, findings)
    for (const { topic, partition } of places) {
      const name = partitionDirectoryName(topic, partition)
      const before = seen.get(name)
      if (before !== undefined) {
        findings.push(
          problem(
            `${path}/${name}`,
            null,
            `the partition is also in ${before}`,
            'the broker does not start',
          ),
        )
      }
      seen.set(name, path)
    }
    const report: DirectoryReport = {
      type: 'directory',
      path,
      ...found,
      isClean,
      partitions: places.length,
      findings: [...findings, ...disagreements(path, found, known)],
    }
    known.push(report)
    yield report
    // Of what another broker left nobody knows that it can have no gaps.
    const isForeign = !isClean && disk.stat(`${path}/${RUNNING}`) === null
    for (const place of places) {
      const name = partitionDirectoryName(place.topic, place.partition)
      yield await inspectPartition(disk, place.directory, {
        topic: place.topic,
        partition: place.partition,
        isClean,
        recoveryPoint: checkpoints.recoveryPoints.get(name) ?? 0,
        logStartOffset: checkpoints.logStartOffsets.get(name) ?? 0,
        highWatermark: checkpoints.highWatermarks.get(name) ?? null,
        mayHaveGaps: isForeign || (options.mayHaveGaps?.(place.topic) ?? true),
        isDeep: options.isDeep ?? false,
      })
    }
  }
}

function foldersIn(disk: Disk, path: string): { places: Place[]; findings: Finding[] } {
  const places: Place[] = []
  const findings: Finding[] = []
  for (const { name, isDirectory } of disk.list(path)) {
    const file = `${path}/${name}`
    if (!isDirectory) {
      const known = logFileName(name)
      if (known === null && !OTHER_FILES.test(name)) {
        findings.push(note(file, null, 'it is no file of a data directory', 'it is left alone'))
      } else if (known?.leftover === 'tmp') {
        findings.push(note(file, null, 'a file was being replaced', 'the old one counts'))
      }
      continue
    }
    const retired = retiredSuffix(name)
    const partition = parsePartitionDirectoryName(name)
    if (retired !== null) {
      const [what, recovery] = RETIRED[retired]
      findings.push(note(file, null, what, recovery))
    } else if (partition === null) {
      findings.push(note(file, null, 'it is no folder of a partition', 'it is left alone'))
    } else places.push({ ...partition, directory: file })
  }
  return { places, findings }
}

/** What Kafka keeps there besides. */
const OTHER_FILES = /^bootstrap\.checkpoint$|^\.lock(\..*)?$/

const RETIRED: Readonly<Record<'delete' | 'stray' | 'future', [what: string, recovery: string]>> = {
  delete: ['it was of a deleted partition', 'it is removed'],
  stray: ['it was put aside: the metadata did not know it', 'it is left alone'],
  future: [
    'it was being filled by a move between directories',
    'the move goes on, or it is left alone',
  ],
}

interface FoundProperties {
  readonly clusterId: string | null
  readonly nodeId: number | null
  readonly directoryId: string | null
}

async function propertiesOf(
  disk: Disk,
  path: string,
  findings: Finding[],
): Promise<FoundProperties> {
  const file = `${path}/${META_PROPERTIES}`
  let values: PropertiesEntry['values'] = {}
  if (disk.stat(file) === null) {
    findings.push(
      problem(file, null, 'it is missing', 'it is made anew, with a directory id of its own'),
    )
  } else {
    for await (const entry of inspectFile(disk, file)) {
      if (entry.type === 'finding') findings.push(entry)
      if (entry.type === 'properties') values = entry.values
    }
  }
  const text = (name: string): string | null =>
    values[name] === undefined ? null : String(values[name])
  const nodeId = Number(text('node.id') ?? NaN)
  return {
    clusterId: text('cluster.id'),
    nodeId: Number.isInteger(nodeId) ? nodeId : null,
    directoryId: text('directory.id'),
  }
}

function* disagreements(
  path: string,
  { clusterId, nodeId, directoryId }: FoundProperties,
  known: readonly DirectoryReport[],
): Generator<Finding> {
  const file = `${path}/${META_PROPERTIES}`
  const refused = 'the broker refuses to start'
  const first = known[0]
  if (first === undefined) return
  if (clusterId !== null && first.clusterId !== null && clusterId !== first.clusterId) {
    yield problem(
      file,
      null,
      `it is of cluster ${clusterId}, but ${first.path} is of ${first.clusterId}`,
      refused,
    )
  }
  if (nodeId !== null && first.nodeId !== null && nodeId !== first.nodeId) {
    yield problem(
      file,
      null,
      `it is of node ${nodeId}, but ${first.path} is of ${first.nodeId}`,
      refused,
    )
  }
  const same = known.find((other) => directoryId !== null && other.directoryId === directoryId)
  if (same !== undefined) {
    yield problem(
      file,
      null,
      `it has the directory.id of ${same.path}: one is a copy of the other`,
      refused,
    )
  }
}

interface Checkpoints {
  readonly recoveryPoints: ReadonlyMap<string, number>
  readonly logStartOffsets: ReadonlyMap<string, number>
  readonly highWatermarks: ReadonlyMap<string, number>
}

function checkpointsOf(
  disk: Disk,
  path: string,
  places: readonly Place[],
  findings: Finding[],
): Checkpoints {
  const present = new Set(
    places.map(({ topic, partition }) => partitionDirectoryName(topic, partition)),
  )
  const read = (name: string): Map<string, number> => {
    const file = `${path}/${name}`
    const offsets = new Map<string, number>()
    try {
      for (const { topic, partition, offset } of readOffsetCheckpoint(disk, file)) {
        const log = partitionDirectoryName(topic, partition)
        if (!present.has(log)) {
          findings.push(
            note(file, null, `it names ${log}, which is not there`, 'the entry is dropped'),
          )
        }
        offsets.set(log, offset)
      }
    } catch (error) {
      if (!(error instanceof CorruptCheckpointError)) throw error
      const what = error.message.replace(`${file}: `, '')
      findings.push(problem(file, null, what, 'it is begun anew, as if it were empty'))
    }
    return offsets
  }
  read('cleaner-offset-checkpoint')
  return {
    recoveryPoints: read('recovery-point-offset-checkpoint'),
    logStartOffsets: read('log-start-offset-checkpoint'),
    highWatermarks: read('replication-offset-checkpoint'),
  }
}
