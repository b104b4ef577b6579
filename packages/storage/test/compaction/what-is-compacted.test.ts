import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulation } from '@ottla/runtime/simulated'
import { batchSizeBytes, baseOffset, encodeEndTransactionMarker } from '@ottla/records'
import { cleanableOf, isWorthCleaning } from '../../src/compaction/cleanable.ts'
import { segmentGroups } from '../../src/compaction/segment-groups.ts'
import type { Log } from '../../src/log.ts'
import { LogManager } from '../../src/log-manager.ts'
import { append, batchOf, readAll, simulatedWorld, testOnBoth } from '../world.ts'
import type { World } from '../world.ts'
import {
  compacted,
  contentOf,
  openManager,
  ordersOf,
  put,
  recordOf,
  settle,
} from './compaction-world.ts'

function inSimulation(name: string, body: (world: World) => Promise<void>): void {
  test(name, async () => {
    const world = simulatedWorld()
    await world.run(() => body(world))
  })
}

function putAt(log: Log, timestamp: number, ...records: readonly string[]): void {
  append(log, batchOf(records.map((record) => recordOf(record, timestamp))))
}

inSimulation('nothing above the high watermark, and not the active segment', async (world) => {
  const manager = await openManager(world)
  const log = await ordersOf(manager)
  put(log, 'a=1')
  put(log, 'a=2')
  log.roll()
  put(log, 'a=3')
  await manager.cleaner.cleanNow()
  assert.equal(log.compaction.cleanedTo, null)
  log.highWatermark = 1
  await manager.cleaner.cleanNow()
  assert.deepEqual(await contentOf(log), ['0:a=1', '1:a=2', '2:a=3'])
  log.highWatermark = 3
  await manager.cleaner.cleanNow()
  assert.deepEqual(await contentOf(log), ['1:a=2', '2:a=3'])
  await manager.close()
})

inSimulation('nothing after the first open transaction', async (world) => {
  const manager = await openManager(world)
  const log = await ordersOf(manager)
  const producer = { producerId: 7, producerEpoch: 0 }
  put(log, 'a=1', 'a=2')
  settle(log)
  append(log, batchOf([recordOf('b=1')], { ...producer, baseSequence: 0, isTransactional: true }))
  put(log, 'a=3')
  settle(log)
  await manager.cleaner.cleanNow()
  assert.equal(log.compaction.cleanedTo, 2)
  assert.deepEqual(await contentOf(log), ['1:a=2', '2:b=1', '3:a=3'])
  log.appendAsLeader(
    encodeEndTransactionMarker({ type: 'ABORT', coordinatorEpoch: 0 }, producer, { timestamp: 1 }),
    { leaderEpoch: 0, origin: 'coordinator' },
  )
  settle(log)
  await manager.cleaner.cleanNow()
  // What was aborted is gone; the marker waits for its horizon.
  const content = await contentOf(log)
  assert.deepEqual(content.slice(0, 1), ['3:a=3'])
  assert.equal(content.length, 2)
  await manager.close()
})

inSimulation('nothing younger than min.compaction.lag.ms, by its records’ time', async (world) => {
  const manager = await openManager(world)
  const log = await ordersOf(manager, { minCompactionLagMs: 10_000 })
  const now = world.clock.now()
  putAt(log, now - 30_000, 'a=1')
  putAt(log, now - 20_000, 'a=2')
  settle(log)
  putAt(log, now - 9_000, 'a=3')
  settle(log)
  await manager.cleaner.cleanNow()
  assert.deepEqual(await contentOf(log), ['1:a=2', '2:a=3'])
  await world.clock.sleep(1_001)
  await manager.cleaner.cleanNow()
  assert.deepEqual(await contentOf(log), ['2:a=3'])
  await manager.close()
})

inSimulation(
  'max.compaction.lag.ms rolls the active segment, and forces what is overdue',
  async (world) => {
    const manager = await openManager(world)
    const log = await ordersOf(manager, { maxCompactionLagMs: 60_000, minCleanableDirtyRatio: 1 })
    const start = world.clock.now()
    putAt(log, start, 'a=1')
    putAt(log, start, 'a=2')
    putAt(log, start + 60_001, 'a=3')
    assert.equal(log.segmentCount, 2)
    log.highWatermark = 3
    assert.equal(isWorthCleaning(cleanableOf(log.compaction, start + 60_000)), false)
    const overdue = cleanableOf(log.compaction, start + 60_005)
    assert.equal(overdue.delayMs, 5)
    assert.ok(isWorthCleaning(overdue))
    await world.clock.sleep(60_005)
    await manager.cleaner.cleanNow()
    assert.deepEqual(await contentOf(log), ['1:a=2', '2:a=3'])
    assert.ok(manager.cleaner.status.maxCompactionDelayMs === 0)
    await manager.close()
  },
)

