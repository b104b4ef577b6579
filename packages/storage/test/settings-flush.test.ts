import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AppendResult } from '../src/append-result.ts'
import type { Log } from '../src/log.ts'
import { simulation } from '@ottla/runtime/simulated'
import type { Simulation } from '@ottla/runtime/simulated'
import { append, batchOf, openLog, worldOn } from './world.ts'
import type { World } from './world.ts'

function send(log: Log, value: string, sequence: number = -1): AppendResult {
  const producer = { producerId: 3, producerEpoch: 0, baseSequence: sequence }
  return log.appendAsLeader(batchOf([value], sequence < 0 ? {} : producer), {
    leaderEpoch: 0,
    origin: 'client',
  })
}

/** Opens a log whose folder is durable, and counts the syncs of `.log` files from then on. */
async function countedLog(
  sim: Simulation,
  config: Parameters<typeof openLog>[1] & object,
): Promise<{ readonly log: Log; readonly world: World; readonly syncs: () => number }> {
  const world = worldOn(sim)
  const log = await openLog(world, config)
  await world.disk.syncDirectory('/')
  await log.flush()
  let syncs = 0
  sim.medium('a').fault = (operation, path) => {
    if (operation === 'sync' && path.endsWith('.log')) syncs++
    return null
  }
  return { log, world, syncs: () => syncs }
}

test('flush.messages: every so many records wait for the device, the others do not', async () => {
  const sim = simulation()
  await sim.run(async () => {
    const { log, syncs } = await countedLog(sim, { config: { flushMessages: 3 } })
    const waits = Array.from({ length: 7 }, (_, index) => send(log, `${index}`).durable !== null)
    assert.deepEqual(waits, [false, false, true, false, false, true, false])
    const { durable } = send(log, 'a').durable === null ? send(log, 'b') : send(log, 'c')
    await durable
    assert.equal(syncs(), 1, 'those of one turn share it')
    log.updateConfig({ ...log.config, flushMessages: 1 })
    await send(log, 'd').durable
    assert.equal(syncs(), 2)
    log.updateConfig({ ...log.config, flushMessages: Infinity })
    assert.equal(send(log, 'e').durable, null)
    await log.close()
  })
})

test('a repeated batch is answered when it is on the device, and shares the sync of the first', async () => {
  for (const loss of ['all', 'some'] as const) {
    const sim = simulation()
    await sim.run(async () => {
      const { log, syncs } = await countedLog(sim, { config: { flushMessages: 1 } })
      const first = send(log, 'a', 0)
      const second = send(log, 'a', 0)
      assert.equal(second.isDuplicate, true)
      assert.ok(second.durable !== null)
      await second.durable
      assert.equal(syncs(), 1)
      await first.durable
      // Again, when all of it is on the device: nothing is synced for it.
      await send(log, 'a', 0).durable
      assert.equal(syncs(), 1)
    })
    sim.crash('a', loss)
    const after = worldOn(sim)
    await sim.run(async () => {
      const log = await openLog(after)
      assert.equal(log.logEndOffset, 1)
      await log.close()
    })
  }
})

test('many producers that wait share syncs: two at most are needed for all that come during one', async () => {
  const sim = simulation()
  sim.medium('a').delayMs = [5, 5]
  await sim.run(async () => {
    const { log, world, syncs } = await countedLog(sim, { config: { flushMessages: 1 } })
    const producers = Array.from({ length: 40 }, async (_, index) => {
      await world.clock.sleep(index / 10)
      await send(log, `${index}`).durable
    })
    await Promise.all(producers)
    assert.equal(syncs(), 2)
    await log.close()
  })
})

test('the recovery point follows under flush.messages too, so that a recovery stays short', async () => {
  const sim = simulation()
  await sim.run(async () => {
    const { log } = await countedLog(sim, { config: { flushMessages: 1 } })
    const records = batchOf(['v'.repeat(1_000_000)])
    for (let count = 0; count < 40; count++) {
      await log.appendAsLeader(Buffer.from(records), { leaderEpoch: 0, origin: 'client' }).durable
    }
    assert.ok(log.recoveryPoint >= 30, `${log.recoveryPoint}`)
    await log.close()
  })
})

test('flush.ms: a power cut takes no more than what came in that time, and while a sync ran', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const sim = simulation({ seed })
    const syncMs = 5
    sim.medium('a').delayMs = [syncMs, syncMs]
    const sentAt: number[] = []
    let cutAt = 0
    await sim.run(async () => {
      const { log, world } = await countedLog(sim, {
        config: { flushMs: 100, segmentBytes: 2_000, indexIntervalBytes: 200 },
      })
      const lifeMs = 300 + sim.random.int(500)
      const begin = world.clock.now()
      while (world.clock.now() - begin < lifeMs) {
        sentAt.push(world.clock.now())
        append(log, batchOf([`${sentAt.length}`]))
        await world.clock.sleep(1 + sim.random.int(15))
      }
      cutAt = world.clock.now()
    })
    sim.crash('a', 'all')
    const after = worldOn(sim)
    await sim.run(async () => {
      const log = await openLog(after)
      // A flush syncs up to two segments, their indexes, epochs, and the folder.
      const promised = sentAt.filter((time) => time < cutAt - 100 - 20 * syncMs).length
      assert.ok(promised > 5)
      assert.ok(log.logEndOffset >= promised, `seed ${seed}: ${log.logEndOffset} of ${promised}`)
      await log.close()
    })
  }
})

test('flush.ms holds at once for what waits already', async () => {
  const sim = simulation()
  await sim.run(async () => {
    const { log, world } = await countedLog(sim, {})
    send(log, 'a')
    await world.clock.sleep(10_000)
    assert.equal(log.recoveryPoint, 0)
    log.updateConfig({ ...log.config, flushMs: 50 })
    await world.clock.sleep(40)
    assert.equal(log.recoveryPoint, 0)
    await world.clock.sleep(20)
    assert.equal(log.recoveryPoint, 1)
    send(log, 'b')
    log.updateConfig({ ...log.config, flushMs: Infinity })
    await world.clock.sleep(10_000)
    assert.equal(log.recoveryPoint, 1)
    await log.close()
  })
})
