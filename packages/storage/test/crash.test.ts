import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkBatch, decodeBatch } from '@ottla/records'
import { silentLogger } from '@ottla/runtime'
import type { CrashLoss, Simulation } from '@ottla/runtime/simulated'
import { simulation } from '@ottla/runtime/simulated'
import { defaultLogConfig } from '../src/log-config.ts'
import type { LogConfig } from '../src/log-config.ts'
import type { Log } from '../src/log.ts'
import { LogManager } from '../src/log-manager.ts'
import { append, batchOf, readAll, worldOn } from './world.ts'

const topicId = 'QNu9Al2AT8SKGqlhkudOHQ'

async function start(sim: Simulation): Promise<LogManager> {
  const { clock, disk, random } = sim.node('a')
  return await LogManager.open({
    clock,
    disk,
    random,
    logger: silentLogger,
    directories: ['/data'],
    nodeId: 1,
    producerIdExpirationMs: Infinity,
  })
}

function orders(config: Partial<LogConfig>) {
  const settings = { ...defaultLogConfig, messageTimestampAfterMaxMs: Infinity, ...config }
  return { topic: 'orders', partition: 0, topicId, config: settings }
}

/** The values in the log from an offset on, in order; everything about them is checked. */
async function valuesIn(log: Log, from: number = log.logStartOffset): Promise<string[]> {
  const bytes = await readAll(log, from)
  const values: string[] = []
  for (let at = 0; at < bytes.length;) {
    const size = checkBatch(bytes, at, bytes.length)
    for (const { value } of decodeBatch(bytes, at).records) values.push(String(value))
    at += size
  }
  assert.equal(values.length, log.logEndOffset - from)
  return values
}

const losses: readonly [CrashLoss, CrashLoss, CrashLoss] = ['all', 'some', 'none']

for (const loss of losses) {
  test(`with flush.messages=1 what was acknowledged survives a power cut that loses ${loss}`, async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const sim = simulation({ seed })
      const config = { flushMessages: 1, segmentBytes: 1_000, indexIntervalBytes: 200 }
      const acknowledged: string[] = []
      const sent: string[] = []
      await sim.run(async () => {
        const log = await (await start(sim)).getOrCreate(orders(config))
        for (let index = 0; index < 30; index++) {
          const value = `value-${index}`
          sent.push(value)
          const result = log.appendAsLeader(
            batchOf([value], { producerId: 3, producerEpoch: 0, baseSequence: index }),
            { leaderEpoch: index >> 3, origin: 'client' },
          )
          const durable = result.durable?.then(() => acknowledged.push(value))
          if (sim.random.int(3) === 0) await durable
          if (sim.random.int(20) === 0) break
        }
      })
      sim.crash('a', loss)
      await sim.run(async () => {
        const manager = await start(sim)
        const log = await manager.getOrCreate(orders(config))
        const values = await valuesIn(log)
        assert.deepEqual(values, sent.slice(0, values.length), `seed ${seed}`)
        assert.ok(values.length >= acknowledged.length, `seed ${seed}: lost what was acknowledged`)
        assert.equal(log.producers.get(3)?.lastSequence ?? -1, values.length - 1)
        append(log, batchOf(['after']))
        await manager.close()
      })
    }
  })
}

