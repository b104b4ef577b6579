import assert from 'node:assert/strict'
import fc from 'fast-check'
import { append, batchOf, openLog, testOnBoth } from './world.ts'

testOnBoth('a time is found as in a search through all records', async (world) => {
  const batches = fc.array(
    fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 4 }),
    { maxLength: 60, size: 'max' },
  )
  let run = 0
  await fc.assert(
    fc.asyncProperty(batches, fc.boolean(), async (timestamps, isReopened) => {
      const directory = `${world.root}/times-${run++}`
      const config = { segmentBytes: 600, indexIntervalBytes: 150 }
      let log = await openLog(world, { directory, config })
      const model: { offset: number; timestamp: number; leaderEpoch: number }[] = []
      for (const [index, times] of timestamps.entries()) {
        const leaderEpoch = Math.floor(index / 10)
        append(log, batchOf(times.map((timestamp) => ({ timestamp }))), leaderEpoch)
        for (const timestamp of times) {
          model.push({ offset: model.length, timestamp, leaderEpoch })
        }
      }
      if (isReopened) {
        await log.close()
        log = await openLog(world, { directory, config, isClean: true })
      }
      for (let time = 0; time <= 101; time += 3) {
        const expected = model.find(({ timestamp }) => timestamp >= time) ?? null
        assert.deepEqual(await log.findByTimestamp(time), expected)
      }
      const newest = Math.max(...model.map(({ timestamp }) => timestamp))
      const expected = model.find(({ timestamp }) => timestamp === newest) ?? null
      assert.deepEqual(await log.findMaxTimestamp(), expected)

      log.highWatermark = log.logEndOffset
      const start = Math.floor(model.length / 2)
      log.deleteRecordsBefore(start)
      assert.deepEqual(
        await log.findByTimestamp(50),
        model.find(({ offset, timestamp }) => offset >= start && timestamp >= 50) ?? null,
      )
      await log.close()
    }),
    { numRuns: 15, seed: 20_251_123 },
  )
})

testOnBoth('records without a timestamp are not found by time', async (world) => {
  const log = await openLog(world)
  append(log, batchOf([{ timestamp: -1 }]))
  assert.equal(await log.findByTimestamp(0), null)
  assert.equal(await log.findMaxTimestamp(), null)
  await log.close()
})
