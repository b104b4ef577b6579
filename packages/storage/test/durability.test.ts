import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '@ottla/runtime'
import { type CrashLoss, type Simulation, simulation } from '@ottla/runtime/simulated'
import { defaultLogConfig } from '../src/log-config.ts'
import type { LogConfig } from '../src/log-config.ts'
import { LogManager } from '../src/log-manager.ts'
import type { Log } from '../src/log.ts'
import { encodeEndTransactionMarker } from '@ottla/records'
import { append, batchOf, openLog, simulatedWorld } from './world.ts'

// What the simulation of logs (tests/simulation/storage) found, each as small as can be.

const topicId = 'oTtLaoTtLaoTtLaoTtLaoQ'
const storageFailed = { code: 'KAFKA_STORAGE_ERROR' }

async function start(sim: Simulation, directories: string[] = ['/data']): Promise<LogManager> {
  const { clock, disk, random } = sim.node('a')
  return await LogManager.open({
    clock,
    disk,
    random,
    logger: silentLogger,
    directories,
    nodeId: 1,
    clusterId: topicId,
    producerIdExpirationMs: Infinity,
  })
}

async function orders(
  logs: LogManager,
  config: Partial<LogConfig> = {},
  isNew: boolean = true,
): Promise<Log> {
  const log = await logs.getOrCreate({
    topic: 'orders',
    partition: 0,
    topicId,
    isNew,
    config: {
      ...defaultLogConfig,
      messageTimestampAfterMaxMs: Infinity,
      retentionMs: -1,
      fileDeleteDelayMs: 0,
      ...config,
    },
  })
  log.highWatermark = log.logEndOffset
  return log
}

function timed(timestamp: number): Buffer {
  return batchOf([{ timestamp }])
}

/** Two lives of each seed's world, with a power cut between them. */
async function acrossPowerCuts(
  loses: CrashLoss,
  before: (sim: Simulation) => Promise<void>,
  after: (sim: Simulation) => Promise<void>,
): Promise<void> {
  for (let seed = 1; seed <= 40; seed++) {
    const sim = simulation({ seed })
    await sim.run(() => before(sim))
    sim.crash('a', loses)
    await sim.run(() => after(sim))
  }
}

test('the indexes that a clean stop completes are durable before it counts as clean', async () => {
  await acrossPowerCuts(
    'sectors',
    async (sim) => {
      const logs = await start(sim)
      const log = await orders(logs)
      append(log, timed(1_000))
      append(log, timed(2_000))
      await log.flush()
      await logs.close()
    },
    async (sim) => {
      const log = await orders(await start(sim))
      assert.equal((await log.findByTimestamp(2_000))?.offset, 1)
    },
  )
})

test('a segment that was sealed after its last batch was durable is found by time after a power cut', async () => {
  await acrossPowerCuts(
    'sectors',
    async (sim) => {
      const logs = await start(sim)
      const log = await orders(logs, { indexIntervalBytes: 100 })
      for (const timestamp of [1_000, 2_000, 3_000, 4_000]) append(log, timed(timestamp))
      await log.flush()
      await logs.checkpoint()
      log.roll()
    },
    async (sim) => {
      const log = await orders(await start(sim), { indexIntervalBytes: 100 })
      for (const offset of [0, 1, 2, 3]) {
        const found = await log.findByTimestamp((offset + 1) * 1_000)
        assert.equal(found?.offset, offset)
      }
    },
  )
})

test('what was sealed by a process that was killed is durable before recovery passes it by', async () => {
  const config = { indexIntervalBytes: 100 }
  for (let seed = 1; seed <= 20; seed++) {
    const sim = simulation({ seed })
    await sim.run(async () => {
      const logs = await start(sim)
      const log = await orders(logs, config)
      append(log, timed(1_000))
      append(log, timed(2_000))
      await log.flush()
      await logs.checkpoint()
      log.roll()
    })
    sim.kill('a')
    await sim.run(async () => {
      const logs = await start(sim)
      const log = await orders(logs, config)
      append(log, timed(3_000))
      await log.flush()
      await logs.checkpoint()
      // Recovery begins behind the first segment's end.
      log.roll()
      append(log, timed(4_000))
      await log.flush()
      await logs.checkpoint()
    })
    sim.crash('a', 'sectors')
    await sim.run(async () => {
      const log = await orders(await start(sim), config)
      assert.equal((await log.findByTimestamp(2_000))?.offset, 1, `seed ${seed}`)
    })
  }
})

