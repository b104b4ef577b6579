import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Log } from '../src/log.ts'
import { simulation } from '@ottla/runtime/simulated'
import { append, batchOf, openLog, readAll, simulatedWorld, testOnBoth, worldOn } from './world.ts'
import type { World } from './world.ts'

// Apache Kafka 4.3.1 was seen to do the same: full size at once, cut on roll and close, zeros after a kill.
const config = { preallocate: true, segmentBytes: 10_000 }

function sizeOf(world: World, log: Log, baseOffset: number): number | undefined {
  const name = String(baseOffset).padStart(20, '0')
  return world.disk.stat(`${log.directory}/${name}.log`)?.sizeBytes
}

testOnBoth(
  'a preallocated segment has its full size at once, and is cut on roll and close',
  async (world) => {
    const log = await openLog(world, { config })
    assert.equal(sizeOf(world, log, 0), 10_000)
    assert.equal(log.sizeBytes, 0)
    const batch = batchOf(['value'])
    append(log, Buffer.from(batch))
    assert.equal(sizeOf(world, log, 0), 10_000)
    assert.equal(log.sizeBytes, batch.length)
    assert.equal((await readAll(log, 0)).length, batch.length)
    log.roll()
    assert.equal(sizeOf(world, log, 0), batch.length)
    assert.equal(sizeOf(world, log, 1), 10_000)
    append(log, Buffer.from(batch))
    await log.close()
    assert.equal(sizeOf(world, log, 1), batch.length)

    const again = await openLog(world, { config, isClean: true })
    assert.equal(again.logEndOffset, 2)
    append(again, Buffer.from(batch))
    assert.equal((await readAll(again, 0)).length, 3 * batch.length)
    await again.close()
  },
)

test('preallocate holds from the next segment on', async () => {
  const world = simulatedWorld()
  await world.run(async () => {
    const log = await openLog(world, { config: { segmentBytes: 10_000 } })
    append(log, batchOf(['value']))
    log.updateConfig({ ...log.config, ...config })
    append(log, batchOf(['value']))
    assert.equal(sizeOf(world, log, 0), log.sizeBytes)
    log.roll()
    assert.equal(sizeOf(world, log, 2), 10_000)
    log.updateConfig({ ...log.config, preallocate: false })
    append(log, batchOf(['value']))
    log.roll()
    assert.equal(sizeOf(world, log, 3), 0)
    await log.close()
  })
})

testOnBoth('a preallocated log that was cut goes on where it was cut', async (world) => {
  const log = await openLog(world, { config })
  for (let count = 0; count < 5; count++) append(log, batchOf(['value']))
  await log.truncateTo(2)
  append(log, batchOf(['other']))
  assert.equal(log.logEndOffset, 3)
  assert.equal(sizeOf(world, log, 0), log.sizeBytes)
  await log.truncateFullyAndStartAt(50)
  assert.equal(sizeOf(world, log, 50), 10_000)
  append(log, batchOf(['other']))
  await log.close()
  const again = await openLog(world, { config, isClean: true })
  assert.equal(again.logEndOffset, 51)
  await again.close()
})

test('a preallocated log that was killed, or lost power, is cut behind its last batch', async () => {
  for (let seed = 1; seed <= 40; seed++) {
    const sim = simulation({ seed })
    const world = worldOn(sim)
    const small = { ...config, segmentBytes: 600, flushMessages: 1 }
    let acknowledged = 0
    await sim.run(async () => {
      const log = await openLog(world, { config: small })
      await world.disk.syncDirectory('/')
      for (let count = 0; count < 20; count++) {
        const { durable } = log.appendAsLeader(batchOf([`value-${count}`]), {
          leaderEpoch: 0,
          origin: 'client',
        })
        if (sim.random.int(3) === 0) {
          await durable
          acknowledged = count + 1
        }
      }
    })
    if (seed % 3 === 0) sim.kill('a')
    else sim.crash('a', seed % 3 === 1 ? 'some' : 'all')
    const after = worldOn(sim)
    await sim.run(async () => {
      const log = await openLog(after, { config: small })
      assert.ok(log.logEndOffset >= (seed % 3 === 0 ? 20 : acknowledged), `seed ${seed}`)
      assert.equal((await readAll(log, 0)).length, log.sizeBytes)
      const end = log.logEndOffset
      assert.equal(append(log, batchOf(['after'])), end)
      await log.close()
    })
  }
})

test('a segment that was rolled at the recovery point may have its padding again, and no last time', async () => {
  const world = simulatedWorld()
  await world.run(async () => {
    const log = await openLog(world, { config: { ...config, indexIntervalBytes: 100 } })
    for (const timestamp of [10, 20, 30]) append(log, batchOf([{ timestamp }]))
    const { sizeBytes } = log
    log.roll()
    append(log, batchOf([{ timestamp: 5 }]))
    await log.close()
    // As a power cut leaves it that undoes all after a flush at offset 3.
    const first = world.disk.open(`${log.directory}/00000000000000000000.log`, 'write')
    first.truncate(10_000)
    first.close()
    const times = world.disk.open(`${log.directory}/00000000000000000000.timeindex`, 'write')
    times.truncate(times.sizeBytes() - 12)
    times.close()

    const again = await openLog(world, { config, recoveryPoint: 3 })
    assert.equal(again.logEndOffset, 4)
    assert.equal(sizeOf(world, again, 0), sizeBytes)
    assert.deepEqual(await again.findMaxTimestamp(), { timestamp: 30, offset: 2, leaderEpoch: 0 })
    assert.equal((await again.findByTimestamp(25))?.offset, 2)
    assert.equal((await readAll(again, 0)).length, again.sizeBytes)
    await again.close()
  })
})