test('what was flushed survives, whatever was rolled, deleted or flushed when the power went', async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const sim = simulation({ seed })
    const { random } = sim
    const config = {
      segmentBytes: 400,
      indexIntervalBytes: 100,
      fileDeleteDelayMs: 1,
      retentionBytes: 3_000,
    }
    let written = 0
    let flushed = 0
    let deleted = 0
    // A crash may bring back some of the segments that were being deleted, but not others.
    const valuesLeft = async (log: Log): Promise<void> => {
      deleted = Math.min(deleted, log.logEndOffset)
      const from = Math.max(deleted, log.logStartOffset)
      const values = await valuesIn(log, from)
      assert.deepEqual(
        values,
        values.map((_, at) => `value-${from + at}`),
        `seed ${seed}`,
      )
    }
    for (let life = 0; life < 4; life++) {
      let isClosed = false
      await sim.run(async () => {
        const manager = await start(sim)
        const log = await manager.getOrCreate(orders(config))
        assert.ok(log.logEndOffset >= flushed, `seed ${seed}, life ${life}`)
        await valuesLeft(log)
        written = log.logEndOffset
        const steps = random.int(60)
        for (let step = 0; step < steps; step++) {
          const chance = random.int(20)
          if (chance < 12) {
            append(log, batchOf([`value-${written}`]), life)
            written++
          } else if (chance < 14) {
            const end = written
            const flushing = log.flush().then(() => (flushed = Math.max(flushed, end)))
            if (random.int(2) === 0) await flushing
          } else if (chance === 14) log.roll()
          else if (chance === 15) {
            log.highWatermark = log.logEndOffset
            log.deleteOldSegments()
            deleted = Math.max(deleted, log.logStartOffset)
          } else if (chance === 16) await manager.checkpoint()
          else await sim.node('a').clock.sleep(random.int(10))
        }
        if (random.int(4) === 0) {
          await manager.close()
          isClosed = true
          flushed = written
        }
      })
      if (random.int(3) === 0) sim.kill('a')
      else sim.crash('a', losses[random.int(3)] ?? 'all')
      // A clean stop is believed: then nothing at all may be missing.
      if (isClosed) flushed = written
    }
    await sim.run(async () => {
      const manager = await start(sim)
      const log = await manager.getOrCreate(orders(config))
      assert.ok(log.logEndOffset >= flushed, `seed ${seed}`)
      await valuesLeft(log)
      await manager.close()
    })
  }
})

test('a killed process loses nothing that it had appended', async () => {
  const sim = simulation()
  await sim.run(async () => {
    const log = await (await start(sim)).getOrCreate(orders({ segmentBytes: 500 }))
    for (let index = 0; index < 50; index++) append(log, batchOf([`value-${index}`]))
  })
  sim.kill('a')
  await sim.run(async () => {
    assert.equal(sim.node('a').disk.stat('/data/.kafka_cleanshutdown'), null)
    const manager = await start(sim)
    const log = await manager.getOrCreate(orders({ segmentBytes: 500 }))
    assert.equal((await valuesIn(log)).length, 50)
    await manager.close()
  })
})

test('what recovery cuts off does not come back when the power goes', async () => {
  for (let seed = 1; seed <= 40; seed++) {
    const sim = simulation({ seed })
    const config = { segmentBytes: 200 }
    await sim.run(async () => {
      const manager = await start(sim)
      const log = await manager.getOrCreate(orders(config))
      append(log, batchOf(['value-0']))
      await log.flush()
      await manager.checkpoint()
      assert.equal(log.recoveryPoint, 1)
    })
    sim.kill('a')
    // As a power cut leaves a file: as long as it was, without some of its pages.
    await sim.run(async () => {
      const file = sim.node('a').disk.open('/data/orders-0/00000000000000000000.log', 'write')
      file.write([Buffer.alloc(300)], file.sizeBytes())
      await file.sync()
      file.close()
    })
    const flushed = ['value-0']
    await sim.run(async () => {
      const log = await (await start(sim)).getOrCreate(orders(config))
      // The log rolls exactly at the recovery point: recovery does not look before it again.
      const value = 'v'.repeat(100)
      append(log, batchOf([value]))
      assert.equal(log.segmentCount, 2)
      if (sim.random.int(2) === 0) return
      await log.flush()
      flushed.push(value)
    })
    sim.crash('a', losses[sim.random.int(3)] ?? 'all')
    await sim.run(async () => {
      const manager = await start(sim)
      const values = await valuesIn(await manager.getOrCreate(orders(config)))
      assert.deepEqual(values.slice(0, flushed.length), flushed, `seed ${seed}`)
      await manager.close()
    })
  }
})

