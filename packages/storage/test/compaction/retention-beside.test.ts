import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulation } from '@ottla/runtime/simulated'
import { openManager, ordersOf, put, recordsIn, settle } from './compaction-world.ts'

/** Six segments, of which retention would take the first five. */
const config = {
  cleanupPolicy: ['compact', 'delete'],
  retentionBytes: 100,
  fileDeleteDelayMs: 0,
} as const

test('retention takes nothing while a compacted segment takes its place, and nothing of it comes back', async () => {
  let hasWaited = 0
  for (let seed = 1; seed <= 100; seed++) {
    const sim = simulation({ seed })
    sim.medium('a').delayMs = [5, 10]
    await sim.run(async () => {
      const world = sim.node('a')
      const manager = await openManager(world)
      const log = await ordersOf(manager, config)
      for (const value of [1, 2, 3, 4, 5, 6]) {
        put(log, `a=${value}`, `b=${value}`)
        settle(log)
      }
      await log.flush()
      const cleaning = { isDone: false }
      const done = manager.cleaner.cleanNow().finally(() => (cleaning.isDone = true))
      done.catch(() => {})
      await world.clock.sleep(150 + sim.random.float() * 110)
      while (!cleaning.isDone && log.deleteOldSegments() === 0) {
        hasWaited++
        await world.clock.sleep(0.1)
      }
      await world.clock.sleep(sim.random.float() * 30)
    })
    sim.crash('a', sim.random.int(2) === 0 ? 'later' : 'some')
    await sim.run(async () => {
      const log = await ordersOf(await openManager(sim.node('a')), config)
      const [first] = await recordsIn(log)
      // Either all of the older ones are there, compacted or not, or none is.
      if (first !== undefined) {
        const isWhole = first.offset === log.logStartOffset || log.logStartOffset === 0
        assert.ok(isWhole, `seed ${seed}: from ${log.logStartOffset}, yet ${first.offset} is first`)
      }
    })
  }
  assert.ok(hasWaited > 0, 'retention met a compaction')
})
