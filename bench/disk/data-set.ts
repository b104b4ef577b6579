import { closeSync, linkSync, mkdirSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { encodeBatch, setBaseOffset, setPartitionLeaderEpoch } from '@ottla/records'
import type { BrokerUnderTest } from '../../tests/interop/broker-under-test.ts'

/** Segments made once, for every broker that is to find them: the same bytes for all. */
export interface DataSet {
  readonly folder: string
  /** Each has files of its own, in a folder with its number. */
  readonly partitions: number
  readonly batchesPerPartition: number
  readonly recordsPerBatch: number
  readonly bytes: number
}

export interface DataSetOptions {
  readonly folder: string
  readonly partitions: number
  readonly bytesPerPartition: number
  readonly segmentBytes: number
  /** Used in turn. All have as many records. */
  readonly batches: readonly Buffer[]
  readonly recordsPerBatch: number
}

const WRITE_BYTES = 8 * 1024 * 1024

/** Writes `.log` files only: a broker that was killed has to find out about the rest. */
export function writeDataSet(options: DataSetOptions): DataSet {
  const { folder, partitions, bytesPerPartition, segmentBytes, batches, recordsPerBatch } = options
  let batchesPerPartition = 0
  let bytes = 0
  for (let partition = 0; partition < partitions; partition++) {
    const inFolder = join(folder, String(partition))
    mkdirSync(inFolder, { recursive: true })
    batchesPerPartition = 0
    let offset = 0
    for (let left = bytesPerPartition; left > 0;) {
      const segment = openSync(join(inFolder, `${String(offset).padStart(20, '0')}.log`), 'w')
      let inSegment = 0
      let chunk: Buffer[] = []
      let chunkBytes = 0
      const flush = (): void => {
        writeSync(segment, Buffer.concat(chunk))
        chunk = []
        chunkBytes = 0
      }
      for (;;) {
        const template = batches[batchesPerPartition % batches.length]!
        if (inSegment + template.length > Math.min(segmentBytes, Math.max(left, template.length)))
          break
        const batch = Buffer.from(template)
        setBaseOffset(batch, 0, offset)
        setPartitionLeaderEpoch(batch, 0, 0)
        chunk.push(batch)
        chunkBytes += batch.length
        inSegment += batch.length
        left -= batch.length
        offset += recordsPerBatch
        batchesPerPartition++
        if (chunkBytes >= WRITE_BYTES) flush()
        if (left <= 0) break
      }
      flush()
      closeSync(segment)
      bytes += inSegment
    }
  }
  return { folder, partitions, batchesPerPartition, recordsPerBatch, bytes }
}

/** As `count` batches of `records` keyed records each, of `keys` keys in no order. */
export function keyedBatches(
  count: number,
  records: number,
  recordBytes: number,
  keys: number,
): Buffer[] {
  const timestamp = Date.now()
  const value = Buffer.alloc(recordBytes, 'ottla and kafka, ')
  let state = 1
  const nextKey = (): Buffer => {
    // The multiplier and modulus of the minimal standard generator: the same keys in every run.
    state = (state * 48_271) % 0x7fff_ffff
    return Buffer.from(`key-${state % keys}`)
  }
  return Array.from({ length: count }, () =>
    encodeBatch({
      records: Array.from({ length: records }, () => ({
        key: nextKey(),
        value,
        headers: [],
        timestamp,
      })),
    }),
  )
}

/**
 * Puts the data set in the place of an empty topic's segments, as a killed broker would leave them: with
 * no index and nothing known of what was synced. The broker must be stopped, and on the same file
 * system: the files are linked.
 */
export function plant({ dataDir }: BrokerUnderTest, topic: string, data: DataSet): void {
  for (let partition = 0; partition < data.partitions; partition++) {
    const folder = join(dataDir, `${topic}-${partition}`)
    for (const name of readdirSync(folder)) {
      if (/^\d{20}\./.test(name) || name === 'leader-epoch-checkpoint') rmSync(join(folder, name))
    }
    const from = join(data.folder, String(partition))
    for (const name of readdirSync(from)) linkSync(join(from, name), join(folder, name))
  }
  for (const name of [
    '.kafka_cleanshutdown',
    'recovery-point-offset-checkpoint',
    'replication-offset-checkpoint',
  ]) {
    rmSync(join(dataDir, name), { force: true })
  }
}

/** Makes the system forget what it has of the files in memory, so that reading them needs the disk. */
export function evict(data: DataSet): void {
  for (let partition = 0; partition < data.partitions; partition++) {
    const folder = join(data.folder, String(partition))
    for (const name of readdirSync(folder)) {
      const path = join(folder, name)
      // What is not on the disk yet cannot be forgotten.
      spawnSync('sync', ['-d', path])
      spawnSync('dd', [`if=${path}`, 'iflag=nocache', 'count=0'], { stdio: 'ignore' })
    }
  }
}
