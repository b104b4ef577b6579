import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '@ottla/runtime'
import type { Simulation } from '@ottla/runtime/simulated'
import { simulation } from '@ottla/runtime/simulated'
import { defaultLogConfig } from '../src/log-config.ts'
import { LogManager } from '../src/log-manager.ts'
import { append, batchOf } from './world.ts'

const FOLDER = '/data/orders-0'
const RUNNING = '/data/.ottla_running'
const request = {
  topic: 'orders',
  partition: 0,
  topicId: 'QNu9Al2AT8SKGqlhkudOHQ',
  config: {
    ...defaultLogConfig,
    cleanupPolicy: ['compact'],
    messageTimestampAfterMaxMs: Infinity,
  },
} as const

function start(sim: Simulation): Promise<LogManager> {
  const { clock, disk, random } = sim.node('a')
  const logger = silentLogger
  return LogManager.open({ clock, disk, random, logger, directories: ['/data'], nodeId: 1 })
}

/**
 * A killed broker's log of three segments. The first ends before the second begins: what was there may
 * have been compacted away, since when no checkpoint was written, or a power cut may have taken it.
 */
async function gapped(sim: Simulation): Promise<void> {
  const log = await (await start(sim)).getOrCreate(request)
  const sizes: number[] = []
  for (const name of ['a', 'b', 'c', 'd']) {
    append(log, batchOf([{ key: Buffer.from(name), value: Buffer.from(name) }]))
    sizes.push(log.sizeBytes)
    if (name !== 'a') log.roll()
  }
  sim.kill('a')
  const { disk } = sim.node('a')
  const file = disk.open(`${FOLDER}/00000000000000000000.log`, 'write')
  file.truncate(sizes[0]!)
  file.close()
  disk.replaceFile('/data/recovery-point-offset-checkpoint', '0\n1\norders 0 1\n')
}

async function endOffset(sim: Simulation): Promise<number> {
  const log = await (await start(sim)).getOrCreate(request)
  return log.logEndOffset
}

test('a hole that only a power cut can have made ends a log that Ottla wrote', async () => {
  const sim = simulation({ seed: 1 })
  await sim.run(async () => {
    await gapped(sim)
    assert.equal(await endOffset(sim), 1)
  })
})

test('a gap in a log that another broker wrote and was killed is left as it is', async () => {
  const sim = simulation({ seed: 1 })
  await sim.run(async () => {
    await gapped(sim)
    const { disk } = sim.node('a')
    assert.notEqual(disk.stat(RUNNING), null)
    await disk.remove(RUNNING)
    assert.equal(await endOffset(sim), 4)
  })
})

test('a clean stop leaves no sign that Ottla runs, for the broker that may run there next', async () => {
  const sim = simulation({ seed: 1 })
  await sim.run(async () => {
    const { disk } = sim.node('a')
    const manager = await start(sim)
    assert.notEqual(disk.stat(RUNNING), null)
    await manager.close()
    assert.equal(disk.stat(RUNNING), null)
    assert.notEqual(disk.stat('/data/.kafka_cleanshutdown'), null)
  })
})