inSimulation(
  'a tombstone stays for delete.retention.ms after it was first compacted',
  async (world) => {
    const manager = await openManager(world)
    const log = await ordersOf(manager, { deleteRetentionMs: 5_000 })
    put(log, 'a=1', 'b=1')
    put(log, 'a=')
    settle(log)
    await manager.cleaner.cleanNow()
    assert.deepEqual(await contentOf(log), ['1:b=1', '2:a='])
    await world.clock.sleep(4_900)
    put(log, 'c=1')
    settle(log)
    await manager.cleaner.cleanNow()
    assert.deepEqual(await contentOf(log), ['1:b=1', '2:a=', '3:c=1'])
    await world.clock.sleep(200)
    put(log, 'c=2')
    settle(log)
    await manager.cleaner.cleanNow()
    assert.deepEqual(await contentOf(log), ['1:b=1', '4:c=2'])
    await manager.close()
  },
)

inSimulation(
  'a table of keys that gets full: the log is compacted as far as it got',
  async (world) => {
    // 200 bytes are 7 slots, of which 6 are used.
    const manager = await openManager(world, { dedupeBufferBytes: 200 })
    const log = await ordersOf(manager, { minCleanableDirtyRatio: 0.6 })
    for (let index = 0; index < 5; index++) put(log, `a${index}=1`, `b${index}=1`)
    for (let index = 0; index < 5; index++) put(log, `a${index}=2`, `b${index}=2`)
    settle(log)
    await manager.cleaner.cleanNow()
    assert.equal(log.compaction.cleanedTo, 6)
    assert.equal((await contentOf(log)).length, 20)
    await ordersOf(manager)
    await manager.cleaner.cleanNow()
    assert.equal(log.compaction.cleanedTo, 20)
    const left = await contentOf(log)
    assert.equal(left.length, 10)
    for (const record of left) assert.match(record, /=2$/)
    await manager.close()
  },
)

inSimulation('small segments become one, no larger than a segment may be', async (world) => {
  const manager = await openManager(world)
  const log = await ordersOf(manager, { segmentBytes: 1_000 })
  for (let index = 0; index < 40; index++) put(log, `key-${index % 12}=${'v'.repeat(40)}`)
  settle(log)
  const before = log.segmentCount
  await manager.cleaner.cleanNow()
  put(log, 'key-0=last')
  settle(log)
  await manager.cleaner.cleanNow()
  assert.ok(log.segmentCount <= before / 2, `${log.segmentCount} of ${before}`)
  for (const { sizeBytes } of log.compaction.segments) assert.ok(sizeBytes <= 1_000)
  const groups = segmentGroups(log.compaction.segments, { ...compacted, segmentBytes: 1 }, 40)
  assert.equal(groups.length, log.segmentCount)
  await manager.close()
})

inSimulation('delete and compact: old segments go, the others are compacted', async (world) => {
  const manager = await openManager(world)
  const log = await ordersOf(manager, { cleanupPolicy: ['compact', 'delete'], retentionMs: 10_000 })
  const now = world.clock.now()
  putAt(log, now - 60_000, 'a=1')
  settle(log)
  putAt(log, now, 'b=1')
  putAt(log, now, 'b=2')
  settle(log)
  putAt(log, now, 'c=1')
  await manager.enforceRetention()
  await manager.cleaner.cleanNow()
  assert.deepEqual(await contentOf(log), ['2:b=2', '3:c=1'])
  assert.equal(log.logStartOffset, 1)
  await manager.close()
})