test('a log is not believed to have on the device what a deleted one of its name had', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const sim = simulation({ seed })
    const config = { segmentBytes: 200 }
    await sim.run(async () => {
      const manager = await start(sim)
      const first = await manager.getOrCreate(orders(config))
      for (let index = 0; index < 30; index++) append(first, batchOf([`old-${index}`]))
      await first.flush()
      await manager.checkpoint()
      assert.equal(first.recoveryPoint, 30)
      await manager.delete('orders', 0)
      const second = await manager.getOrCreate(orders({ ...config, segmentBytes: 2_000 }))
      // More than a page, and none of it synced but its name.
      for (let index = 0; index < 20; index++) append(second, batchOf([`value-${index}`]))
      await sim.node('a').disk.syncDirectory('/data/orders-0')
      second.updateConfig({ ...second.config, segmentBytes: 200 })
      for (let index = 20; index < 26; index++) append(second, batchOf([`value-${index}`]))
    })
    sim.crash('a', 'some')
    await sim.run(async () => {
      const manager = await start(sim)
      const values = await valuesIn(await manager.getOrCreate(orders(config)))
      assert.deepEqual(
        values,
        values.map((_, at) => `value-${at}`),
        `seed ${seed}`,
      )
      await manager.close()
    })
  }
})

test('a data directory whose first start was killed does not vanish when the power goes', async () => {
  for (const afterMs of [0, 0.2, 0.5, 1]) {
    const sim = simulation()
    const { clock } = sim.node('world')
    await sim.run(() => Promise.race([start(sim), clock.sleep(afterMs)]))
    sim.kill('a')
    await sim.run(async () => {
      const log = await (await start(sim)).getOrCreate(orders({}))
      append(log, batchOf(['value']))
      await log.flush()
    })
    sim.crash('a', 'all')
    await sim.run(async () => {
      const manager = await start(sim)
      assert.deepEqual(await valuesIn(await manager.getOrCreate(orders({}))), ['value'])
      await manager.close()
    })
  }
})

test('a recovery point that the log no longer reaches is not believed once it has grown again', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const sim = simulation({ seed })
    const config = { segmentBytes: 200 }
    await sim.run(async () => {
      const manager = await start(sim)
      const log = await manager.getOrCreate(orders({}))
      for (let index = 0; index < 30; index++) append(log, batchOf([`value-${index}`]))
      await log.flush()
      await manager.checkpoint()
    })
    sim.kill('a')
    await sim.run(async () => {
      // A device that does not keep what it promised.
      const file = sim.node('a').disk.open('/data/orders-0/00000000000000000000.log', 'write')
      file.truncate(200)
      await file.sync()
      file.close()
      const log = await (await start(sim)).getOrCreate(orders(config))
      assert.equal(log.recoveryPoint, 2)
      for (let index = 2; index < 33; index++) append(log, batchOf([`value-${index}`]))
      await sim.node('a').disk.syncDirectory('/data/orders-0')
    })
    sim.crash('a', 'some')
    await sim.run(async () => {
      const manager = await start(sim)
      const values = await valuesIn(await manager.getOrCreate(orders(config)))
      assert.deepEqual(
        values,
        values.map((_, at) => `value-${at}`),
        `seed ${seed}`,
      )
      await manager.close()
    })
  }
})

test('a flush that was asked for before a cut does not move the recovery point past the cut', async () => {
  const sim = simulation()
  await sim.run(async () => {
    const manager = await start(sim)
    const log = await manager.getOrCreate(orders({}))
    append(log, batchOf(['value-0']))
    const running = log.flush()
    for (let index = 1; index < 5; index++) append(log, batchOf([`value-${index}`]))
    const waiting = log.flush()
    await log.truncateTo(2)
    append(log, batchOf(['other-2']))
    await Promise.all([running, waiting])
    assert.ok(log.recoveryPoint <= 3, `${log.recoveryPoint} is beyond the end`)
    await log.flush()
    assert.equal(log.recoveryPoint, 3)
    await manager.close()
  })
})

