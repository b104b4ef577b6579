import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DiskErrorCode } from '@ottla/runtime'
import { silentLogger } from '@ottla/runtime'
import type { DiskOperation, Simulation } from '@ottla/runtime/simulated'
import { simulation } from '@ottla/runtime/simulated'
import type { LogConfig } from '../src/log-config.ts'
import { defaultLogConfig } from '../src/log-config.ts'
import type { LogManagerOptions } from '../src/log-manager-options.ts'
import { LogManager } from '../src/log-manager.ts'
import type { Log } from '../src/log.ts'
import type { OfflineDirectory } from '../src/open-directories.ts'
import { append, batchOf, readAll } from './world.ts'

const config: LogConfig = { ...defaultLogConfig, messageTimestampAfterMaxMs: Infinity }
const synced: LogConfig = { ...config, flushMessages: 1 }
const storageFailed = { code: 'KAFKA_STORAGE_ERROR' }

async function open(
  sim: Simulation,
  options: Partial<LogManagerOptions> = {},
): Promise<LogManager> {
  const { clock, random, disk } = sim.node('a')
  return await LogManager.open({
    disk,
    clock,
    random,
    logger: silentLogger,
    directories: ['/one', '/two'],
    nodeId: 1,
    producerIdExpirationMs: Infinity,
    ...options,
  })
}

async function logOf(
  logs: LogManager,
  partition: number,
  settings: LogConfig = config,
): Promise<Log> {
  return await logs.getOrCreate({ topic: 'orders', partition, topicId, config: settings })
}

const topicId = 'oTtLaoTtLaoTtLaoTtLaoQ'

function failing(sim: Simulation, path: string, operation: DiskOperation, code: DiskErrorCode) {
  sim.medium('a').fault = (found, at) =>
    found === operation && (at === path || at.startsWith(`${path}/`)) ? code : null
}

function healthy(sim: Simulation): void {
  sim.medium('a').fault = null
}

for (const code of ['DISK_FAILED', 'DISK_FULL', 'READ_ONLY', 'ACCESS_DENIED'] as const) {
  test(`a write that fails with ${code} takes its directory offline, once; the other goes on`, async () => {
    const sim = simulation()
    await sim.run(async () => {
      const told: OfflineDirectory[] = []
      const logs = await open(sim, { onDirectoryFailure: (failure) => told.push(failure) })
      const ids = logs.directoryIds
      const all = await Promise.all([0, 1, 2, 3].map((partition) => logOf(logs, partition)))
      for (const log of all) append(log, batchOf(['kept']))
      const bad = all.filter(({ directory }) => directory.startsWith('/two/'))
      const good = all.filter(({ directory }) => directory.startsWith('/one/'))
      assert.equal(bad.length, 2)

      failing(sim, '/two', 'write', code)
      assert.throws(() => append(bad[0]!, batchOf(['lost'])), storageFailed)
      // Its neighbour had no error of its own.
      assert.throws(() => append(bad[1]!, batchOf(['lost'])), storageFailed)
      await assert.rejects(readAll(bad[1]!, 0), storageFailed)
      await sim.node('a').clock.sleep(1)
      assert.equal(told.length, 1)
      assert.deepEqual(
        [told[0]!.directory, told[0]!.operation, told[0]!.id],
        ['/two', 'write', ids[1]],
      )
      assert.deepEqual(
        logs.offlineDirectories.map(({ id }) => id),
        [ids[1]],
      )
      assert.deepEqual(logs.directoryIds, [ids[0]])
      assert.equal(logs.get('orders', bad[0]!.partition), undefined)

      for (const log of good) append(log, batchOf(['kept too']))
      const added = await logOf(logs, 9)
      assert.ok(added.directory.startsWith('/one/'))
      await logs.checkpoint()
      await logs.close()

      healthy(sim)
      const { disk } = sim.node('a')
      assert.notEqual(disk.stat('/one/.kafka_cleanshutdown'), null)
      assert.equal(disk.stat('/two/.kafka_cleanshutdown'), null)
      const again = await open(sim)
      for (const { partition } of bad) {
        const log = await logOf(again, partition)
        assert.equal(log.logEndOffset, 1)
        append(log, batchOf(['and on it goes']))
      }
      for (const { partition } of good)
        assert.equal((await logOf(again, partition)).logEndOffset, 2)
      await again.close()
    })
  })
}

test('whoever waits for a sync that fails is told so, and so is whoever waits for the next one', async () => {
  const sim = simulation()
  await sim.run(async () => {
    const logs = await open(sim)
    const all = await Promise.all([0, 1].map((partition) => logOf(logs, partition, synced)))
    const bad = all.find(({ directory }) => directory.startsWith('/two/'))!
    await bad.appendAsLeader(batchOf(['kept']), { leaderEpoch: 0, origin: 'client' }).durable
    failing(sim, '/two', 'sync', 'DISK_FAILED')
    const appended = [1, 2].map(() =>
      bad.appendAsLeader(batchOf(['lost']), { leaderEpoch: 0, origin: 'client' }),
    )
    for (const { durable } of appended) await assert.rejects(durable!, storageFailed)
    await logs.close()
  })
})

