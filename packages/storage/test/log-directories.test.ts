import assert from 'node:assert/strict'
import { silentLogger } from '@ottla/runtime'
import { DataDirectoryError } from '../src/data-directory-error.ts'
import { defaultLogConfig } from '../src/log-config.ts'
import type { LogManagerOptions } from '../src/log-manager-options.ts'
import { LogManager } from '../src/log-manager.ts'
import { append, batchOf, testOnBoth } from './world.ts'
import type { World } from './world.ts'

const topicId = 'QNu9Al2AT8SKGqlhkudOHQ'
const config = { ...defaultLogConfig, messageTimestampAfterMaxMs: Infinity }

function openManager(world: World, options: Partial<LogManagerOptions> = {}): Promise<LogManager> {
  return LogManager.open({
    disk: world.disk,
    clock: world.clock,
    random: world.random,
    logger: silentLogger,
    directories: ['a', 'b', 'c'].map((name) => `${world.root}/${name}`),
    nodeId: 1,
    ...options,
  })
}

function orders(partition: number) {
  return { topic: 'orders', partition, topicId, config }
}

/** Partition numbers in each directory. */
function placesIn(manager: LogManager): number[][] {
  return manager.directories.map(({ logs }) => logs.map(({ partition }) => partition))
}

testOnBoth('a new log goes where the fewest are, never where it is cordoned', async (world) => {
  const cordonedDirectories = [`${world.root}/b`]
  const manager = await openManager(world, { cordonedDirectories })
  for (const partition of [0, 1, 2, 3]) await manager.getOrCreate(orders(partition))
  assert.deepEqual(placesIn(manager), [[0, 2], [], [1, 3]])
  assert.deepEqual(
    manager.directories.map(({ isCordoned }) => isCordoned),
    [false, true, false],
  )
  await manager.delete('orders', 0)
  await manager.delete('orders', 2)
  manager.cordon([])
  for (const partition of [4, 5]) await manager.getOrCreate(orders(partition))
  assert.deepEqual(placesIn(manager), [[4], [5], [1, 3]])
  manager.cordon(manager.directories.map(({ path }) => path))
  await manager.getOrCreate(orders(6))
  assert.deepEqual(placesIn(manager), [[4, 6], [5], [1, 3]], 'somewhere it must be')
  await manager.close()
})

testOnBoth('directories tell what is in them and how large they are', async (world) => {
  const manager = await openManager(world)
  const log = await manager.getOrCreate(orders(0))
  const batch = batchOf(['value'])
  append(log, Buffer.from(batch))
  const [a, b] = manager.directories
  assert.ok(a !== undefined && b !== undefined)
  assert.equal(a.path, `${world.root}/a`)
  assert.equal(a.id, manager.directoryIds[0])
  assert.equal(a.isOnline, true)
  assert.ok(a.totalBytes >= a.usableBytes && a.usableBytes > 0)
  const sizeBytes = batch.length
  assert.deepEqual(a.logs, [
    { topic: 'orders', partition: 0, sizeBytes, offsetLag: 0, isFuture: false },
  ])
  assert.deepEqual(b.logs, [])
  await manager.close()
})

testOnBoth('a directory added before the others joins their cluster', async (world) => {
  const path = (name: string) => `${world.root}/${name}`
  const manager = await openManager(world, { directories: [path('a')] })
  const { clusterId, directoryIds } = manager
  await manager.close()
  const again = await openManager(world, { directories: [path('b'), path('a')] })
  assert.equal(again.clusterId, clusterId)
  assert.deepEqual(
    again.directories.map((directory) => directory.path),
    [path('b'), path('a')],
  )
  assert.equal(again.directoryIds[1], directoryIds[0])
  assert.notEqual(again.directoryIds[0], directoryIds[0])
  await again.close()
})

testOnBoth('directories that are one, or within another, are refused', async (world) => {
  const refused = async (names: readonly string[], message: RegExp): Promise<void> => {
    const directories = names.map((name) => `${world.root}/${name}`)
    await assert.rejects(openManager(world, { directories }), (error: Error) => {
      assert.ok(error instanceof DataDirectoryError)
      assert.match(error.message, message)
      return true
    })
  }
  await refused(['a', 'b', 'a'], /\/a: log\.dirs names this directory twice/)
  await refused(['a', 'b/../a/'], /\/a: log\.dirs names this directory twice/)
  await refused(['a/b', 'a'], /\/a\/b: this data directory is within .*\/a, which is another/)
})

testOnBoth('a copy of a data directory is refused beside it', async (world) => {
  await (await openManager(world)).close()
  const { disk, root } = world
  disk.replaceFile(`${root}/b/meta.properties`, disk.readFile(`${root}/a/meta.properties`))
  await assert.rejects(openManager(world), /b\/meta\.properties: directory\.id is .* one is a copy/)
  await assert.rejects(openManager(world), /is a copy/, 'not: in use')
})

testOnBoth(
  'a directory of another broker or cluster is refused beside this one’s',
  async (world) => {
    await (await openManager(world, { nodeId: 1, directories: [`${world.root}/a`] })).close()
    await (await openManager(world, { nodeId: 2, directories: [`${world.root}/b`] })).close()
    await assert.rejects(openManager(world), /\/b\/meta\.properties: .* of node\.id 2/)
    await (await openManager(world, { nodeId: 1, directories: [`${world.root}/c`] })).close()
    const directories = [`${world.root}/a`, `${world.root}/c`]
    await assert.rejects(
      openManager(world, { directories }),
      /\/c\/meta\.properties: .* of cluster/,
    )
  },
)

testOnBoth('two folders that are both the log of a partition are refused', async (world) => {
  const manager = await openManager(world)
  append(await manager.getOrCreate(orders(0)), batchOf(['kept']))
  await manager.close()
  world.disk.makeDirectory(`${world.root}/c/orders-0`)
  world.disk.replaceFile(`${world.root}/c/orders-0/00000000000000000007.log`, '')
  const twice = /c\/orders-0 and .*a\/orders-0 are both the log of orders-0; move the folder/
  await assert.rejects(openManager(world), twice)
  await world.disk.removeTree(`${world.root}/c/orders-0`)
  await (await openManager(world)).close()
})

testOnBoth('a folder that never held a record gives way to the log of that name', async (world) => {
  const manager = await openManager(world)
  append(await manager.getOrCreate(orders(0)), batchOf(['kept']))
  await manager.close()
  const empty = `${world.root}/c/orders-0`
  world.disk.makeDirectory(empty)
  world.disk.replaceFile(`${empty}/00000000000000000000.log`, '')
  await using again = await openManager(world)
  assert.equal((await again.getOrCreate(orders(0))).logEndOffset, 1)
  assert.equal(world.disk.stat(empty), null)
  assert.ok(world.disk.list(`${world.root}/c`).some(({ name }) => name.endsWith('-stray')))
})