test('an index that was rebuilt by a process that was killed is not lost to a later power cut', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const sim = simulation({ seed })
    const { disk } = sim.node('a')
    await sim.run(async () => {
      const logs = await start(sim)
      const log = await orders(logs)
      const producer = { producerId: 5, producerEpoch: 0 }
      append(log, batchOf(['a'], { ...producer, baseSequence: 0, isTransactional: true }))
      const marker = { type: 'ABORT', coordinatorEpoch: 0 } as const
      const bytes = encodeEndTransactionMarker(marker, producer, { timestamp: 1_000 })
      log.appendAsLeader(bytes, { leaderEpoch: 0, origin: 'coordinator' })
      append(log, timed(2_000))
      log.roll()
      append(log, timed(3_000))
      log.roll()
      append(log, timed(4_000))
      await logs.close()
      await disk.remove('/data/orders-0/00000000000000000000.timeindex')
      const txnIndex = disk.open('/data/orders-0/00000000000000000000.txnindex', 'write')
      txnIndex.write([Buffer.alloc(34)], 0)
      txnIndex.close()
    })
    sim.kill('a')
    await sim.run(async () => void (await orders(await start(sim))))
    sim.kill('a')
    await sim.run(async () => await (await orders(await start(sim))).flush())
    sim.crash('a', 'sectors')
    await sim.run(async () => {
      const log = await orders(await start(sim))
      assert.equal((await log.findByTimestamp(2_000))?.offset, 2, `seed ${seed}`)
      assert.equal((await log.abortedTransactions(0, 2)).length, 1, `seed ${seed}`)
    })
  }
})

test('a deleted segment that a power cut brings back has its aborted transactions', async () => {
  let brought = 0
  for (const loses of ['sectors', 'some', 'all'] as const) {
    await acrossPowerCuts(
      loses,
      async (sim) => {
        const logs = await start(sim)
        const log = await orders(logs)
        const producer = { producerId: 5, producerEpoch: 0 }
        append(log, batchOf(['a'], { ...producer, baseSequence: 0, isTransactional: true }))
        const marker = { type: 'ABORT', coordinatorEpoch: 0 } as const
        const bytes = encodeEndTransactionMarker(marker, producer, { timestamp: 1_000 })
        log.appendAsLeader(bytes, { leaderEpoch: 0, origin: 'coordinator' })
        log.roll()
        append(log, timed(2_000))
        await log.flush()
        await logs.checkpoint()
        log.highWatermark = log.logEndOffset
        log.updateConfig({ ...log.config, retentionBytes: 1 })
        log.deleteOldSegments()
        await sim.node('a').clock.sleep(sim.random.int(20))
      },
      async (sim) => {
        const log = await orders(await start(sim))
        if (log.logStartOffset > 0) return
        brought++
        assert.equal((await log.abortedTransactions(0, 2)).length, 1)
      },
    )
  }
  assert.ok(brought > 0)
})

test('a sync that ends well beside one that failed makes nothing durable', async () => {
  const sim = simulation()
  const medium = sim.medium('a')
  medium.forgetsAfterFailedSync = true
  medium.delayMs = [1, 1]
  await sim.run(async () => {
    const log = await orders(await start(sim), { flushMessages: 1 })
    const first = log.appendAsLeader(timed(1_000), { leaderEpoch: 0, origin: 'client' })
    await first.durable
    medium.stall = () => 100
    const { durable } = log.appendAsLeader(timed(2_000), { leaderEpoch: 0, origin: 'client' })
    const refused = assert.rejects(durable!, storageFailed)
    await sim.node('a').clock.sleep(0.5)
    medium.stall = null
    medium.fault = (operation, path) =>
      operation === 'sync' && path.endsWith('.log') ? 'DISK_FAILED' : null
    await assert.rejects(log.flush(), storageFailed)
    await refused
  })
})

