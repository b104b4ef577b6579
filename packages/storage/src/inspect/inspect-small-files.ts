import { DiskError } from '@ottla/runtime'
import type { Disk } from '@ottla/runtime'
import {
  CorruptCheckpointError,
  readEpochCheckpoint,
  readOffsetCheckpoint,
} from '../checkpoint-file.ts'
import { SMALL_FILE_BYTES_MAX } from '../limits.ts'
import { CorruptSnapshotError, decodeProducerSnapshot } from '../producer-snapshot.ts'
import type { InspectedEntry, PropertiesEntry } from './entry.ts'
import { problem } from './entry.ts'

export function* inspectProducerSnapshot(disk: Disk, path: string): Generator<InspectedEntry> {
  const recovery = 'it is not used: the state is built from an older one and the log'
  const bytes = disk.readFile(path)
  try {
    for (const entry of decodeProducerSnapshot(bytes)) {
      const offsetDelta = entry.lastOffsetDelta
      yield {
        type: 'producer',
        producerId: entry.producerId,
        producerEpoch: entry.producerEpoch,
        coordinatorEpoch: entry.coordinatorEpoch,
        currentTxnFirstOffset: entry.currentTxnFirstOffset,
        lastTimestamp: entry.lastTimestamp,
        firstSequence:
          entry.lastSequence < 0 ? -1 : (entry.lastSequence - offsetDelta) & 0x7fff_ffff,
        lastSequence: entry.lastSequence,
        lastOffset: entry.lastOffset,
        offsetDelta,
      }
    }
  } catch (error) {
    if (!(error instanceof CorruptSnapshotError)) throw error
    yield problem(path, null, error.message, recovery)
  }
}

export function* inspectEpochCheckpoint(disk: Disk, path: string): Generator<InspectedEntry> {
  const recovery = 'it is begun anew, from the epochs in the batches behind the recovery point'
  try {
    let before = { epoch: -1, startOffset: -1 }
    for (const entry of readEpochCheckpoint(disk, path)) {
      yield { type: 'leader-epoch', ...entry }
      if (entry.epoch <= before.epoch || entry.startOffset <= before.startOffset) {
        const what = `epoch ${entry.epoch} from ${entry.startOffset} comes after epoch ${before.epoch} from ${before.startOffset}: both ascend`
        yield problem(path, null, what, 'the earlier one is dropped')
      }
      before = entry
    }
  } catch (error) {
    if (!(error instanceof CorruptCheckpointError)) throw error
    yield problem(path, null, withoutPath(error.message, path), recovery)
  }
}

export function* inspectOffsetCheckpoint(disk: Disk, path: string): Generator<InspectedEntry> {
  const recovery =
    'it is begun anew, as if it were empty: after an unclean stop logs are checked whole'
  try {
    const seen = new Set<string>()
    for (const entry of readOffsetCheckpoint(disk, path)) {
      yield { type: 'checkpoint', ...entry }
      const name = `${entry.topic}-${entry.partition}`
      if (seen.has(name))
        yield problem(path, null, `${name} is there twice`, 'the later one counts')
      seen.add(name)
    }
  } catch (error) {
    if (!(error instanceof CorruptCheckpointError)) throw error
    yield problem(path, null, withoutPath(error.message, path), recovery)
  }
}

/** `partition.metadata`: `name: value` a line. */
export function* inspectPartitionMetadata(disk: Disk, path: string): Generator<InspectedEntry> {
  const values = pairsIn(disk.readFile(path).toString('utf8'), /^\s*([a-z_]+):\s*(.*?)\s*$/)
  yield values
  const { version, topic_id: topicId } = values.values
  if (version !== '0' || !/^[A-Za-z0-9_-]{22}$/.test(String(topicId))) {
    const what = 'expected "version: 0" and "topic_id: <22 characters>"'
    yield problem(path, null, what, 'it is written anew, with the id that the metadata has')
  }
}

/** `meta.properties`: a Java properties file. */
export function* inspectMetaProperties(disk: Disk, path: string): Generator<InspectedEntry> {
  const entry = pairsIn(disk.readFile(path).toString('utf8'), /^\s*([^#!\s=:]+)\s*[=:]\s*(.*?)\s*$/)
  yield entry
  const refused = 'the broker refuses to start'
  const { version, 'cluster.id': clusterId, 'node.id': nodeId } = entry.values
  if (version !== '1') {
    const what = `version is ${version ?? 'missing'}; only version 1 (of a KRaft broker) can be used`
    yield problem(path, null, what, refused)
  }
  if (clusterId === undefined || clusterId === '') {
    yield problem(path, null, 'cluster.id is missing', refused)
  }
  if (!/^\d{1,10}$/.test(String(nodeId ?? ''))) {
    yield problem(path, null, `node.id is ${nodeId ?? 'missing'}; expected a whole number`, refused)
  }
}

/** `.kafka_cleanshutdown` and `quorum-state`: an object in JSON. */
export function* inspectJsonFile(
  disk: Disk,
  path: string,
  recovery: string,
  mayBeEmpty: boolean,
): Generator<InspectedEntry> {
  const text = disk.readFile(path).toString('utf8')
  if (mayBeEmpty && text.trim() === '') {
    yield { type: 'properties', values: {} }
    return
  }
  try {
    const content: unknown = JSON.parse(text)
    if (typeof content !== 'object' || content === null) throw new SyntaxError('not an object')
    const values = Object.entries(content).map(([name, value]: [string, unknown]) => [
      name,
      typeof value === 'string' || typeof value === 'number' ? value : JSON.stringify(value),
    ])
    yield { type: 'properties', values: Object.fromEntries(values) as PropertiesEntry['values'] }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    yield problem(path, null, 'expected a JSON object', recovery)
  }
}

/** @throws DiskError for a file that cannot be what its name says: it is not taken into memory. */
export function requireSmall(disk: Disk, path: string): void {
  const sizeBytes = disk.stat(path)?.sizeBytes ?? 0
  if (sizeBytes <= SMALL_FILE_BYTES_MAX) return
  throw new DiskError(
    'DISK_FAILED',
    path,
    `${sizeBytes} bytes are too many for a file of that name`,
  )
}

function pairsIn(text: string, pattern: RegExp): PropertiesEntry {
  const pairs = text.split(/\r?\n/).flatMap((line) => {
    const match = pattern.exec(line)
    return match === null ? [] : [[match[1]!, match[2]!]]
  })
  return { type: 'properties', values: Object.fromEntries(pairs) as PropertiesEntry['values'] }
}

function withoutPath(message: string, path: string): string {
  return message.startsWith(`${path}: `) ? message.slice(path.length + 2) : message
}
