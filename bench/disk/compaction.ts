import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startBroker } from '../../tests/interop/broker-under-test.ts'
import type { BrokerUnderTest } from '../../tests/interop/broker-under-test.ts'
import { cpuSeconds } from '../broker/process-figures.ts'
import type { Target } from '../broker/report.ts'
import type { DataSet } from './data-set.ts'
import { plant } from './data-set.ts'
import { noteLatency } from './latency.ts'
import { createTopic, waitForOffsets } from './topics.ts'
import type { Session } from './session.ts'
import { LESS, MORE } from './session.ts'

const TOPIC = 'bench-keyed'
const TIMEOUT_MS = 180_000

/** How fast the cleaner is, and what it does to producers meanwhile. */
export async function measureCompaction(
  target: Target,
  data: DataSet,
  session: Session,
): Promise<void> {
  const { launcher, note } = session
  const settings = { 'log.cleaner.backoff.ms': '500' }
  await using broker = await startBroker({ target, launcher, settings, startTimeoutMs: 120_000 })
  await createTopic(broker, TOPIC, 1, { 'cleanup.policy': 'compact' })
  await createTopic(broker, 'bench-new', 1)
  await noteLatency(target, 'alone', broker, session)
  const end = data.batchesPerPartition * data.recordsPerBatch

  const clean = async (beside: () => Promise<void>): Promise<number> => {
    await broker.stop()
    plant(broker, TOPIC, data)
    await broker.start()
    const from = performance.now()
    await waitForOffsets(broker, TOPIC, 1, end)
    await Promise.all([beside(), cleaned(broker, from)])
    return (performance.now() - from) / 1000
  }
  const seconds = await clean(() => Promise.resolve())
  note(target, 'compaction, MB/s', data.bytes / 1e6 / seconds, MORE)
  note(
    target,
    'compaction, CPU-s/GB, start included',
    cpuSeconds(broker.pid) / (data.bytes / 1e9),
    LESS,
  )
  const left = sizeOf(join(broker.dataDir, `${TOPIC}-0`))
  note(target, 'compaction, MB left', left / 1e6, LESS)
  await clean(() => noteLatency(target, 'while a log is compacted', broker, session))
}

/** Resolves once the cleaner has been through all but the active segment. */
async function cleaned({ dataDir }: BrokerUnderTest, from: number): Promise<void> {
  const folder = join(dataDir, `${TOPIC}-0`)
  const checkpoint = join(dataDir, 'cleaner-offset-checkpoint')
  while (performance.now() - from < TIMEOUT_MS) {
    const offsets = readdirSync(folder).filter((name) => name.endsWith('.log'))
    const active = Math.max(...offsets.map(Number.parseFloat))
    const text = existsSync(checkpoint) ? readFileSync(checkpoint, 'utf8') : ''
    const entry = new RegExp(`^${TOPIC} 0 (\\d+)$`, 'm').exec(text)
    if (entry !== null && Number(entry[1]) >= active) return
    await sleep(20)
  }
  throw new Error(`the log was not cleaned within ${TIMEOUT_MS / 1000} s`)
}

function sizeOf(folder: string): number {
  const logs = readdirSync(folder).filter((name) => name.endsWith('.log'))
  return logs.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
}
