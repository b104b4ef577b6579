import assert from 'node:assert/strict'
import { decodeBatch } from '@ottla/records'
import { silentLogger } from '@ottla/runtime'
import { defaultLogConfig } from '../src/log-config.ts'
import type { LogManagerOptions } from '../src/log-manager-options.ts'
import { LogManager } from '../src/log-manager.ts'
import type { Log } from '../src/log.ts'
import { append, batchOf, readAll, testOnBoth } from './world.ts'
import type { World } from './world.ts'

const topicId = 'QNu9Al2AT8SKGqlhkudOHQ'
const config = {
  ...defaultLogConfig,
  messageTimestampAfterMaxMs: Infinity,
  fileDeleteDelayMs: 0,
  segmentBytes: 2_000,
  indexIntervalBytes: 100,
}

function openManager(world: World, options: Partial<LogManagerOptions> = {}): Promise<LogManager> {
  return LogManager.open({
    disk: world.disk,
    clock: world.clock,
    random: world.random,
    logger: silentLogger,
    directories: [`${world.root}/a`, `${world.root}/b`],
    nodeId: 1,
    producerIdExpirationMs: Infinity,
    ...options,
  })
}

const orders = { topic: 'orders', partition: 0, topicId, config }

/** The log that takes the place of the one there is. */
function moved(manager: LogManager): Promise<Log> {
  return new Promise((resolve) => {
    const end = manager.moves.subscribe((log) => {
      end()
      resolve(log)
    })
  })
}

function names(world: World, directory: string): string[] {
  return world.disk
    .list(`${world.root}/${directory}`)
    .filter(({ isDirectory }) => isDirectory)
    .map(({ name }) => name.replace(/\.[0-9a-f]{32}/, ''))
}

async function gone(world: World, directory: string, name: string): Promise<void> {
  while (names(world, directory).includes(name)) await world.clock.sleep(1)
}

testOnBoth('a log moves with all that it is, and goes on there', async (world) => {
  const manager = await openManager(world)
  const log = await manager.getOrCreate(orders)
  for (let index = 0; index < 50; index++) {
    const producer = {
      producerId: index % 3,
      producerEpoch: 0,
      baseSequence: Math.floor(index / 3),
    }
    append(log, batchOf([`value-${index}`], producer), Math.floor(index / 20))
  }
  log.highWatermark = 45
  log.deleteRecordsBefore(7)
  const from7 = await readAll(log, 7)
  const producers = JSON.stringify([...log.producers.values()])
  const next = moved(manager)
  await manager.moveTo('orders', 0, `${world.root}/b`)
  assert.deepEqual(manager.directories[1]?.logs[0]?.isFuture, true)
  const copy = await next
  assert.notEqual(copy, log)
  assert.equal(manager.get('orders', 0), copy)
  assert.equal(copy.directory, `${world.root}/b/orders-0`)
  assert.deepEqual(
    [copy.logStartOffset, copy.highWatermark, copy.logEndOffset, copy.latestEpoch],
    [7, 45, 50, 2],
  )
  assert.deepEqual(await readAll(copy, 7), from7)
  assert.equal(JSON.stringify([...copy.producers.values()]), producers)
  assert.deepEqual(copy.endOffsetForEpoch(0), { epoch: 0, endOffset: 20 })
  append(copy, batchOf(['after']), 2)
  await gone(world, 'a', 'orders-0')
  await gone(world, 'a', 'orders-0-delete')
  assert.deepEqual(names(world, 'b'), ['orders-0'])
  const bytes = await readAll(copy, 7)
  await manager.close()

  const again = await openManager(world)
  const reopened = await again.getOrCreate(orders)
  assert.equal(again.directoryOf('orders', 0), again.directoryIds[1])
  assert.equal(reopened.logStartOffset, 7)
  assert.equal(reopened.highWatermark, 45)
  assert.deepEqual(await readAll(reopened, 7), bytes)
  await again.close()
})