testOnBoth(
  'the dirtiest log comes first, and a log without the policy is left alone',
  async (world) => {
    const lines: string[] = []
    const logger = {
      debug() {},
      info: (message: string, fields?: { readonly log?: unknown }) => {
        if (message === 'a log was compacted') lines.push(String(fields?.log))
      },
      warn() {},
      error: (message: string) => lines.push(message),
      child: () => logger,
    }
    const manager = await openManager(world, {}, logger, world.root)
    const logs = new Map<string, Log>()
    for (const [topic, policy] of [
      ['clean', 'compact'],
      ['dirty', 'compact'],
      ['kept', 'delete'],
    ] as const) {
      const log = await manager.getOrCreate({
        topic,
        partition: 0,
        topicId: 'QNu9Al2AT8SKGqlhkudOHQ',
        config: { ...compacted, cleanupPolicy: [policy], minCleanableDirtyRatio: 0.1 },
      })
      put(log, 'a=1', 'b=1')
      settle(log)
      logs.set(topic, log)
    }
    await manager.cleaner.cleanNow()
    lines.length = 0
    put(logs.get('clean')!, 'a=2')
    for (let index = 0; index < 9; index++) put(logs.get('dirty')!, 'a=2')
    for (const log of logs.values()) settle(log)
    await manager.cleaner.cleanNow()
    assert.deepEqual(lines, ['dirty-0', 'clean-0'])
    assert.deepEqual(await contentOf(logs.get('kept')!), ['0:a=1', '1:b=1'])
    await manager.close()
  },
)

inSimulation('with log.cleaner.enable=false nothing is compacted', async (world) => {
  const manager = await openManager(world, { isEnabled: false, backoffMs: 1 })
  const log = await ordersOf(manager)
  put(log, 'a=1', 'a=2')
  settle(log)
  await world.clock.sleep(100)
  assert.equal(log.compaction.cleanedTo, null)
  assert.equal(manager.cleaner.status.isEnabled, false)
  await manager.close()
})

inSimulation(
  'the cleaner looks again after log.cleaner.backoff.ms, without being asked',
  async (world) => {
    const manager = await openManager(world, { backoffMs: 50 })
    const log = await ordersOf(manager)
    for (const value of ['1', '2', '3']) {
      put(log, `a=${value}`, `a=${value}0`)
      settle(log)
      await world.clock.sleep(200)
      assert.deepEqual(await contentOf(log), [`${Number(value) * 2 - 1}:a=${value}0`])
    }
    await manager.close()
  },
)

inSimulation('a paused log is given up, left alone, and taken up again', async (world) => {
  const manager = await openManager(world, { ioBytesPerSecond: 1_000 })
  const log = await ordersOf(manager)
  for (let index = 0; index < 40; index++) put(log, `a=${index}`)
  settle(log)
  const round = manager.cleaner.cleanNow()
  await world.clock.sleep(20)
  assert.equal(manager.cleaner.status.cleaning, 'orders-0')
  await manager.cleaner.pause('orders', 0)
  assert.equal(manager.cleaner.status.cleaning, null)
  await round
  assert.equal((await contentOf(log)).length, 40)
  await manager.cleaner.cleanNow()
  assert.equal(log.compaction.cleanedTo, null)
  manager.cleaner.resume('orders', 0)
  await manager.cleaner.cleanNow()
  assert.deepEqual(await contentOf(log), ['39:a=39'])
  await manager.close()
})

inSimulation(
  'log.cleaner.io.max.bytes.per.second bounds what is read and written',
  async (world) => {
    const manager = await openManager(world, { ioBytesPerSecond: 10_000 })
    const log = await ordersOf(manager)
    for (let index = 0; index < 100; index++) put(log, `a${index % 50}=${'v'.repeat(100)}`)
    settle(log)
    const { sizeBytes } = log
    const start = world.clock.monotonic()
    await manager.cleaner.cleanNow()
    const seconds = (world.clock.monotonic() - start) / 1_000
    // Read twice; half of it written.
    const paidFor = (seconds * 10_000) / sizeBytes
    assert.ok(paidFor > 2.3 && paidFor < 2.7, `${paidFor} times the size`)
    await manager.close()
  },
)

testOnBoth(
  'a corrupt batch makes its log uncleanable, with a line, and others go on',
  async (world) => {
    const lines: string[] = []
    const logger = {
      debug() {},
      info() {},
      warn() {},
      error: (message: string, fields?: { readonly error?: unknown }) =>
        lines.push(`${message}: ${String(fields?.error)}`),
      child: () => logger,
    }
    const manager = await openManager(world, {}, logger, world.root)
    const log = await ordersOf(manager)
    put(log, 'a=1')
    put(log, 'a=2')
    settle(log)
    await log.flush()
    const other = await manager.getOrCreate({
      topic: 'others',
      partition: 0,
      topicId: 'QNu9Al2AT8SKGqlhkudOHQ',
      config: compacted,
    })
    put(other, 'a=1', 'a=2')
    settle(other)
    const file = world.disk.open(`${world.root}/orders-0/00000000000000000000.log`, 'write')
    file.write([Buffer.from('x')], 65)
    file.close()
    await manager.cleaner.cleanNow()
    await manager.cleaner.cleanNow()
    assert.equal(lines.length, 1)
    assert.match(
      lines[0]!,
      /cannot be compacted.*00000000000000000000.log has no sound record batch at byte 0/,
    )
    const reasons = manager.cleaner.status.logs.map(
      ({ uncleanableReason }) => uncleanableReason !== null,
    )
    assert.deepEqual(reasons, [true, false])
    assert.deepEqual(await contentOf(other), ['1:a=2'])
    const names = world.disk.list(`${world.root}/orders-0`).map(({ name }) => name)
    assert.ok(!names.some((name) => name.endsWith('.cleaned')))
    put(log, 'b=1')
    await manager.close()
  },
)