test('a directory that is offline is not touched again, whatever its timers had in mind', async () => {
  const sim = simulation()
  await sim.run(async () => {
    const logs = await open(sim, { retentionCheckIntervalMs: 1_000 })
    const all = await Promise.all(
      [0, 1].map((partition) => logOf(logs, partition, { ...config, flushMs: 5_000 })),
    )
    const bad = all.find(({ directory }) => directory.startsWith('/two/'))!
    append(bad, batchOf(['kept']))
    failing(sim, '/two', 'write', 'DISK_FAILED')
    assert.throws(() => append(bad, batchOf(['lost'])), storageFailed)
    await sim.node('a').clock.sleep(10)
    const touched: string[] = []
    sim.medium('a').fault = (operation, path) => {
      if (path.startsWith('/two')) touched.push(`${operation} ${path}`)
      return null
    }
    await sim.node('a').clock.sleep(120_000)
    await logs.checkpoint()
    await logs.delete('orders', bad.partition)
    await logs.close()
    assert.deepEqual(touched, [])
  })
})

test('a read that the device fails takes the directory offline; too many open files do not', async () => {
  const sim = simulation()
  await sim.run(async () => {
    const logs = await open(sim, { tailMemoryBytes: 0 })
    const all = await Promise.all([0, 1].map((partition) => logOf(logs, partition)))
    const bad = all.find(({ directory }) => directory.startsWith('/two/'))!
    append(bad, batchOf(['kept']))
    failing(sim, '/two', 'read', 'TOO_MANY_OPEN_FILES')
    await assert.rejects(readAll(bad, 0), storageFailed)
    healthy(sim)
    await readAll(bad, 0)
    failing(sim, '/two', 'read', 'DISK_FAILED')
    await assert.rejects(readAll(bad, 0), storageFailed)
    assert.throws(() => append(bad, batchOf(['lost'])), storageFailed)
    healthy(sim)
    await logs.close()
    assert.equal(sim.node('a').disk.stat('/two/.kafka_cleanshutdown'), null)
  })
})

test('a directory that cannot be opened at the start is offline; the others are used', async () => {
  const sim = simulation()
  await sim.run(async () => {
    const first = await open(sim)
    const all = await Promise.all([0, 1].map((partition) => logOf(first, partition)))
    for (const log of all) append(log, batchOf(['kept']))
    const bad = all.find(({ directory }) => directory.startsWith('/two/'))!
    await first.close()

    failing(sim, '/two', 'lock', 'READ_ONLY')
    const logs = await open(sim)
    assert.deepEqual(
      logs.offlineDirectories.map(({ directory, error }) => [directory, error.code]),
      [['/two', 'READ_ONLY']],
    )
    const name = { topic: 'orders', partition: bad.partition, topicId, config }
    // Made anew elsewhere it would be empty, and what was acknowledged would be lost.
    await assert.rejects(logs.getOrCreate({ ...name, isNew: false }), storageFailed)
    await logs.close()

    healthy(sim)
    const again = await open(sim)
    assert.equal((await logOf(again, bad.partition)).logEndOffset, 1)
    await again.close()
  })
})

test('directories that are new together are of one cluster, though one fails meanwhile', async () => {
  const sim = simulation()
  await sim.run(async () => {
    // Its meta.properties is there by then.
    failing(sim, '/one/.ottla_running.tmp', 'open', 'DISK_FAILED')
    const logs = await open(sim)
    assert.deepEqual(
      logs.offlineDirectories.map(({ directory }) => directory),
      ['/one'],
    )
    const { clusterId } = logs
    await logs.close()
    healthy(sim)
    const again = await open(sim)
    assert.deepEqual([again.clusterId, again.directoryIds.length], [clusterId, 2])
    await again.close()
  })
})

test('where no directory can be opened the broker does not start, and says what to do', async () => {
  const sim = simulation()
  await sim.run(async () => {
    sim.medium('a').fault = (operation) => (operation === 'makeDirectory' ? 'ACCESS_DENIED' : null)
    await assert.rejects(open(sim), (error: Error) => {
      assert.equal(error.name, 'DataDirectoryError')
      assert.match(error.message, /\/one.*let the user .*read and write.*\n.*\/two/)
      return true
    })
  })
})

test('a log whose folder cannot be made in one directory is made in the other', async () => {
  const sim = simulation()
  await sim.run(async () => {
    const logs = await open(sim)
    failing(sim, '/one', 'makeDirectory', 'DISK_FULL')
    const log = await logOf(logs, 0)
    assert.ok(log.directory.startsWith('/two/'))
    append(log, batchOf(['kept']))
    await logs.close()
  })
})

test('space that comes back is used after a restart, with all that was acknowledged', async () => {
  const sim = simulation()
  await sim.run(async () => {
    const logs = await open(sim)
    const medium = sim.medium('a')
    const all = await Promise.all([0, 1].map((partition) => logOf(logs, partition)))
    for (const log of all) append(log, batchOf(['kept']))
    medium.capacityBytes = medium.usedBytes() + 8_192
    let count = 1
    const big = Buffer.alloc(3_000, 'x').toString()
    assert.throws(() => {
      for (;;) {
        append(all[0]!, batchOf([big]))
        count++
      }
    }, storageFailed)
    assert.ok(count > 1)
    await logs.close().catch(() => {}) // the other directory may have found no room either

    medium.capacityBytes = Infinity
    const again = await open(sim)
    const log = await logOf(again, 0)
    assert.equal(log.logEndOffset, count)
    append(log, batchOf(['more']))
    assert.ok((await readAll(log, 0)).length > count * 100)
    await again.close()
  })
})
