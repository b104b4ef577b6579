import { setTimeout as sleep } from 'node:timers/promises'
import { startBroker } from '../../tests/interop/broker-under-test.ts'
import { cpuSeconds, residentMegabytes } from '../broker/process-figures.ts'
import type { Target } from '../broker/report.ts'
import type { FetchLoad } from '../broker/load.ts'
import type { DataSet } from './data-set.ts'
import { evict, plant } from './data-set.ts'
import { latencyMs, noteLatency, warmUp } from './latency.ts'
import { createTopic, waitForOffsets } from './topics.ts'
import type { Session } from './session.ts'
import { LESS, LESS_WHOLE, MORE } from './session.ts'

const TOPIC = 'bench-old'
/** What a reader asks for at a time: 1 MB. */
const BATCHES_PER_FETCH = 18
/** A read ends with whichever comes first: its share of the data set, or one of these. */
const READ_BYTES_MAX = 4e9
const READ_MS_MAX = 15_000
/** A reader that is far behind and takes its time: 50 MB/s at most. */
const SLOW_PAUSE_MS = 20

/** Recovery of a data set, then reads of it. */
export async function measureOldData(
  target: Target,
  data: DataSet,
  session: Session,
): Promise<void> {
  const { quick, launcher, note } = session
  await using broker = await startBroker({ target, launcher, startTimeoutMs: 200_000 })
  await createTopic(broker, TOPIC, data.partitions)
  await createTopic(broker, 'bench-new', 1)
  const endOffset = data.batchesPerPartition * data.recordsPerBatch

  // From its memory first: the disk of one machine is much like that of another.
  const volume = `${(data.bytes / 1e9).toFixed(0)} GB`
  const recover = async (name: string): Promise<void> => {
    await broker.start()
    await waitForOffsets(broker, TOPIC, data.partitions, endOffset)
    note(target, `recovery of ${volume}, ${name}, s`, broker.startedInMs / 1000, LESS)
    note(target, `recovery of ${volume}, ${name}, CPU-s`, cpuSeconds(broker.pid), LESS)
    note(target, `recovery of ${volume}, ${name}, MB`, residentMegabytes(broker.pid), LESS_WHOLE)
  }
  await broker.stop()
  plant(broker, TOPIC, data)
  await recover('in memory')
  await broker.kill()
  plant(broker, TOPIC, data)
  evict(data)
  await recover('on disk')

  const fetch = (partitions: number, bytesMax: number): FetchLoad => ({
    kind: 'fetch',
    port: broker.port,
    topic: TOPIC,
    connections: partitions,
    batchesPerPartition: data.batchesPerPartition,
    batchesPerFetch: BATCHES_PER_FETCH,
    recordsPerBatch: data.recordsPerBatch,
    recordBytes: 100,
    bytesMax,
    msMax: READ_MS_MAX,
  })
  const read = async (name: string, connections: number, bytesMax: number): Promise<void> => {
    const before = cpuSeconds(broker.pid)
    const { bytes, seconds } = await session.generate(fetch(connections, bytesMax))
    const used = cpuSeconds(broker.pid) - before
    note(target, `old data ${name}, ${connections} connections, GB/s`, bytes / 1e9 / seconds, MORE)
    note(
      target,
      `old data ${name}, ${connections} connections, CPU-s/GB`,
      used / (bytes / 1e9),
      LESS,
    )
  }
  for (const connections of [1, 4]) {
    // One partition's worth, so that nothing is read twice.
    const whole = (data.bytes / data.partitions) * connections * 0.95
    const bytesMax = Math.min(whole, READ_BYTES_MAX)
    evict(data)
    await read('on disk', connections, bytesMax)
    await read('in memory', connections, bytesMax)
  }

  await warmUp(broker, session)
  await noteLatency(target, 'alone', broker, session)
  evict(data)
  const msMax = latencyMs(quick) + 1_500
  const slowly = session.read({
    ...fetch(1, Number.MAX_SAFE_INTEGER),
    pauseMs: SLOW_PAUSE_MS,
    msMax,
  })
  await sleep(500)
  await noteLatency(target, 'while old data is read', broker, session)
  await slowly
}
