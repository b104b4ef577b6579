import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SimulatedRuntime } from '@ottla/runtime/simulated'
import { simulation } from '@ottla/runtime/simulated'
import { createStorageResources } from '@ottla/storage'
import {
  encodeRecord,
  imageRecords,
  LocalMetadataStore,
  MemoryMetadataLog,
} from '../../src/index.ts'
import { startController } from '../cluster.ts'
import { creation, deletion, join, topic } from '../requests.ts'

async function open(runtime: SimulatedRuntime): Promise<LocalMetadataStore> {
  runtime.disk.makeDirectory('/data')
  await runtime.disk.syncDirectory('/')
  return LocalMetadataStore.open({ resources: createStorageResources(runtime), directory: '/data' })
}

test('the image is the same after a restart, from log or snapshot', async () => {
  for (const makesSnapshot of [false, true]) {
    const world = simulation()
    const runtime = world.node('n1')
    await world.run(async () => {
      const first = await startController(runtime, await open(runtime))
      await join(first, 1)
      for (let n = 0; n < 20; n++) {
        await first.controller.createTopics(creation(topic(`t${n}`, { numPartitions: 3 })))
      }
      if (makesSnapshot) await first.loader.makeSnapshot()
      await first.controller.deleteTopics(deletion('t3', 't4'), 6)
      const before = [...imageRecords(first.loader.image)]
      await first.close()

      const second = await startController(runtime, await open(runtime))
      assert.deepEqual([...imageRecords(second.loader.image)], before)
      assert.equal(second.controller.epoch, 2)
      await second.close()
    })
  }
})

test('topics that were answered are there after a power cut', async () => {
  for (let seed = 1; seed <= 8; seed++) {
    const world = simulation({ seed })
    const answered: string[] = []
    const main = async (runtime: SimulatedRuntime) => {
      const cluster = await startController(runtime, await open(runtime))
      await join(cluster, 1)
      for (let n = 0; ; n++) {
        const { topics } = await cluster.controller.createTopics(creation(topic(`t${n}`)))
        assert.equal(topics[0]!.errorCode, 0)
        answered.push(`t${n}`)
        if (n % 10 === 9) await cluster.loader.makeSnapshot()
      }
    }
    main(world.node('n1')).catch(() => {})
    await world.advance(20 + world.random.int(150))
    world.crash('n1', seed % 2 === 0 ? 'all' : 'some')
    await world.run(async () => {
      const runtime = world.node('n1')
      const cluster = await startController(runtime, await open(runtime))
      for (const name of answered) {
        assert.ok(cluster.loader.image.topic(name), `seed ${seed}: ${name} is gone`)
      }
      await join(cluster, 1)
      const name = answered.at(-1)
      if (name !== undefined) assert.equal(cluster.loader.image.partition(name, 0)?.leader, 1)
      await cluster.close()
    })
    assert.ok(answered.length > 0, `seed ${seed}: nothing was tried`)
  }
})

test('a controller that takes over goes on where the other stopped', async () => {
  const world = simulation()
  const runtime = world.node('n1')
  await world.run(async () => {
    const log = new MemoryMetadataLog(runtime.clock)
    const first = await startController(runtime, log.open())
    const epoch = await join(first, 1)
    await first.controller.createTopics(creation(topic('t')))
    const waiting = startController(runtime, log.open(), { nodeId: 2 })
    await runtime.clock.sleep(100)
    await first.close()
    const second = await waiting
    assert.equal(second.controller.isActive, true)
    assert.ok(second.controller.epoch > 1)
    const [answer] = (await second.controller.createTopics(creation(topic('t')))).topics
    assert.equal(answer?.errorMessage, "Topic 't' already exists.")
    await second.controller.allocateProducerIds({ brokerId: 1, brokerEpoch: epoch })
    assert.throws(() => first.controller.createTopics(creation(topic('u'))), {
      code: 'NOT_CONTROLLER',
    })
    await second.close()
  })
})

test('a controller whose log was written by another gives up and competes again', async () => {
  const world = simulation()
  const runtime = world.node('n1')
  await world.run(async () => {
    const log = new MemoryMetadataLog(runtime.clock)
    const store = log.open()
    const cluster = await startController(runtime, store)
    await join(cluster, 1)
    // As if a former lease's append had slipped in.
    const append = store.append.bind(store)
    store.append = async (lease, offset, records) => await append(lease, offset - 1, records)
    await assert.rejects(cluster.controller.createTopics(creation(topic('t'))), {
      code: 'NOT_CONTROLLER',
    })
    assert.equal(cluster.controller.isActive, false)
    store.append = append
    await cluster.controller.whenActive()
    assert.equal(cluster.loader.image.topic('t'), undefined)
    await cluster.controller.createTopics(creation(topic('t')))
    assert.ok(cluster.loader.image.topic('t'))
    await cluster.close()
  })
})

test('an interrupted metadata transaction is undone by the next controller', async () => {
  const world = simulation()
  const runtime = world.node('n1')
  await world.run(async () => {
    const log = new MemoryMetadataLog(runtime.clock)
    const first = await startController(runtime, log.open())
    await first.close()
    const store = log.open()
    const lease = await store.campaign(9)
    // BeginTransaction without a name, then a topic.
    await store.append(lease, lease.endOffset, [
      Buffer.from('01170000', 'hex'),
      Buffer.concat([Buffer.from('0102000274', 'hex'), Buffer.alloc(16, 7), Buffer.alloc(1)]),
    ])
    lease.release()
    const second = await startController(runtime, store)
    assert.equal(second.loader.isInTransaction, false)
    assert.equal(second.loader.image.topic('t'), undefined)
    await join(second, 1)
    await second.controller.createTopics(creation(topic('t')))
    assert.ok(second.loader.image.topic('t'))
    await second.close()
  })
})

test('a cluster that runs at a level from the future is not taken over', async () => {
  const world = simulation()
  const runtime = world.node('n1')
  await world.run(async () => {
    const log = new MemoryMetadataLog(runtime.clock)
    const store = log.open()
    const lease = await store.campaign(1)
    const value = { name: 'metadata.version', featureLevel: 99 }
    await store.append(lease, 0, [encodeRecord({ type: 'FeatureLevelRecord', version: 0, value })])
    lease.release()
    await assert.rejects(startController(runtime, store), {
      code: 'UNSUPPORTED_VERSION',
      message: 'The cluster runs with metadata.version at level 99; this version supports 7 to 30',
    })
    assert.equal(store.activeController, null)
  })
})

test('when the disk fails the controller gives up, and says so', async () => {
  const world = simulation()
  const runtime = world.node('n1')
  await world.run(async () => {
    const failures: Error[] = []
    const store = await open(runtime)
    const onFailure = (error: Error) => void failures.push(error)
    const cluster = await startController(runtime, store, { onFailure })
    await join(cluster, 1)
    world.medium('n1').fault = (operation) => (operation === 'sync' ? 'DISK_FAILED' : null)
    await assert.rejects(cluster.controller.createTopics(creation(topic('t'))), {
      code: 'KAFKA_STORAGE_ERROR',
    })
    await runtime.clock.sleep(1)
    assert.equal(failures.length, 1)
    assert.equal(cluster.controller.isActive, false)
    assert.throws(() => cluster.controller.createTopics(creation(topic('t'))), {
      code: 'NOT_CONTROLLER',
    })
    await assert.rejects(cluster.controller.whenActive(), { code: 'KAFKA_STORAGE_ERROR' })
    await cluster.close()
  })
})
