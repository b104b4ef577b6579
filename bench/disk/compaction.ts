import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startBroker } from '../../tests/interop/broker-under-test.ts'
import type { BrokerUnderTest } from '../../tests/interop/broker-under-test.ts'
import { cpuSeconds } from '../broker/process-figures.ts'
import type { Target } from '../broker/report.ts'
import type { DataSet } from './data-set.ts'
import { plant } from './data-set.ts'
import { noteLatency, warmUp } from './latency.ts'
import { createTopic, setTopicConfig, waitForOffsets } from './topics.ts'
import type { Session } from './session.ts'
import { LESS, MORE } from './session.ts'

const TIMEOUT_MS = 180_000

/** How fast the cleaner is, and what it does to producers meanwhile. */
export async function measureCompaction(
  target: Target,
  data: DataSet,
  session: Session,
): Promise<void> {
  const { launcher, note } = session
  const settings = { 'log.cleaner.backoff.ms': '100' }
  await using broker = await startBroker({ target, launcher, settings, startTimeoutMs: 120_000 })
  await createTopic(broker, 'bench-new', 1)
  const end = data.batchesPerPartition * data.recordsPerBatch

  for (const topic of ['bench-keyed-1', 'bench-keyed-2']) {
    await createTopic(broker, topic, 1)
    await broker.stop()
    plant(broker, topic, data)
    await broker.start()
    await waitForOffsets(broker, topic, 1, end)
    // Two virtual machines compile what is used often.
    await warmUp(broker, session)
    const before = cpuSeconds(broker.pid)
    const from = performance.now()
    await setTopicConfig(broker, topic, 'cleanup.policy', 'compact')
    if (topic === 'bench-keyed-1') {
      await cleaned(broker, topic)
      const gigabytes = data.bytes / 1e9
      const seconds = (performance.now() - from) / 1000
      note(target, 'compaction, MB/s', (gigabytes * 1000) / seconds, MORE)
      note(target, 'compaction, CPU-s/GB', (cpuSeconds(broker.pid) - before) / gigabytes, LESS)
      note(target, 'compaction, MB left', sizeOf(join(broker.dataDir, `${topic}-0`)) / 1e6, LESS)
    } else {
      await noteLatency(target, 'while a log is compacted', broker, session)
    }
  }
}

/** Resolves once the cleaner has been through all but the active segment. */
async function cleaned({ dataDir }: BrokerUnderTest, topic: string): Promise<void> {
  const from = performance.now()
  const folder = join(dataDir, `${topic}-0`)
  const checkpoint = join(dataDir, 'cleaner-offset-checkpoint')
  while (performance.now() - from < TIMEOUT_MS) {
    const offsets = readdirSync(folder).filter((name) => name.endsWith('.log'))
    const active = Math.max(...offsets.map(Number.parseFloat))
    const text = existsSync(checkpoint) ? readFileSync(checkpoint, 'utf8') : ''
    const entry = new RegExp(`^${topic} 0 (\\d+)$`, 'm').exec(text)
    if (entry !== null && Number(entry[1]) >= active) return
    await sleep(20)
  }
  throw new Error(`the log was not cleaned within ${TIMEOUT_MS / 1000} s`)
}

function sizeOf(folder: string): number {
  const logs = readdirSync(folder).filter((name) => name.endsWith('.log'))
  return logs.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
}