test('concurrent appends share a sync', async () => {
  const sim = simulation()
  const world = worldOn(sim)
  await sim.run(async () => {
    const manager = await start(sim)
    const log = await manager.getOrCreate(orders({ flushMessages: 1 }))
    append(log, batchOf(['first']))
    await log.flush()
    let syncs = 0
    sim.medium('a').fault = (operation, path) => {
      if (operation === 'sync' && path.endsWith('.log')) syncs++
      return null
    }
    const send = (value: string) =>
      log.appendAsLeader(batchOf([value]), { leaderEpoch: 0, origin: 'client' }).durable
    const many = Array.from({ length: 50 }, async (_, index) => await send(`value-${index}`))
    await Promise.all(many)
    assert.equal(syncs, 1)
    // While one sync runs, all that come wait together for the next.
    const first = send('a')
    await world.clock.sleep(0.001)
    await Promise.all([first, send('b'), send('c')])
    assert.ok(syncs <= 3)
    sim.medium('a').fault = (operation) => (operation === 'sync' ? 'DISK_FAILED' : null)
    await assert.rejects(send('d')!, { code: 'KAFKA_STORAGE_ERROR' })
    assert.throws(() => send('e'), { code: 'KAFKA_STORAGE_ERROR' })
    sim.medium('a').fault = null
    await manager.close()
    assert.equal(world.disk.stat('/data/.kafka_cleanshutdown'), null)
  })
})

test('flush.ms bounds how long an append stays in memory only', async () => {
  const sim = simulation()
  await sim.run(async () => {
    const { clock } = sim.node('a')
    const manager = await start(sim)
    const log = await manager.getOrCreate(orders({ flushMs: 100 }))
    append(log, batchOf(['a']))
    await clock.sleep(50)
    append(log, batchOf(['b']))
    assert.equal(log.recoveryPoint, 0)
    await clock.sleep(60)
    assert.equal(log.recoveryPoint, 2)
    await manager.close()
  })
})

test('what a killed process knew of producers is durable when its successor has stopped cleanly', async () => {
  for (const loss of losses) {
    const sim = simulation()
    await sim.run(async () => {
      const log = await (await start(sim)).getOrCreate(orders({}))
      append(log, batchOf(['a'], { producerId: 3, producerEpoch: 0, baseSequence: 0 }))
      log.roll()
    })
    sim.kill('a')
    await sim.run(async () => {
      const manager = await start(sim)
      await manager.getOrCreate(orders({}))
      await manager.close()
    })
    sim.crash('a', loss)
    await sim.run(async () => {
      assert.notEqual(sim.node('a').disk.stat('/data/.kafka_cleanshutdown'), null)
      const manager = await start(sim)
      const log = await manager.getOrCreate(orders({}))
      assert.equal(log.producers.get(3)?.lastSequence, 0, `a power cut that loses ${loss}`)
      await manager.close()
    })
  }
})

test('a clean stop with a producer snapshot that cannot be read loses no producer', async () => {
  const sim = simulation()
  const send = (log: Log, baseSequence: number) =>
    append(log, batchOf(['a'], { producerId: 3, producerEpoch: 0, baseSequence }))
  await sim.run(async () => {
    const manager = await start(sim)
    send(await manager.getOrCreate(orders({})), 0)
    await manager.close()
    const file = sim.node('a').disk.open('/data/orders-0/00000000000000000001.snapshot', 'write')
    file.truncate(0)
    file.close()
    const again = await start(sim)
    const log = await again.getOrCreate(orders({}))
    assert.equal(log.producers.get(3)?.lastSequence, 0)
    assert.equal(send(log, 0), 0, 'it is the batch that is there already')
    await again.close()
  })
})

test('a compacted topic too is cut where a power cut made a hole that no compaction can have made', async () => {
  for (let seed = 1; seed <= 40; seed++) {
    const sim = simulation({ seed })
    const config = { segmentBytes: 9_000, cleanupPolicy: ['compact' as const] }
    const values: string[] = []
    await sim.run(async () => {
      const manager = await start(sim)
      const log = await manager.getOrCreate(orders(config))
      const send = (count: number): void => {
        for (; count > 0; count--) {
          const value = `value-${values.length}`.padEnd(2_000)
          values.push(value)
          append(log, batchOf([{ key: Buffer.from(value), value: Buffer.from(value) }]))
        }
      }
      send(6)
      await log.flush()
      await manager.checkpoint()
      // Three segments that nobody has synced, but for their names.
      send(12)
      await sim.node('a').disk.syncDirectory('/data/orders-0')
    })
    sim.crash('a', 'some')
    await sim.run(async () => {
      const log = await (await start(sim)).getOrCreate(orders(config))
      const found = await valuesIn(log)
      assert.ok(found.length >= 6)
      assert.deepEqual(found, values.slice(0, found.length), `seed ${seed}`)
    })
  }
})
