import assert from 'node:assert/strict'
import { basename } from 'node:path'
import { test } from 'node:test'
import { silentLogger } from '@ottla/runtime'
import type { Disk } from '@ottla/runtime'
import { LOGS_PER_TURN_MAX, NAMES_PER_TURN } from '../src/limits.ts'
import { defaultLogConfig } from '../src/log-config.ts'
import { LogManager } from '../src/log-manager.ts'
import {
  append,
  batchOf,
  openLog,
  readAll,
  realWorld,
  simulatedWorld,
  testOnBoth,
} from './world.ts'
import type { World } from './world.ts'

const config = { ...defaultLogConfig, messageTimestampAfterMaxMs: Infinity }
const topicId = 'QNu9Al2AT8SKGqlhkudOHQ'

async function openManager(world: World, disk: Disk = world.disk): Promise<LogManager> {
  const { clock, random, root } = world
  const logger = silentLogger
  return await LogManager.open({ disk, clock, random, logger, directories: [root], nodeId: 1 })
}

async function makeLogs(manager: LogManager, count: number): Promise<void> {
  const partitions = Array.from({ length: count }, (_, partition) => partition)
  await Promise.all(
    partitions.map((partition) =>
      manager.getOrCreate({ topic: 'orders', partition, topicId, config }),
    ),
  )
}

/** The disk, and the paths for which `method` is called from now on. */
function noting(
  disk: Disk,
  method: 'open' | 'stat',
): { readonly disk: Disk; readonly called: string[] } {
  const called: string[] = []
  const watched = new Proxy(disk, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...args: unknown[]): unknown => {
        if (name === method) called.push(args[0] as string)
        return value.apply(target, args) as unknown
      }
    },
  })
  return { disk: watched, called }
}

testOnBoth('a log that is made or opened and not used holds no file', async (world) => {
  const manager = await openManager(world)
  await makeLogs(manager, 20)
  assert.equal(manager.resources.openFiles.openCount, 0)
  for (const log of manager.logs) append(log, batchOf(['value']))
  assert.equal(manager.resources.openFiles.openCount, 20)
  await manager.close()

  const again = await openManager(world)
  await makeLogs(again, 20)
  assert.equal(again.resources.openFiles.openCount, 0)
  assert.equal((await readAll(again.get('orders', 7)!, 0)).length > 0, true)
  assert.equal(again.resources.openFiles.openCount, 1)
  await again.close()
})

test('of a log with many segments only the last one is opened, and the others when they are read', async () => {
  const world = simulatedWorld()
  await world.run(async () => {
    const log = await openLog(world, { config: { segmentBytes: 200 } })
    for (let index = 0; index < 100; index++) append(log, batchOf([`value-${index}`]))
    assert.equal(log.segmentCount > 40, true)
    const names = world.disk.list(log.directory).map(({ name }) => name)
    const last = Math.max(...names.filter((name) => name.endsWith('.log')).map(Number.parseFloat))
    await log.close()

    const { disk, called: opened } = noting(world.disk, 'open')
    const resources = world.resources({ disk })
    const again = await openLog(world, { resources, isClean: true })
    const segments = new Set(opened.map((path) => Number.parseInt(basename(path), 10)))
    assert.deepEqual([...segments], [last])

    opened.length = 0
    await again.read({ offset: 50, maxBytes: 1, endOffset: Infinity, minOneBatch: true })
    assert.equal(new Set(opened.map((path) => Number.parseInt(basename(path), 10))).size, 1)
    await again.close()
  })
})

test('thousands of logs are made a few at a time, so that others are served in between', async () => {
  const world = simulatedWorld()
  await world.run(async () => {
    const manager = await openManager(world)
    let isDone = false
    let most = 0
    let before = 0
    const look = (): void => {
      const now = world.disk.list(world.root).length
      most = Math.max(most, now - before)
      before = now
      if (!isDone) world.clock.defer(look)
    }
    before = world.disk.list(world.root).length
    look()
    await makeLogs(manager, 200)
    isDone = true
    assert.equal(most, LOGS_PER_TURN_MAX)
    await manager.close()
  })
})

test('checkpoints of more logs than one turn looks at name all of them', async () => {
  const world = simulatedWorld()
  await world.run(async () => {
    const manager = await openManager(world)
    await makeLogs(manager, 2_100)
    await manager.checkpoint()
    const path = `${world.root}/replication-offset-checkpoint`
    const lines = world.disk.readFile(path).toString().trim().split('\n')
    assert.equal(lines.length, 2 + 2_100)
    await manager.close()
  })
})

test('a folder of thousands of files is looked through in slices', async (context) => {
  const world = realWorld(context)
  const log = await openLog(world, { config: { segmentBytes: 200 } })
  for (let index = 0; index < 300; index++) append(log, batchOf([`value-${index}`]))
  await log.close()

  const { disk, called } = noting(world.disk, 'stat')
  let most = 0
  let isOpen = false
  const look = (): void => {
    most = Math.max(most, called.length)
    called.length = 0
    if (!isOpen) world.clock.defer(look)
  }
  look()
  try {
    const resources = world.resources({ disk })
    await using again = await openLog(world, { resources, isClean: true })
    assert.equal(again.logEndOffset, 300)
  } finally {
    isOpen = true
  }
  assert.equal(most > 0 && most <= 2 * NAMES_PER_TURN, true, `${most} files in one turn`)
})