testOnBoth('a batch larger than the I/O buffer is compacted too', async (world) => {
  const manager = await openManager(world, { ioBufferBytes: 1_024 }, undefined, world.root)
  const log = await ordersOf(manager)
  put(log, `a=${'1'.repeat(50_000)}`, 'b=1')
  put(log, `a=${'2'.repeat(70_000)}`)
  put(log, 'c=1')
  settle(log)
  await manager.cleaner.cleanNow()
  assert.deepEqual(
    (await contentOf(log)).map((record) => record.slice(0, 5)),
    ['1:b=1', '2:a=2', '3:c=1'],
  )
  await manager.close()
})

testOnBoth('reads, and look-ups by time, find what is left', async (world) => {
  const manager = await openManager(world, {}, undefined, world.root)
  const log = await ordersOf(manager, { segmentBytes: 2_000 })
  for (let index = 0; index < 200; index++) {
    putAt(log, 10_000 + index, `key-${index % 40}=${index}`)
  }
  settle(log)
  // A reader that knows where to go on.
  const slice = await log.read({ offset: 0, maxBytes: 500, endOffset: Infinity, minOneBatch: true })
  await manager.cleaner.cleanNow()
  const rest = await readAll(log, slice.nextOffset, 300)
  const offsets: number[] = []
  for (let at = 0; at < rest.length; at += batchSizeBytes(rest, at))
    offsets.push(baseOffset(rest, at))
  assert.deepEqual(
    offsets,
    Array.from({ length: 40 }, (_, index) => 160 + index),
  )
  assert.equal((await log.findByTimestamp(10_000))?.offset, 160)
  assert.equal((await log.findByTimestamp(10_170))?.offset, 170)
  assert.equal(await log.findByTimestamp(10_200), null)
  assert.equal((await log.findMaxTimestamp())?.offset, 199)
  slice.release()
  await manager.close()
})

testOnBoth('the newest record is found where a later batch was emptied', async (world) => {
  const manager = await openManager(world, {}, undefined, world.root)
  const log = await ordersOf(manager)
  const producer = { producerId: 3, producerEpoch: 0 }
  putAt(log, 5_000, 'a=1')
  append(log, batchOf([recordOf('b=1', 9_000)], { ...producer, baseSequence: 0 }))
  settle(log)
  putAt(log, 6_000, 'b=2')
  settle(log)
  await manager.cleaner.cleanNow()
  assert.deepEqual(await contentOf(log), ['0:a=1', '2:b=2'])
  assert.equal((await log.findMaxTimestamp())?.offset, 2)
  // Its batch stays, without records: its producer goes on.
  append(log, batchOf([recordOf('b=3', 9_500)], { ...producer, baseSequence: 1 }))
  await manager.close()
  const again = await openManager(world, {}, undefined, world.root)
  assert.equal((await ordersOf(again)).producers.get(3)?.lastSequence, 1)
  await again.close()
})

testOnBoth('a log that was compacted keeps its gaps when its policy is delete', async (world) => {
  const manager = await openManager(world, {}, undefined, world.root)
  const log = await ordersOf(manager, { segmentBytes: 300 })
  for (let index = 0; index < 30; index++) put(log, `key-${index % 3}=${index}`)
  settle(log)
  await manager.cleaner.cleanNow()
  put(log, 'new=1')
  const expected = await contentOf(log)
  await manager.checkpoint()
  // The process dies; the settings change; even the recovery points are lost.
  const { disk, root } = world
  await disk.remove(`${root}/recovery-point-offset-checkpoint`)
  disk.makeDirectory(`${root}/second`)
  disk.makeDirectory(`${root}/second/orders-0`)
  for (const { name } of disk.list(`${root}/orders-0`)) {
    disk.replaceFile(`${root}/second/orders-0/${name}`, disk.readFile(`${root}/orders-0/${name}`))
  }
  disk.replaceFile(
    `${root}/second/cleaner-offset-checkpoint`,
    disk.readFile(`${root}/cleaner-offset-checkpoint`),
  )
  const again = await openManager(world, {}, undefined, `${root}/second`)
  const reopened = await ordersOf(again, { cleanupPolicy: ['delete'], retentionMs: -1 })
  assert.deepEqual(await contentOf(reopened), expected)
  await again.close()
  await manager.close()
})

