import assert from 'node:assert/strict'
import { testOnBoth } from '../world.ts'
import { contentOf, openManager, ordersOf, put, settle } from './compaction-world.ts'

testOnBoth('the last value of each key survives, at its offset, and a restart', async (world) => {
  const manager = await openManager(world, {}, undefined, world.root)
  const log = await ordersOf(manager)
  put(log, 'a=1', 'b=1')
  put(log, 'a=2')
  settle(log)
  put(log, 'c=1', 'a=3', 'c=2')
  settle(log)
  put(log, 'b=2')
  const expected = ['1:b=1', '4:a=3', '5:c=2', '6:b=2']
  await manager.cleaner.cleanNow()
  assert.deepEqual(await contentOf(log), expected)
  assert.equal(log.segmentCount, 2)
  assert.equal(log.compaction.cleanedTo, 6)
  await manager.close()

  const again = await openManager(world, {}, undefined, world.root)
  const reopened = await ordersOf(again)
  assert.deepEqual(await contentOf(reopened), expected)
  assert.equal(reopened.logEndOffset, 7)
  assert.equal(reopened.compaction.cleanedTo, 6)
  await again.close()
  assert.deepEqual(
    world.disk
      .list(`${world.root}/orders-0`)
      .map(({ name }) => name)
      .filter((name) => !/\.(log|index|timeindex|snapshot)$/.test(name)),
    ['leader-epoch-checkpoint', 'partition.metadata'],
  )
})

testOnBoth('nothing is compacted that is not dirty enough, and nothing twice', async (world) => {
  const manager = await openManager(world, {}, undefined, world.root)
  const log = await ordersOf(manager, { minCleanableDirtyRatio: 0.5 })
  put(log, 'a=1')
  settle(log)
  put(log, 'a=2')
  await manager.cleaner.cleanNow()
  assert.equal(log.compaction.cleanedTo, 1)
  settle(log)
  // Half of it is dirty, which is not more than half.
  await manager.cleaner.cleanNow()
  assert.deepEqual(await contentOf(log), ['0:a=1', '1:a=2'])
  assert.equal(manager.cleaner.status.maxDirtyPercent, 50)
  put(log, 'b=1')
  settle(log)
  await manager.cleaner.cleanNow()
  assert.deepEqual(await contentOf(log), ['1:a=2', '2:b=1'])
  const [status] = manager.cleaner.status.logs
  assert.equal(status?.cleanings, 2)
  await manager.cleaner.cleanNow()
  assert.equal(manager.cleaner.status.logs[0]?.cleanings, 2)
  await manager.close()
})
