import assert from 'node:assert/strict'
import { test } from 'node:test'
import { batchSizeBytes, decodeBatch, timestampType, updateCrc } from '@ottla/records'
import { simulation } from '@ottla/runtime/simulated'
import { append, batchOf, openLog, readAll, testOnBoth, worldOn } from './world.ts'

testOnBoth('a repeated batch is answered with the offset it has', async (world) => {
  const log = await openLog(world)
  const send = (baseSequence: number, count: number) =>
    log.appendAsLeader(
      batchOf(
        Array.from({ length: count }, () => 'value'),
        {
          producerId: 9,
          producerEpoch: 0,
          baseSequence,
        },
      ),
      { leaderEpoch: 0, origin: 'client' },
    )
  send(0, 2)
  send(2, 3)
  const again = send(0, 2)
  assert.deepEqual(
    [again.baseOffset, again.lastOffset, again.isDuplicate, again.logAppendTimeMs],
    [0, 1, true, 1_000],
  )
  assert.equal(log.logEndOffset, 5)
  assert.throws(() => send(7, 1), { code: 'OUT_OF_ORDER_SEQUENCE_NUMBER' })
  assert.equal(log.logEndOffset, 5)
  assert.equal(send(5, 1).baseOffset, 5)
  await log.close()
})

testOnBoth('what is too large or broken is refused and changes nothing', async (world) => {
  const log = await openLog(world, { config: { maxMessageBytes: 200, segmentBytes: 150 } })
  append(log, batchOf(['first']))
  assert.throws(() => append(log, batchOf(['x'.repeat(200)])), { code: 'MESSAGE_TOO_LARGE' })
  assert.throws(() => append(log, batchOf(['x'.repeat(100)])), { code: 'RECORD_LIST_TOO_LARGE' })
  const corrupt = batchOf(['second'])
  corrupt[70]! ^= 1
  assert.throws(() => append(log, corrupt), { code: 'CORRUPT_MESSAGE' })
  assert.throws(() => append(log, Buffer.alloc(0)), { code: 'INVALID_RECORD' })
  assert.throws(() => append(log, batchOf(['a'], { isControl: true })), { code: 'INVALID_RECORD' })
  assert.equal(log.logEndOffset, 1)
  assert.equal(append(log, batchOf(['second'])), 1)
  log.updateConfig({ ...log.config, maxMessageBytes: 1_000, segmentBytes: 1_000 })
  assert.equal(append(log, batchOf(['x'.repeat(200)])), 2)
  await log.close()
})

testOnBoth('append time is the broker’s where the topic says so', async (world) => {
  const log = await openLog(world, { config: { messageTimestampType: 'LogAppendTime' } })
  const before = world.clock.now()
  const result = log.appendAsLeader(batchOf(['a']), { leaderEpoch: 0, origin: 'client' })
  assert.ok(result.logAppendTimeMs >= before && result.logAppendTimeMs <= world.clock.now())
  const stored = await readAll(log, 0)
  assert.equal(timestampType(stored, 0), 'LogAppendTime')
  assert.equal(decodeBatch(stored).records[0]!.timestamp, result.logAppendTimeMs)
  await log.close()
})

testOnBoth('the broker’s own batches are appended together', async (world) => {
  const log = await openLog(world)
  const batches = Buffer.concat([batchOf(['a', 'b']), batchOf(['c'])])
  const result = log.appendAsLeader(batches, { leaderEpoch: 2, origin: 'coordinator' })
  assert.deepEqual([result.baseOffset, result.lastOffset], [0, 2])
  const stored = await readAll(log, 0)
  assert.deepEqual(
    [decodeBatch(stored).lastOffset, decodeBatch(stored, batchSizeBytes(stored, 0)).baseOffset],
    [1, 2],
  )
  assert.throws(() => append(log, Buffer.concat([batchOf(['a']), batchOf(['b'])])), {
    code: 'INVALID_RECORD',
  })
  await log.close()
})

testOnBoth('the caller’s memory may be used again once it is appended', async (world) => {
  const log = await openLog(world)
  const batch = batchOf(['mine'])
  append(log, batch)
  const stored = await readAll(log, 0)
  batch.fill(0)
  assert.deepEqual(await readAll(log, 0), stored)
  await log.close()
})

testOnBoth('timestamps and producer ids of 2^63 - 1 harm nothing', async (world) => {
  const config = { indexIntervalBytes: 0, messageTimestampAfterMaxMs: Infinity }
  const log = await openLog(world, { config })
  const largest = Number(2n ** 63n - 1n)
  for (let index = 0; index < 3; index++) {
    const batch = batchOf(['a'], { producerEpoch: 0, baseSequence: index })
    for (const at of [27, 35, 43]) batch.writeBigInt64BE(2n ** 63n - 1n, at)
    updateCrc(batch, 0)
    append(log, batch)
  }
  assert.equal((await log.findMaxTimestamp())?.offset, 0)
  await log.close()
  for (const isClean of [true, false]) {
    const again = await openLog(world, { config, isClean })
    assert.equal(again.logEndOffset, 3)
    assert.equal([...again.producers.keys()][0]! / largest > 0.99, true)
    await again.close()
  }
})

testOnBoth('a follower keeps offsets and epochs, with gaps', async (world) => {
  const leader = await openLog(world)
  append(leader, batchOf(['a', 'b']), 1)
  append(leader, batchOf(['c']), 3)
  append(leader, batchOf(['d']), 3)
  const bytes = await readAll(leader, 0)
  const first = batchSizeBytes(bytes, 0)
  const second = first + batchSizeBytes(bytes, first)
  await leader.close()

  const follower = await openLog(world, { directory: `${world.root}/copy-0` })
  follower.appendAsFollower(Buffer.from(bytes.subarray(0, first)))
  // Compaction has taken offset 2 away.
  follower.appendAsFollower(Buffer.from(bytes.subarray(second)))
  assert.equal(follower.logEndOffset, 4)
  assert.deepEqual(follower.endOffsetForEpoch(1), { epoch: 1, endOffset: 3 })
  assert.equal(follower.latestEpoch, 3)
  assert.deepEqual(
    await readAll(follower, 0),
    Buffer.concat([bytes.subarray(0, first), bytes.subarray(second)]),
  )
  assert.throws(() => follower.appendAsFollower(Buffer.from(bytes.subarray(0, first))), {
    code: 'OFFSET_OUT_OF_RANGE',
  })
  await follower.close()
})

test('a full disk is told, and nothing half-written is read', async () => {
  const sim = simulation()
  const world = worldOn(sim)
  await sim.run(async () => {
    const log = await openLog(world)
    append(log, batchOf(['a']))
    const bytes = await readAll(log, 0)
    sim.medium('a').fault = (operation) => (operation === 'write' ? 'DISK_FULL' : null)
    assert.throws(() => append(log, batchOf(['b'])), { code: 'KAFKA_STORAGE_ERROR' })
    assert.equal(log.isFailed, true)
    sim.medium('a').fault = null
    // Nobody knows what is on the disk: only recovery may go on with this log.
    assert.throws(() => append(log, batchOf(['c'])), { code: 'KAFKA_STORAGE_ERROR' })
    await log.close()
    const again = await openLog(world)
    assert.equal(again.logEndOffset, 1)
    assert.deepEqual(await readAll(again, 0), bytes)
    assert.equal(append(again, batchOf(['b'])), 1)
    await again.close()
  })
})
