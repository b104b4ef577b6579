import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from '@ottla/client'
import { throwIfError } from '@ottla/protocol'
import { FetchApi } from '@ottla/protocol/messages/fetch'
import { baseOffset, crc32c, encodeBatch } from '@ottla/records'
import { nodeRuntime } from '@ottla/runtime/node'
import { startBroker } from '../../tests/interop/broker-under-test.ts'
import { openDescriptors, residentMegabytes } from '../broker/process-figures.ts'
import type { Target } from '../broker/report.ts'
import { StallMeasurement } from '../broker/stalls.ts'
import { createTopic, waitForOffsets } from '../disk/topics.ts'
import type { ScaleFigures } from './many-partitions.ts'

const TOPIC = 'long'
/** Of a segment: one in a small batch, most in a batch that fills the file, one in a small batch. */
const RECORDS_PER_SEGMENT = 1_000

/** What it costs to start with a partition of 100 GB, and to read at its ends. Its files are sparse. */
export async function longPartition(
  target: Target,
  segments: number,
  segmentBytes: number,
  figures: ScaleFigures,
): Promise<void> {
  const note = (name: string, value: number, digits = 0): void =>
    void figures.set(name, { value, digits })
  const folder = mkdtempSync(join(tmpdir(), 'ottla-bench-'))
  await using cleanup = new AsyncDisposableStack()
  cleanup.defer(() => rmSync(folder, { recursive: true, force: true }))
  const stalls = target === 'ottla' ? new StallMeasurement(folder) : null
  const broker = await startBroker({
    target,
    launcher: stalls?.launcher ?? [],
    startTimeoutMs: 90_000,
  })
  cleanup.use(broker)
  await createTopic(broker, TOPIC, 1)
  await stalls?.end(broker.pid)
  await broker.stop()
  plantSegments(broker.dataDir, segments, segmentBytes)

  const endOffset = segments * RECORDS_PER_SEGMENT
  const started = async (name: string): Promise<void> => {
    await broker.start()
    await waitForOffsets(broker, TOPIC, 1, endOffset)
    note(`start ${name}, ms`, broker.startedInMs)
    if (stalls !== null) {
      note(`start ${name}, longest stall, ms`, (await stalls.end(broker.pid)).maxMs, 1)
    }
  }
  await started('after a clean stop')
  await using client = new Client({ runtime: nodeRuntime(), bootstrapServers: broker.address })
  for (const [name, offset] of [
    ['first', 0],
    ['last', endOffset - 1],
  ] as const) {
    const from = performance.now()
    await readAt(client, offset)
    note(`read of the ${name} record, ms`, performance.now() - from, 1)
  }
  note('memory, MB', residentMegabytes(broker.pid))
  note('open files', openDescriptors(broker.pid))
  await broker.kill()
  await started('after kill -9')
  const from = performance.now()
  await broker.stop()
  note('clean stop, ms', performance.now() - from)
}

/** As a broker leaves them that has stopped cleanly. */
function plantSegments(dataDir: string, segments: number, segmentBytes: number): void {
  const folder = join(dataDir, `${TOPIC}-0`)
  for (const name of readdirSync(folder)) {
    if (/^\d{20}\./.test(name)) rmSync(join(folder, name))
  }
  for (let index = 0; index < segments; index++) {
    const isActive = index === segments - 1
    plantSegment(folder, index * RECORDS_PER_SEGMENT, segmentBytes, isActive)
  }
  const active = (segments - 1) * RECORDS_PER_SEGMENT
  const snapshot = Buffer.alloc(10)
  snapshot.writeInt16BE(1, 0)
  snapshot.writeUInt32BE(crc32c(snapshot, 6), 2)
  writeFileSync(join(folder, fileName(active, 'snapshot')), snapshot)
  for (const name of ['recovery-point-offset-checkpoint', 'replication-offset-checkpoint']) {
    writeFileSync(join(dataDir, name), `0\n1\n${TOPIC} 0 ${segments * RECORDS_PER_SEGMENT}\n`)
  }
}

function plantSegment(folder: string, base: number, sizeBytes: number, isActive: boolean): void {
  const timestamp = Date.now()
  const one = (offset: number): Buffer => {
    const value = Buffer.from('ottla')
    const records = [{ key: null, value, headers: [], timestamp }]
    return encodeBatch({ baseOffset: offset, partitionLeaderEpoch: 0, records })
  }
  const first = one(base)
  const last = one(base + RECORDS_PER_SEGMENT - 1)
  const hole = sizeBytes - first.length - last.length
  // The header of a batch whose records are a hole in the file; nobody reads them here.
  const large = one(base + 1).subarray(0, 61)
  large.writeInt32BE(hole - 12, 8)
  large.writeInt32BE(RECORDS_PER_SEGMENT - 3, 23)
  large.writeInt32BE(RECORDS_PER_SEGMENT - 2, 57)
  // What is behind the recovery point is checked: the active one is whole.
  const small = Array.from({ length: RECORDS_PER_SEGMENT - 2 }, (_, index) => one(base + 1 + index))
  const middle = isActive ? Buffer.concat(small) : large
  const end = isActive ? first.length + middle.length : first.length + hole

  const log = openSync(join(folder, fileName(base, 'log')), 'w')
  writeSync(log, Buffer.concat([first, middle]), 0, first.length + middle.length, 0)
  writeSync(log, last, 0, last.length, end)
  ftruncateSync(log, end + last.length)
  closeSync(log)
  const index = Buffer.alloc(8)
  index.writeInt32BE(RECORDS_PER_SEGMENT - 1, 0)
  index.writeInt32BE(end, 4)
  writeFileSync(join(folder, fileName(base, 'index')), index)
  const timeIndex = Buffer.alloc(12)
  timeIndex.writeBigInt64BE(BigInt(timestamp), 0)
  timeIndex.writeInt32BE(RECORDS_PER_SEGMENT - 1, 8)
  writeFileSync(join(folder, fileName(base, 'timeindex')), timeIndex)
}

function fileName(offset: number, suffix: string): string {
  return `${String(offset).padStart(20, '0')}.${suffix}`
}

async function readAt(client: Client, fetchOffset: number): Promise<void> {
  const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes: 1_000_000 }]
  const { responses } = await client.cluster.send(
    'any',
    FetchApi,
    () => ({
      maxWaitMs: 100,
      minBytes: 1,
      topics: [{ topic: TOPIC, partitions }],
      forgottenTopicsData: [],
    }),
    { highestVersion: 11 },
  )
  const answer = responses[0]!.partitions[0]!
  throwIfError(answer.errorCode)
  const found = baseOffset(answer.records!, 0)
  if (found !== fetchOffset) throw new Error(`at ${fetchOffset} there is ${found}`)
}
