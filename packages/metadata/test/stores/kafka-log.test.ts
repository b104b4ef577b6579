import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { silentLogger } from '@ottla/runtime'
import type { SimulatedRuntime } from '@ottla/runtime/simulated'
import { simulation } from '@ottla/runtime/simulated'
import { createStorageResources } from '@ottla/storage'
import { encodeRecord, imageRecords, LocalMetadataStore, MetadataLoader } from '../../src/index.ts'
import type { MetadataImage, MetadataRecord } from '../../src/index.ts'
import { startController } from '../cluster.ts'
import { creation, join, topic } from '../requests.ts'

/**
 * What Apache Kafka 4.3.1 had in `__cluster_metadata-0` when it was killed: `orders` and `a.b` created, a
 * quota and a SCRAM credential set, a snapshot made at offset 22, then `a.b` deleted.
 */
const files = new URL('kafka-4.3.1/', import.meta.url)

const DIRECTORY = '/data/__cluster_metadata-0'

function copyFiles({ disk }: SimulatedRuntime, wanted: (name: string) => boolean): void {
  disk.makeDirectory(DIRECTORY)
  for (const name of readdirSync(files).filter(wanted)) {
    disk.replaceFile(`${DIRECTORY}/${name}`, readFileSync(new URL(name, files)))
  }
}

const open = (runtime: SimulatedRuntime) =>
  LocalMetadataStore.open({ resources: createStorageResources(runtime), directory: '/data' })

const content = (image: MetadataImage) =>
  [...imageRecords(image)].map((record) => encodeRecord(record).toString('hex')).sort()

function loaderOf(store: LocalMetadataStore): MetadataLoader {
  const onFailure = (error: Error) => {
    throw error
  }
  return new MetadataLoader({ store, logger: silentLogger, onFailure })
}

test("Kafka's snapshot and log open, and the controller goes on from them", async () => {
  const world = simulation()
  const runtime = world.node('n1')
  copyFiles(runtime, () => true)
  await world.run(async () => {
    const cluster = await startController(runtime, await open(runtime))
    const { image } = cluster.loader
    assert.equal(image.topic('orders')?.partitions.length, 2)
    assert.equal(image.topic('a.b'), undefined)
    assert.equal(image.topicConfig('orders').get('retention.ms'), '1000')
    assert.equal(image.clientQuotas.size, 1)
    assert.equal(image.scramCredentials.size, 1)
    assert.equal(image.featureLevel('metadata.version'), 30)
    assert.equal(cluster.controller.epoch, 2)

    await join(cluster, 1, { logDirs: [...image.broker(1)!.directories] })
    await cluster.controller.createTopics(creation(topic('new')))
    assert.equal(cluster.loader.image.partition('new', 0)?.leader, 1)
    assert.equal(cluster.loader.image.partition('orders', 0)?.leader, 1)
    await cluster.close()
  })
})

test('folding the log to the snapshot makes what the snapshot holds', async () => {
  const world = simulation()
  const runtime = world.node('n1')
  copyFiles(runtime, () => true)
  const logOnly = world.node('n2')
  copyFiles(logOnly, (name) => !name.endsWith('.checkpoint'))
  await world.run(async () => {
    await using withSnapshot = await open(runtime)
    await using withoutSnapshot = await open(logOnly)
    assert.equal(withSnapshot.endOffset, withoutSnapshot.endOffset)
    await using one = loaderOf(withSnapshot)
    await using other = loaderOf(withoutSnapshot)
    await one.start()
    await other.start()
    assert.deepEqual(content(one.image), content(other.image))
    assert.ok(content(one.image).length > 10)
  })
})

test('our snapshot of it holds what its own does', async () => {
  const world = simulation()
  const runtime = world.node('n1')
  copyFiles(runtime, () => true)
  await world.run(async () => {
    await using store = await open(runtime)
    const kafkas = await store.loadSnapshot()
    assert.equal(kafkas?.endOffset, 22)
    assert.equal(kafkas.records.length, 17)
    await using loader = loaderOf(store)
    await loader.start()
    const before = content(loader.image)
    await loader.makeSnapshot()
    const ours = await store.loadSnapshot()
    assert.equal(ours?.endOffset, store.endOffset)
    assert.deepEqual(ours.records.map((frame) => frame.toString('hex')).sort(), before)
    const types = [...imageRecords(loader.image)].map(({ type }: MetadataRecord) => type)
    assert.equal(types[0], 'FeatureLevelRecord')
  })
})
