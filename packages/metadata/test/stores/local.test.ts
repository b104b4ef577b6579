import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SimulatedRuntime } from '@ottla/runtime/simulated'
import { simulation } from '@ottla/runtime/simulated'
import { createStorageResources } from '@ottla/storage'
import { LocalMetadataStore } from '../../src/index.ts'
import { readAll, storeContract } from './store-contract.ts'

async function open(runtime: SimulatedRuntime): Promise<LocalMetadataStore> {
  // As the data directory's owner leaves it.
  runtime.disk.makeDirectory('/data')
  await runtime.disk.syncDirectory('/')
  return LocalMetadataStore.open({ resources: createStorageResources(runtime), directory: '/data' })
}

storeContract({ name: 'local', open })

const record = (n: number) => Buffer.from(`record ${n}`)

test('what was committed survives a power cut; what was not is gone or whole', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const world = simulation({ seed })
    let committed = 0
    const main = async (runtime: SimulatedRuntime) => {
      const store = await open(runtime)
      const lease = await store.campaign(1)
      for (let n = 0; n < 200; n++) {
        const append = store.append(lease, lease.endOffset + 3 * n, [0, 1, 2].map(record))
        append.then(
          () => (committed = lease.endOffset + 3 * (n + 1)),
          () => {},
        )
        if (world.random.int(4) === 0) await runtime.clock.sleep(world.random.int(10))
      }
    }
    main(world.node('n1')).catch(() => {})
    await world.advance(50 + world.random.int(400))
    world.crash('n1', seed % 2 === 0 ? 'all' : 'some')
    await world.run(async () => {
      await using store = await open(world.node('n1'))
      assert.ok(store.endOffset >= committed, `seed ${seed}: ${store.endOffset} < ${committed}`)
      const batches = (await readAll(store)).filter(({ records }) => records.length > 0)
      for (const { records } of batches) assert.equal(records.length, 3)
      const lease = await store.campaign(1)
      await store.append(lease, lease.endOffset, [record(0)])
    })
  }
})

test('a crash while a snapshot is written leaves the one before', async () => {
  const world = simulation()
  const runtime = world.node('n1')
  await world.run(async () => {
    const store = await open(runtime)
    const lease = await store.campaign(1)
    await store.append(lease, lease.endOffset, [record(1), record(2)])
    const first = { endOffset: 2, epoch: lease.epoch, timestampMs: 1, records: [record(1)] }
    await store.saveSnapshot(first)
    // Not awaited: the machine stops while it is on its way.
    store.saveSnapshot({ ...first, endOffset: 3 }).catch(() => {})
    world.crash('n1')
    await using again = await open(world.node('n1'))
    assert.deepEqual(await again.loadSnapshot(), first)
    const names = world
      .node('n1')
      .disk.list('/data/__cluster_metadata-0')
      .map(({ name }) => name)
    assert.deepEqual(
      names.filter((name) => name.includes('.checkpoint')),
      [`${'2'.padStart(20, '0')}-0000000001.checkpoint`],
    )
  })
})

test('a snapshot without its footer is refused by name', async () => {
  const world = simulation()
  const runtime = world.node('n1')
  await world.run(async () => {
    await using store = await open(runtime)
    const lease = await store.campaign(1)
    await store.append(lease, lease.endOffset, [record(1)])
    const snapshot = { endOffset: 2, epoch: 1, timestampMs: 1, records: [record(1)] }
    await store.saveSnapshot(snapshot)
    const path = `/data/__cluster_metadata-0/${'2'.padStart(20, '0')}-0000000001.checkpoint`
    const bytes = runtime.disk.readFile(path)
    // The footer's batch is the last: header 61 bytes, one record.
    runtime.disk.replaceFile(path, bytes.subarray(0, bytes.lastIndexOf('record 1') + 9))
    await assert.rejects(store.loadSnapshot(), (error: Error) => error.message.includes(path))
  })
})

test('log before a snapshot goes, segment by segment', async () => {
  const world = simulation()
  const runtime = world.node('n1')
  await world.run(async () => {
    await using store = await open(runtime)
    const lease = await store.campaign(1)
    let endOffset = lease.endOffset
    for (let round = 1; round <= 3; round++) {
      for (let n = 0; n < 10; n++) await store.append(lease, endOffset++, [record(n)])
      await store.saveSnapshot({ endOffset, epoch: 1, timestampMs: 1, records: [record(1)] })
    }
    assert.equal(store.startOffset, store.endOffset)
    await runtime.clock.sleep(120_000)
    const names = runtime.disk.list('/data/__cluster_metadata-0').map(({ name }) => name)
    assert.deepEqual(
      names.filter((name) => /\.(log|checkpoint)$/.test(name)),
      [
        `${String(store.endOffset).padStart(20, '0')}-0000000001.checkpoint`,
        `${String(store.endOffset).padStart(20, '0')}.log`,
      ].sort(),
    )
  })
})
