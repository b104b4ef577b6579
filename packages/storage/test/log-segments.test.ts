import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulation } from '@ottla/runtime/simulated'
import type { LogConfig } from '../src/log-config.ts'
import type { Log } from '../src/log.ts'
import { append, batchOf, openLog, readAll, testOnBoth, worldOn } from './world.ts'
import type { World } from './world.ts'

function segmentsIn(world: World): string[] {
  return world.disk
    .list(`${world.root}/orders-0`)
    .map(({ name }) => name)
    .filter((name) => name.endsWith('.log'))
    .map((name) => String(Number(name.slice(0, 20))))
}

function appendAt(log: Log, timestamp: number): void {
  append(log, batchOf([{ timestamp }]))
}

testOnBoth('a segment rolls before it outgrows segment.bytes', async (world) => {
  const log = await openLog(world, { config: { segmentBytes: 300 } })
  for (let index = 0; index < 9; index++) append(log, batchOf(['x'.repeat(30)]))
  // A batch has 100 bytes here: three fit.
  assert.deepEqual(segmentsIn(world), ['0', '3', '6'])
  await log.close()
})

testOnBoth(
  'a segment rolls after segment.ms of the records’ time, not of the clock',
  async (world) => {
    const log = await openLog(world, { config: { segmentMs: 1_000 } })
    appendAt(log, 10_000)
    appendAt(log, 11_000)
    assert.deepEqual(segmentsIn(world), ['0'])
    appendAt(log, 11_001)
    assert.deepEqual(segmentsIn(world), ['0', '2'])
    appendAt(log, 5_000)
    assert.deepEqual(segmentsIn(world), ['0', '2'])
    await log.close()
    // The first batch's time is found again in the file.
    const again = await openLog(world, { isClean: true, config: { segmentMs: 1_000 } })
    appendAt(again, 12_002)
    assert.deepEqual(segmentsIn(world), ['0', '2', '4'])
    await again.close()
  },
)

testOnBoth('a segment rolls when an index is full', async (world) => {
  const config = { indexIntervalBytes: 0, segmentIndexBytes: 60 }
  const log = await openLog(world, { config })
  for (let index = 0; index < 12; index++) appendAt(log, index)
  // 60 bytes hold 5 time entries, one of which is kept for the roll.
  assert.deepEqual(segmentsIn(world), ['0', '5', '10'])
  await log.close()
})

testOnBoth('roll jitter takes up to segment.jitter.ms off', async (world) => {
  const log = await openLog(world, { config: { segmentMs: 1_000, segmentJitterMs: 1_000 } })
  for (let time = 0; time < 20_000; time += 10) appendAt(log, time)
  assert.ok(log.segmentCount > 20, `${log.segmentCount} segments`)
  await log.close()
})

/** Five segments of three records, one record a second from 1000 on. */
async function fiveSegments(world: World, config: Partial<LogConfig>): Promise<Log> {
  const log = await openLog(world, { config: { segmentBytes: 225, retentionMs: -1, ...config } })
  for (let index = 0; index < 15; index++) appendAt(log, 1_000 + index * 1_000)
  assert.deepEqual(segmentsIn(world), ['0', '3', '6', '9', '12'])
  log.highWatermark = log.logEndOffset
  return log
}

testOnBoth('retention.bytes removes the oldest segments, not below the limit', async (world) => {
  const log = await fiveSegments(world, {})
  assert.equal(log.deleteOldSegments(), 0)
  const segmentBytes = log.sizeBytes / 5
  log.updateConfig({ ...log.config, retentionBytes: segmentBytes * 3 - 1 })
  assert.equal(log.deleteOldSegments(), 2)
  assert.deepEqual([log.logStartOffset, log.segmentCount], [6, 3])
  assert.throws(() => log.read({ offset: 5, maxBytes: 1, endOffset: 15, minOneBatch: true }), {
    code: 'OFFSET_OUT_OF_RANGE',
  })
  log.updateConfig({ ...log.config, retentionBytes: 0 })
  assert.equal(log.deleteOldSegments(), 3)
  assert.deepEqual([log.logStartOffset, log.logEndOffset, log.sizeBytes], [15, 15, 0])
  appendAt(log, 1)
  assert.equal(log.logEndOffset, 16)
  await log.close()
  assert.deepEqual(segmentsIn(world), ['15'])
  const again = await openLog(world, { isClean: true })
  assert.deepEqual([again.logStartOffset, again.logEndOffset], [15, 16])
  await again.close()
})

