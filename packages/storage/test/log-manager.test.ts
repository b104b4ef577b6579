import assert from 'node:assert/strict'
import { silentLogger } from '@ottla/runtime'
import { DataDirectoryError } from '../src/data-directory-error.ts'
import { defaultLogConfig } from '../src/log-config.ts'
import type { LogManagerOptions } from '../src/log-manager-options.ts'
import { LogManager } from '../src/log-manager.ts'
import { append, batchOf, readAll, testOnBoth } from './world.ts'
import type { World } from './world.ts'

const topicId = 'QNu9Al2AT8SKGqlhkudOHQ'
const config = { ...defaultLogConfig, messageTimestampAfterMaxMs: Infinity }

async function openManager(
  world: World,
  options: Partial<LogManagerOptions> = {},
): Promise<LogManager> {
  return await LogManager.open({
    disk: world.disk,
    clock: world.clock,
    random: world.random,
    logger: silentLogger,
    directories: [world.root],
    nodeId: 1,
    ...options,
  })
}

function orders(partition: number) {
  return { topic: 'orders', partition, topicId, config }
}

testOnBoth('logs, high watermarks and identity survive a clean stop', async (world) => {
  const manager = await openManager(world)
  assert.equal(manager.previousBrokerEpoch, -1)
  const log = await manager.getOrCreate(orders(0))
  for (let index = 0; index < 10; index++) append(log, batchOf([`value-${index}`]))
  log.highWatermark = 7
  const bytes = await readAll(log, 0)
  manager.brokerEpoch = 12
  await manager.close()
  assert.equal(
    world.disk.readFile(`${world.root}/.kafka_cleanshutdown`).toString(),
    '{"version":0,"brokerEpoch":12}',
  )

  const again = await openManager(world)
  assert.equal(again.clusterId, manager.clusterId)
  assert.deepEqual(again.directoryIds, manager.directoryIds)
  assert.equal(again.previousBrokerEpoch, 12)
  assert.deepEqual(
    again.unclaimed().map(({ topic }) => topic),
    ['orders'],
  )
  const reopened = await again.getOrCreate(orders(0))
  assert.equal(reopened.logEndOffset, 10)
  assert.equal(reopened.recoveryPoint, 10)
  assert.equal(reopened.highWatermark, 7)
  assert.deepEqual(await readAll(reopened, 0), bytes)
  assert.deepEqual(again.unclaimed(), [])
  await again.close()
})

testOnBoth('a directory of another broker or cluster is refused', async (world) => {
  const manager = await openManager(world)
  await manager.close()
  await assert.rejects(openManager(world, { nodeId: 2 }), (error: Error) => {
    assert.ok(error instanceof DataDirectoryError)
    assert.match(error.message, /of node\.id 1, but this broker's is 2/)
    return true
  })
  await assert.rejects(
    openManager(world, { clusterId: 'AO_p5oA3RGWrJTf6oByq5w' }),
    /is of cluster .* but this broker's is AO_p5oA3RGWrJTf6oByq5w/,
  )
  await (await openManager(world, { clusterId: manager.clusterId })).close()
})

testOnBoth('a second broker is refused while the first one runs', async (world) => {
  const manager = await openManager(world)
  await assert.rejects(openManager(world), DataDirectoryError)
  await manager.close()
  await (await openManager(world)).close()
})

testOnBoth('a deleted log is gone from the next moment on, its files later', async (world) => {
  const manager = await openManager(world)
  const log = await manager.getOrCreate(orders(0))
  append(log, batchOf(['old']))
  await manager.delete('orders', 0)
  assert.equal(manager.get('orders', 0), undefined)
  const names = world.disk.list(world.root).map(({ name }) => name)
  assert.equal(names.filter((name) => /^orders-0\.[0-9a-f]{32}-delete$/.test(name)).length, 1)
  assert.throws(() => append(log, batchOf(['late'])), { code: 'KAFKA_STORAGE_ERROR' })

  const made = await manager.getOrCreate(orders(0))
  assert.equal(made.logEndOffset, 0)
  append(made, batchOf(['new']))
  await manager.close()

  const again = await openManager(world)
  assert.equal((await again.getOrCreate(orders(0))).logEndOffset, 1)
  await again.close()
  assert.equal(
    world.disk.list(world.root).some(({ name }) => name.endsWith('-delete')),
    false,
  )
})

testOnBoth('a folder of another topic with the same name is not taken for it', async (world) => {
  const manager = await openManager(world)
  await manager.getOrCreate(orders(0))
  const other = { ...orders(0), topicId: 'cSgmd4q3K0YW7ZCABrRvng' }
  await assert.rejects(manager.getOrCreate(other), { code: 'INCONSISTENT_TOPIC_ID' })
  await manager.setAside('orders', 0)
  assert.equal((await manager.getOrCreate(other)).logEndOffset, 0)
  await manager.close()
})

testOnBoth('log start offsets are on disk once that was asked for', async (world) => {
  const manager = await openManager(world)
  const log = await manager.getOrCreate(orders(0))
  for (let index = 0; index < 10; index++) append(log, batchOf([`value-${index}`]))
  log.highWatermark = 10
  log.deleteRecordsBefore(4)
  await manager.checkpointLogStartOffsets()
  const checkpoint = `${world.root}/log-start-offset-checkpoint`
  assert.equal(world.disk.readFile(checkpoint).toString(), '0\n1\norders 0 4\n')
  await manager.close()
})

testOnBoth('a log that is made anew does not start where the deleted one did', async (world) => {
  const checkpoint = `${world.root}/log-start-offset-checkpoint`
  const manager = await openManager(world)
  const log = await manager.getOrCreate(orders(0))
  for (let index = 0; index < 10; index++) append(log, batchOf([`value-${index}`]))
  log.highWatermark = 10
  log.deleteRecordsBefore(4)
  await manager.checkpointLogStartOffsets()
  await manager.delete('orders', 0)
  await manager.getOrCreate(orders(0))
  assert.equal(world.disk.readFile(checkpoint).toString(), '0\n0\n')
  await manager.close()
})