test('a flush of a log that was given up says that it made nothing durable', async () => {
  const world = simulatedWorld()
  await world.run(async () => {
    const log = await openLog(world)
    append(log, timed(1_000))
    await log.discard()
    await assert.rejects(log.flush(), storageFailed)
  })
})

test('where DeleteRecords moved the start it stays, though a power cut brings segments back', async () => {
  await acrossPowerCuts(
    'all',
    async (sim) => {
      const logs = await start(sim)
      const log = await orders(logs)
      append(log, timed(1_000))
      log.roll()
      append(log, timed(2_000))
      await log.flush()
      log.highWatermark = log.logEndOffset
      log.deleteRecordsBefore(1)
      await logs.checkpointLogStartOffsets()
      log.deleteOldSegments()
      assert.equal(log.firstSegmentOffset, 1)
      await logs.checkpointLogStartOffsets()
    },
    async (sim) => assert.equal((await orders(await start(sim))).logStartOffset, 1),
  )
})

test('where DeleteRecords moved the start it stays, though nothing of the log was durable', async () => {
  await acrossPowerCuts(
    'all',
    async (sim) => {
      const logs = await start(sim)
      const log = await orders(logs)
      append(log, timed(1_000))
      log.highWatermark = 1
      log.deleteRecordsBefore(1)
      await logs.checkpointLogStartOffsets()
    },
    async (sim) => {
      const log = await orders(await start(sim), {}, false)
      assert.deepEqual([log.logStartOffset, log.logEndOffset], [1, 1])
    },
  )
})

test('a log is not begun anew elsewhere while the directory that has it is just failing', async () => {
  const sim = simulation()
  const directories = ['/one', '/two']
  await sim.run(async () => {
    const logs = await start(sim, directories)
    append(await orders(logs), timed(1_000))
    await logs.close()
  })
  sim.kill('a')
  const home = ['/one', '/two'].find((path) => sim.medium('a').find(`${path}/orders-0`) !== null)!
  sim.medium('a').fault = (operation, path) =>
    operation === 'list' && path === home ? 'DISK_FAILED' : null
  await sim.run(async () => {
    const logs = await start(sim, directories)
    await assert.rejects(orders(logs, {}, false), storageFailed)
  })
})

test('a log that is begun anew knows none of the producers of what is lost', async () => {
  const world = simulatedWorld()
  await world.run(async () => {
    const log = await openLog(world)
    append(log, batchOf(['a'], { producerId: 5, producerEpoch: 0, baseSequence: 0 }))
    log.roll()
    append(log, batchOf(['b'], { producerId: 5, producerEpoch: 0, baseSequence: 1 }))
    await log.close()
    const anew = await openLog(world, { logStartOffset: 30 })
    append(anew, batchOf(['c']))
    await anew.truncateTo(30)
    assert.equal(anew.producers.size, 0)
  })
})

test('a snapshot from before the log begins opens no transaction whose marker is deleted', async () => {
  const world = simulatedWorld()
  await world.run(async () => {
    const log = await openLog(world)
    const producer = { producerId: 5, producerEpoch: 0 }
    append(log, batchOf(['a'], { ...producer, baseSequence: 0, isTransactional: true }))
    log.roll()
    const marker = { type: 'COMMIT', coordinatorEpoch: 0 } as const
    log.appendAsLeader(encodeEndTransactionMarker(marker, producer, { timestamp: 1_000 }), {
      leaderEpoch: 0,
      origin: 'coordinator',
    })
    log.roll()
    append(log, batchOf(['b']))
    await log.discard()
    const kept = /^0+2\.log|^0+1\.snapshot/
    for (const { name } of world.disk.list(`${world.root}/orders-0`)) {
      if (!kept.test(name)) await world.disk.remove(`${world.root}/orders-0/${name}`)
    }
    const again = await openLog(world)
    again.highWatermark = again.logEndOffset
    assert.deepEqual([again.logStartOffset, again.lastStableOffset], [2, 3])
  })
})
