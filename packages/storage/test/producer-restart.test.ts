import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Log } from '../src/log.ts'
import { append, batchOf, openLog, simulatedWorld, testOnBoth } from './world.ts'

/** One record, in its producer's order. */
function send(log: Log, baseSequence: number, producerId: number = 7): number {
  return append(log, batchOf([`${baseSequence}`], { producerId, producerEpoch: 0, baseSequence }))
}

function repeats(log: Log, sequence: number): number | null {
  const { baseOffset, isDuplicate } = log.appendAsLeader(
    batchOf([`${sequence}`], { producerId: 7, producerEpoch: 0, baseSequence: sequence }),
    { leaderEpoch: 0, origin: 'client' },
  )
  return isDuplicate ? baseOffset : null
}

for (const isClean of [true, false]) {
  for (const segmentBytes of [1_000_000, 250]) {
    const how = `${isClean ? 'a clean' : 'an unclean'} stop, in segments of ${segmentBytes} bytes`
    testOnBoth(
      `each of a producer's last five batches is recognised after ${how}`,
      async (world) => {
        const config = { segmentBytes, indexIntervalBytes: 200 }
        const log = await openLog(world, { config })
        const offsets: number[] = []
        for (let sequence = 0; sequence < 12; sequence++) {
          offsets.push(send(log, sequence))
          // Others' batches lie between, of the same and of other kinds of producers.
          send(log, sequence, 8)
          append(log, batchOf(['of nobody']))
        }
        await (isClean ? log.close() : log.discard())

        for (const sequence of [7, 9, 8, 11, 10]) {
          const again = await openLog(world, { config, isClean })
          assert.equal(repeats(again, sequence), offsets[sequence])
          assert.throws(() => repeats(again, 6), { code: 'OUT_OF_ORDER_SEQUENCE_NUMBER' })
          assert.equal(again.logEndOffset, 36)
          await (isClean ? again.close() : again.discard())
        }
        const last = await openLog(world, { config, isClean })
        offsets.push(send(last, 12), send(last, 13))
        assert.equal(repeats(last, 9), offsets[9])
        assert.equal(repeats(last, 13), offsets[13])
        assert.throws(() => repeats(last, 8), { code: 'OUT_OF_ORDER_SEQUENCE_NUMBER' })
        await last.close()
      },
    )
  }
}

test('a repeated batch that is too far back in the log is refused, not stored twice', async () => {
  const world = simulatedWorld()
  await world.run(async () => {
    const log = await openLog(world)
    send(log, 0)
    for (let count = 0; count < 30; count++) append(log, batchOf(['v'.repeat(100_000)]))
    send(log, 1)
    await log.close()
    const again = await openLog(world, { isClean: true })
    assert.equal(repeats(again, 1), 31)
    assert.throws(() => repeats(again, 0), { code: 'OUT_OF_ORDER_SEQUENCE_NUMBER' })
    await again.close()
  })
})

test('a producer is forgotten after producer.id.expiration.ms, restarts or not', async () => {
  const world = simulatedWorld()
  await world.run(async () => {
    const options = { producerIdExpirationMs: 1_000 }
    const timestamp = world.clock.now()
    const at = (producerId: number) =>
      batchOf([{ timestamp }], { producerId, producerEpoch: 0, baseSequence: 0 })
    const log = await openLog(world, options)
    append(log, at(1))
    await world.clock.sleep(999)
    log.expireProducers()
    assert.equal(log.producers.size, 1)
    await log.close()
    const again = await openLog(world, { ...options, isClean: true })
    // Opening took its time.
    const isLate = world.clock.now() - timestamp >= 1_000
    assert.equal(again.producers.size, isLate ? 0 : 1)
    await world.clock.sleep(1)
    again.expireProducers()
    assert.equal(again.producers.size, 0)
    await again.close()
    for (const isClean of [true, false]) {
      const later = await openLog(world, { ...options, isClean })
      assert.equal(later.producers.size, 0)
      await later.close()
    }
  })
})

test('snapshots are kept as Kafka keeps them: one a segment, and one where the log ends', async () => {
  const world = simulatedWorld()
  await world.run(async () => {
    const config = { segmentBytes: 250, retentionMs: 1, fileDeleteDelayMs: 0 }
    const log = await openLog(world, { config })
    const snapshots = (): number[] =>
      world.disk
        .list(log.directory)
        .filter(({ name }) => name.endsWith('.snapshot'))
        .map(({ name }) => Number(name.slice(0, 20)))
    for (let sequence = 0; sequence < 7; sequence++) send(log, sequence)
    assert.deepEqual(snapshots(), [3, 6])
    await log.close()
    assert.deepEqual(snapshots(), [3, 6, 7])
    const again = await openLog(world, { config, isClean: true })
    again.highWatermark = 6
    assert.equal(again.deleteOldSegments(), 2)
    await again.close()
    assert.deepEqual(snapshots(), [6, 7], 'a segment takes its snapshot with it')
    const third = await openLog(world, { config, isClean: true })
    for (let sequence = 7; sequence < 10; sequence++) send(third, sequence)
    await third.close()
    const last = await openLog(world, { config, isClean: true })
    assert.deepEqual(snapshots(), [6, 9, 10], 'the one within a segment is of no use any more')
    await last.close()
  })
})