test('a disk that fails while a log is compacted takes its directory offline; others go on', async () => {
  const sim = simulation({ seed: 3 })
  await sim.run(async () => {
    const { clock, disk, random } = sim.node('a')
    const errors: string[] = []
    const logger = {
      debug() {},
      info() {},
      warn() {},
      error: (message: string) => errors.push(message),
      child: () => logger,
    }
    const offline: string[] = []
    const manager = await LogManager.open({
      clock,
      disk,
      random,
      logger,
      directories: ['/first', '/second'],
      nodeId: 1,
      cleaner: { backoffMs: 1e9 },
      onDirectoryFailure: ({ directory }) => offline.push(directory),
    })
    const logs: Log[] = []
    for (const topic of ['one', 'two']) {
      const topicId = 'QNu9Al2AT8SKGqlhkudOHQ'
      const log = await manager.getOrCreate({ topic, partition: 0, topicId, config: compacted })
      put(log, 'a=1', 'a=2')
      settle(log)
      await log.flush()
      logs.push(log)
    }
    const failing = logs[0]!.directory
    sim.medium('a').fault = (operation, path) =>
      operation === 'read' && path.startsWith(failing) ? 'DISK_FAILED' : null
    await manager.cleaner.cleanNow()
    await manager.cleaner.cleanNow()
    sim.medium('a').fault = null
    assert.deepEqual(offline, [failing.slice(0, failing.lastIndexOf('/'))])
    assert.equal(errors.length, 1, errors.join())
    assert.ok(manager.cleaner.status.isAlive)
    assert.deepEqual(await contentOf(logs[1]!), ['1:a=2'])
    await manager.close()
  })
})

test('a transaction whose marker was compacted away is not open again after a crash', async () => {
  const sim = simulation({ seed: 4 })
  await sim.run(async () => {
    const manager = await openManager(sim.node('a'))
    const log = await ordersOf(manager, { deleteRetentionMs: 0 })
    const producer = { producerId: 7, producerEpoch: 0 }
    const transactional = { ...producer, baseSequence: 0, isTransactional: true }
    append(log, batchOf([recordOf('a=1')], transactional))
    // The snapshot that is taken here has the transaction as open.
    log.roll()
    const place = { timestamp: 1_000 }
    log.appendAsLeader(
      encodeEndTransactionMarker({ type: 'COMMIT', coordinatorEpoch: 0 }, producer, place),
      { leaderEpoch: 0, origin: 'coordinator' },
    )
    put(log, 'b=1')
    settle(log)
    log.deleteRecordsBefore(1)
    await manager.enforceRetention()
    for (const value of ['2', '3', '4']) {
      await manager.cleaner.cleanNow()
      put(log, `b=${value}`)
      settle(log)
    }
    assert.deepEqual(await contentOf(log), ['4:b=3', '5:b=4'].slice(-2))
  })
  sim.crash('a', 'all')
  await sim.run(async () => {
    const manager = await openManager(sim.node('a'))
    const log = await ordersOf(manager)
    log.highWatermark = log.logEndOffset
    assert.equal(log.lastStableOffset, log.logEndOffset)
    await manager.close()
  })
})

test('what was deleted before the log start does not come back without its tombstone', async () => {
  const sim = simulation({ seed: 5 })
  await sim.run(async () => {
    const manager = await openManager(sim.node('a'))
    const log = await ordersOf(manager, { deleteRetentionMs: 0 })
    put(log, 'a=1', 'a=')
    put(log, 'b=1')
    settle(log)
    log.deleteRecordsBefore(2)
    for (const value of ['2', '3', '4']) {
      await manager.cleaner.cleanNow()
      put(log, `b=${value}`)
      settle(log)
    }
  })
  sim.crash('a', 'all')
  await sim.run(async () => {
    const manager = await openManager(sim.node('a'))
    const log = await ordersOf(manager)
    assert.ok(log.logEndOffset >= 4)
    const content = await contentOf(log)
    assert.ok(!content.includes('0:a=1') || content.includes('1:a='), content.join())
    assert.equal(log.logStartOffset, 2)
    await manager.close()
  })
})
