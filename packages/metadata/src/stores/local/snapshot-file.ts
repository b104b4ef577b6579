import { KafkaError, Reader, Writer } from '@ottla/protocol'
import { SnapshotFooterRecord } from '@ottla/protocol/messages/snapshot-footer-record'
import { SnapshotHeaderRecord } from '@ottla/protocol/messages/snapshot-header-record'
import { checkBatch, controlRecordType, decodeBatch, encodeControlBatch } from '@ottla/records'
import type { Clock, Disk } from '@ottla/runtime'
import type { StoredSnapshot } from '../metadata-store.ts'
import { encodeMetadataBatch } from './metadata-batches.ts'

/**
 * A snapshot of the metadata log, in Kafka's form:
 *
 *   <end offset, 20 digits>-<epoch, 10 digits>.checkpoint
 *     control batch  SnapshotHeader: when the last record that is part of it was appended
 *     batches        the records, their offsets counted from the start of the file
 *     control batch  SnapshotFooter: the file is whole
 *
 * It is written beside its place as `….checkpoint.part` and renamed when it is durable.
 */
export interface SnapshotName {
  /** Exclusive. */
  readonly endOffset: number
  readonly epoch: number
  readonly fileName: string
}

const SUFFIX = '.checkpoint'
const PART_SUFFIX = '.checkpoint.part'
/** Records to a batch, and to a turn of the event loop: about 100 KB. */
const BATCH_RECORDS = 1000

/** Of a directory, oldest first. */
export function listSnapshots(disk: Disk, directory: string): SnapshotName[] {
  return disk.list(directory).flatMap(({ name }) => {
    const match = /^(\d{20})-(\d{10})\.checkpoint$/.exec(name)
    if (match === null) return []
    return [{ endOffset: Number(match[1]), epoch: Number(match[2]), fileName: name }]
  })
}

/** What a crash left of a snapshot that was being written. */
export async function removePartialSnapshots(disk: Disk, directory: string): Promise<void> {
  for (const { name } of disk.list(directory)) {
    if (name.endsWith(PART_SUFFIX)) await disk.remove(`${directory}/${name}`)
  }
}

/** Resolves once the snapshot is durable under its name. */
export async function writeSnapshot(
  disk: Disk,
  directory: string,
  snapshot: StoredSnapshot,
  clock: Clock,
): Promise<void> {
  const { endOffset, epoch, timestampMs, records } = snapshot
  const stem = `${directory}/${pad(endOffset, 20)}-${pad(epoch, 10)}`
  const file = disk.open(stem + PART_SUFFIX, 'write')
  try {
    file.truncate(0)
    let position = 0
    let offset = 0
    const place = () => ({ baseOffset: offset, partitionLeaderEpoch: epoch })
    const write = (batch: Buffer, recordCount: number) => {
      file.write([batch], position)
      position += batch.length
      offset += recordCount
    }
    const at = { ...place(), timestamp: timestampMs }
    write(encodeControlBatch('SNAPSHOT_HEADER', header(timestampMs), at), 1)
    for (let from = 0; from < records.length; from += BATCH_RECORDS) {
      const some = records.slice(from, from + BATCH_RECORDS)
      write(encodeMetadataBatch(some, { ...place(), timestampMs }), some.length)
      await new Promise<void>((turn) => clock.defer(turn))
    }
    const end = { ...place(), timestamp: timestampMs }
    write(encodeControlBatch('SNAPSHOT_FOOTER', footer(), end), 1)
    await file.sync()
  } finally {
    file.close()
  }
  disk.rename(stem + PART_SUFFIX, stem + SUFFIX)
  await disk.syncDirectory(directory)
}

/** @throws {KafkaError} CORRUPT_MESSAGE or INVALID_RECORD, naming the file, when it is not whole. */
export function readSnapshot(
  disk: Disk,
  directory: string,
  { endOffset, epoch, fileName }: SnapshotName,
): StoredSnapshot {
  const path = `${directory}/${fileName}`
  const bytes = disk.readFile(path)
  const records: Buffer[] = []
  let timestampMs = -1
  let isWhole = false
  for (let at = 0; at < bytes.length;) {
    const sizeBytes = checkBatch(bytes, at, bytes.length)
    const batch = decodeBatch(bytes, at)
    for (const { key, value } of batch.records) {
      if (!batch.isControl) records.push(value ?? Buffer.alloc(0))
      else if (value !== null) {
        const type = controlRecordType(key)
        if (type === 'SNAPSHOT_HEADER') timestampMs = lastTimestamp(value)
        else if (type === 'SNAPSHOT_FOOTER') isWhole = true
      }
    }
    at += sizeBytes
  }
  if (!isWhole) {
    throw new KafkaError(
      'CORRUPT_MESSAGE',
      `${path}: the snapshot has no footer; an older one beside it, or a copy, may be whole`,
    )
  }
  return { endOffset, epoch, timestampMs, records }
}

function header(timestampMs: number): Buffer {
  const writer = new Writer()
  SnapshotHeaderRecord.write(writer, { version: 0, lastContainedLogTimestamp: timestampMs }, 0)
  return writer.finishWhole()
}

function footer(): Buffer {
  const writer = new Writer()
  SnapshotFooterRecord.write(writer, { version: 0 }, 0)
  return writer.finishWhole()
}

function lastTimestamp(value: Buffer): number {
  return Number(SnapshotHeaderRecord.read(new Reader(value), 0).lastContainedLogTimestamp)
}

function pad(value: number, digits: number): string {
  return String(value).padStart(digits, '0')
}