testOnBoth(
  'appends go on while a log moves, and not one is lost or changes place',
  async (world) => {
    const manager = await openManager(world)
    let log = await manager.getOrCreate({ ...orders, config: { ...config, flushMessages: 1 } })
    manager.moves.subscribe((copy) => (log = copy))
    const durable: Promise<void>[] = []
    const values: string[] = []
    const post = (): void => {
      const value = `value-${values.length}`
      const batch = batchOf([value], {
        producerId: 3,
        producerEpoch: 0,
        baseSequence: values.length,
      })
      const result = log.appendAsLeader(batch, { leaderEpoch: 0, origin: 'client' })
      assert.equal(result.baseOffset, values.length)
      durable.push(result.durable!)
      values.push(value)
    }
    for (const target of ['b', 'a', 'b']) {
      const next = moved(manager)
      await manager.moveTo('orders', 0, `${world.root}/${target}`)
      const arrived = new AbortController()
      void next.then(() => arrived.abort())
      for (let index = 0; index < 200 || !arrived.signal.aborted; index++) {
        post()
        if (index % 7 === 0) await world.clock.sleep(0.1)
      }
      await Promise.all(durable)
      assert.equal(log.directory, `${world.root}/${target}/orders-0`)
    }
    const bytes = await readAll(log, 0)
    const found: string[] = []
    for (let at = 0; at < bytes.length;) {
      const { records } = decodeBatch(bytes, at)
      for (const { value } of records) found.push(String(value))
      at += 12 + bytes.readInt32BE(at + 8)
    }
    assert.deepEqual(found, values)
    await manager.close()
  },
)

testOnBoth(
  'a move is given up by moving back, by deletion, and goes on after a stop',
  async (world) => {
    const manager = await openManager(world)
    const log = await manager.getOrCreate(orders)
    for (let index = 0; index < 50; index++) append(log, batchOf([`value-${index}`]))
    manager.moves.throttle.bytesPerSecond = 1
    const start = async (): Promise<void> => {
      await manager.moveTo('orders', 0, `${world.root}/b`)
      assert.deepEqual(names(world, 'b'), ['orders-0-future'])
    }
    await start()
    await manager.moveTo('orders', 0, `${world.root}/b`) // goes there already
    await manager.moveTo('orders', 0, `${world.root}/a`)
    await gone(world, 'b', 'orders-0-future')
    await gone(world, 'b', 'orders-0-delete')
    assert.equal(manager.get('orders', 0), log)
    assert.deepEqual(manager.directories[1]?.logs, [])

    await start()
    await manager.delete('orders', 0)
    await gone(world, 'b', 'orders-0-future')
    const second = await manager.getOrCreate(orders)
    assert.equal(second.logEndOffset, 0)
    const at = second.directory.at(world.root.length + 1)
    const to = at === 'a' ? 'b' : 'a'
    for (let index = 0; index < 50; index++) append(second, batchOf([`second-${index}`]))
    await manager.moveTo('orders', 0, `${world.root}/${to}`)
    const bytes = await readAll(second, 0)
    await manager.close()
    assert.deepEqual(
      names(world, to).filter((name) => name.endsWith('future')),
      ['orders-0-future'],
    )

    const again = await openManager(world)
    const next = moved(again)
    const reopened = await again.getOrCreate(orders)
    assert.deepEqual(await readAll(reopened, 0), bytes)
    const copy = await next
    assert.equal(copy.directory, `${world.root}/${to}/orders-0`)
    assert.deepEqual(await readAll(copy, 0), bytes)
    await again.close()
  },
)

testOnBoth('moves that cannot be are refused as Kafka refuses them', async (world) => {
  const { root } = world
  const manager = await openManager(world, {
    directories: ['a', 'b', 'c'].map((name) => `${root}/${name}`),
    cordonedDirectories: [`${root}/c`],
  })
  const refused = (code: string, topic: string, path: string): Promise<void> =>
    assert.rejects(manager.moveTo(topic, 0, path), { code })
  await refused('LOG_DIR_NOT_FOUND', 'orders', '/nowhere')
  await refused('INVALID_REPLICA_ASSIGNMENT', 'orders', `${root}/c`)
  await refused('INVALID_TOPIC_EXCEPTION', 'x'.repeat(249), `${root}/b`)
  await refused('REPLICA_NOT_AVAILABLE', 'orders', `${root}/b`)
  const log = await manager.getOrCreate(orders)
  assert.equal(log.directory, `${root}/b/orders-0`, 'where it was asked to be')
  await manager.moveTo('orders', 0, `${root}/b`)
  await manager.close()
})