testOnBoth('nothing above the high watermark is removed', async (world) => {
  const log = await fiveSegments(world, { retentionBytes: 0 })
  log.highWatermark = 8
  assert.equal(log.deleteOldSegments(), 2)
  assert.equal(log.logStartOffset, 6)
  await log.close()
})

test('retention.ms removes by the records’ time, then deleted files after a while', async () => {
  const sim = simulation()
  const world = worldOn(sim)
  await sim.run(async () => {
    const log = await fiveSegments(world, { fileDeleteDelayMs: 60_000 })
    const now = world.clock.now()
    // Segment 6 has the records of 7000 to 9000.
    log.updateConfig({ ...log.config, retentionMs: now - 9_000 })
    assert.equal(log.deleteOldSegments(), 2)
    assert.equal(log.logStartOffset, 6)
    const deleted = () =>
      world.disk.list(`${world.root}/orders-0`).filter(({ name }) => name.endsWith('.deleted'))
    await world.clock.sleep(59_000)
    assert.ok(deleted().length >= 2)
    await world.clock.sleep(2_000)
    assert.equal(deleted().length, 0)
    await world.clock.sleep(10_000)
    assert.equal(log.deleteOldSegments(), 3)
    assert.deepEqual([log.logStartOffset, log.logEndOffset], [15, 15])
    await log.close()
    assert.equal(deleted().length, 0)
  })
})

testOnBoth('compacted topics keep their segments, but for deleted records', async (world) => {
  const log = await fiveSegments(world, {})
  log.updateConfig({ ...log.config, cleanupPolicy: ['compact'], retentionBytes: 0 })
  assert.equal(log.deleteOldSegments(), 0)
  log.deleteRecordsBefore(7)
  assert.equal(log.deleteOldSegments(), 2)
  assert.deepEqual([log.logStartOffset, log.segmentCount], [7, 3])
  assert.throws(() => log.deleteRecordsBefore(16), { code: 'OFFSET_OUT_OF_RANGE' })
  await log.close()
  const again = await openLog(world, { isClean: true, logStartOffset: 7 })
  assert.equal(again.logStartOffset, 7)
  await again.close()
})

testOnBoth('a log is cut at any offset and goes on from there', async (world) => {
  for (let offset = 0; offset <= 15; offset++) {
    const log = await fiveSegments(world, { indexIntervalBytes: 70 })
    const all = await readAll(log, 0)
    await log.truncateTo(offset)
    assert.equal(log.logEndOffset, offset)
    assert.ok((await readAll(log, 0)).equals(all.subarray(0, (all.length / 15) * offset)))
    appendAt(log, 99_000)
    assert.equal(log.logEndOffset, offset + 1)
    const cut = await readAll(log, 0)
    assert.deepEqual(await log.findByTimestamp(99_000), {
      offset,
      timestamp: 99_000,
      leaderEpoch: 0,
    })
    await log.close()
    for (const isClean of [true, false]) {
      const again = await openLog(world, { isClean, config: { segmentBytes: 225 } })
      assert.equal(again.logEndOffset, offset + 1)
      assert.ok((await readAll(again, 0)).equals(cut))
      await again.close()
    }
    await world.disk.removeTree(`${world.root}/orders-0`)
  }
})

testOnBoth('a log that is cut within a batch ends where the batch began', async (world) => {
  for (const offset of [3, 4, 5]) {
    const log = await openLog(world)
    append(log, batchOf(['a', 'b', 'c']))
    append(log, batchOf(['d', 'e', 'f']))
    log.highWatermark = 6
    await log.truncateTo(offset)
    assert.deepEqual([log.logEndOffset, log.highWatermark], [3, 3])
    assert.equal(append(log, batchOf(['g'])), 3)
    log.roll()
    append(log, batchOf(['h']))
    await log.close()
    // Nothing is missing that recovery would take for a lost end.
    const again = await openLog(world)
    assert.deepEqual([again.logEndOffset, again.segmentCount], [5, 2])
    await again.close()
    await world.disk.removeTree(`${world.root}/orders-0`)
  }
})

testOnBoth('a log begins anew at any offset', async (world) => {
  const log = await fiveSegments(world, {})
  await log.truncateFullyAndStartAt(100)
  assert.deepEqual([log.logStartOffset, log.logEndOffset, log.latestEpoch], [100, 100, -1])
  appendAt(log, 5)
  await log.close()
  const again = await openLog(world, { isClean: true })
  assert.deepEqual([again.logStartOffset, again.logEndOffset], [100, 101])
  await again.close()
})
