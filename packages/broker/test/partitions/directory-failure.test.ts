import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorName } from '@ottla/protocol'
import { CreateTopicsApi } from '@ottla/protocol/messages/create-topics'
import { DeleteRecordsApi } from '@ottla/protocol/messages/delete-records'
import { FetchApi } from '@ottla/protocol/messages/fetch'
import { FindCoordinatorApi } from '@ottla/protocol/messages/find-coordinator'
import { ListOffsetsApi } from '@ottla/protocol/messages/list-offsets'
import { MetadataApi } from '@ottla/protocol/messages/metadata'
import { OffsetFetchApi } from '@ottla/protocol/messages/offset-fetch'
import { ProduceApi } from '@ottla/protocol/messages/produce'
import { encodeBatch } from '@ottla/records'
import type { DiskOperation } from '@ottla/runtime/simulated'
import { BrokerWorld, type RawClient } from '../support/broker-world.ts'

const twoDirectories = {
  'log.dirs': '/one,/two',
  'metadata.log.dir': '/one',
  'offsets.topic.num.partitions': '1',
}

function letter(text: string): Buffer {
  return encodeBatch({
    records: [{ timestamp: Date.UTC(2026, 0, 1), key: null, value: Buffer.from(text) }],
  })
}

async function produce(client: RawClient, index: number, text: string): Promise<string> {
  const { responses } = await client.request(ProduceApi, 9, {
    acks: -1,
    timeoutMs: 10_000,
    topicData: [{ name: 'letters', partitionData: [{ index, records: letter(text) }] }],
  })
  return errorName(responses[0]!.partitionResponses[0]!.errorCode)
}

async function fetch(client: RawClient, partition: number, maxWaitMs = 0): Promise<string> {
  const { responses } = await client.request(FetchApi, 11, {
    maxWaitMs,
    minBytes: 1_000_000,
    topics: [
      { topic: 'letters', partitions: [{ partition, fetchOffset: 0n, partitionMaxBytes: 1000 }] },
    ],
  })
  return errorName(responses[0]!.partitions[0]!.errorCode)
}

async function listOffset(client: RawClient, partitionIndex: number): Promise<[string, number]> {
  const { topics } = await client.request(ListOffsetsApi, 7, {
    replicaId: -1,
    topics: [{ name: 'letters', partitions: [{ partitionIndex, timestamp: -1n }] }],
  })
  const { errorCode, offset } = topics[0]!.partitions[0]!
  return [errorName(errorCode), Number(offset)]
}

async function createLetters(client: RawClient, name = 'letters', numPartitions = 2) {
  const { topics } = await client.request(CreateTopicsApi, 7, {
    topics: [{ name, numPartitions, replicationFactor: 1, assignments: [], configs: [] }],
  })
  assert.equal(topics[0]?.errorCode, 0)
}

/** Where each partition of `letters` is. */
function placesOf(world: BrokerWorld): { one: number[]; two: number[] } {
  const { disk } = world.world.node('broker')
  const at = (directory: string) =>
    [0, 1].filter((index) => disk.stat(`${directory}/letters-${index}`) !== null)
  return { one: at('/one'), two: at('/two') }
}

function fail(world: BrokerWorld, directory: string, operation: DiskOperation): void {
  world.world.medium('broker').fault = (found, path) =>
    found === operation && path.startsWith(`${directory}/`) ? 'DISK_FAILED' : null
}

const saying = (world: BrokerWorld, words: string): string[] =>
  world.world.trace.entries.map(({ what }) => what).filter((what) => what.includes(words))

test('a failed directory is KAFKA_STORAGE_ERROR to clients, the other one serves, a restart brings it back', async () => {
  const world = new BrokerWorld(twoDirectories)
  await world.world.run(async () => {
    await world.start()
    const client = await world.client()
    await createLetters(client)
    const places = placesOf(world)
    assert.deepEqual([places.one.length, places.two.length], [1, 1])
    const [good] = places.one as [number]
    const [bad] = places.two as [number]
    assert.equal(await produce(client, good, 'dear Felice'), 'NONE')
    assert.equal(await produce(client, bad, 'dear Milena'), 'NONE')

    fail(world, '/two', 'write')
    const waiting = fetch(await world.client(), bad, 30_000)
    const before = world.world.time
    assert.equal(await produce(client, bad, 'lost'), 'KAFKA_STORAGE_ERROR')
    assert.equal(await waiting, 'KAFKA_STORAGE_ERROR')
    assert.ok(world.world.time - before < 1_000, 'whoever waits is told at once')
    assert.equal(await produce(client, bad, 'lost'), 'KAFKA_STORAGE_ERROR')
    assert.equal(await fetch(client, bad), 'KAFKA_STORAGE_ERROR')
    assert.equal((await listOffset(client, bad))[0], 'KAFKA_STORAGE_ERROR')

    assert.equal(await produce(client, good, 'and another'), 'NONE')
    assert.deepEqual(await listOffset(client, good), ['NONE', 2])
    await createLetters(client, 'more', 2)
    const { disk } = world.world.node('broker')
    assert.notEqual(disk.stat('/one/more-0'), null)
    assert.notEqual(disk.stat('/one/more-1'), null)
    assert.equal(saying(world, 'a log directory failed').length, 1)
    client.close()
    await world.broker.close()
    assert.notEqual(disk.stat('/one/.kafka_cleanshutdown'), null)
    assert.deepEqual(world.failures, [])

    world.world.medium('broker').fault = null
    assert.equal(disk.stat('/two/.kafka_cleanshutdown'), null)
    await world.start()
    const again = await world.client()
    assert.deepEqual(await listOffset(again, bad), ['NONE', 1])
    assert.equal(await produce(again, bad, 'found again'), 'NONE')
    assert.deepEqual(await listOffset(again, good), ['NONE', 2])
    await world.broker.close()
    assert.deepEqual(world.bugs, [])
  })
})

test('a directory that is offline at the start keeps its partitions offline: no empty log takes their place', async () => {
  const world = new BrokerWorld(twoDirectories)
  await world.world.run(async () => {
    await world.start()
    const client = await world.client()
    await createLetters(client)
    const { one, two } = placesOf(world)
    const [good] = one as [number]
    const [bad] = two as [number]
    assert.equal(await produce(client, bad, 'dear Milena'), 'NONE')
    await world.broker.close()

    world.world.medium('broker').fault = (_, path) =>
      path.startsWith('/two') ? 'ACCESS_DENIED' : null
    await world.start()
    const during = await world.client()
    assert.equal(await produce(during, good, 'still here'), 'NONE')
    assert.equal(await produce(during, bad, 'lost'), 'KAFKA_STORAGE_ERROR')
    await world.broker.close()

    world.world.medium('broker').fault = null
    assert.deepEqual(placesOf(world), { one, two })
    await world.start()
    const after = await world.client()
    assert.deepEqual(await listOffset(after, bad), ['NONE', 1])
    await world.broker.close()
    assert.deepEqual(world.bugs, [])
  })
})

test('when its only directory fails the broker answers what is in flight and stops', async () => {
  const world = new BrokerWorld()
  await world.world.run(async () => {
    await world.start()
    const client = await world.client()
    await createLetters(client, 'letters', 1)
    assert.equal(await produce(client, 0, 'dear Felice'), 'NONE')
    world.world.medium('broker').fault = (operation, path) =>
      operation === 'write' && path.includes('/letters-0/') ? 'DISK_FULL' : null
    assert.equal(await produce(client, 0, 'lost'), 'KAFKA_STORAGE_ERROR')
    await world.broker.close()
    assert.equal(world.failures.length, 1)
    assert.match(world.failures[0]!.message, /\/data failed \(write\).*make room/)
    const last = saying(world, 'the broker has stopped')
    assert.equal(last.length, 1)
    assert.equal(world.world.node('broker').disk.stat('/data/.kafka_cleanshutdown'), null)

    world.world.medium('broker').fault = null
    await world.start()
    const again = await world.client()
    assert.deepEqual(await listOffset(again, 0), ['NONE', 1])
    assert.equal(await produce(again, 0, 'there is room'), 'NONE')
    await world.broker.close()
  })
})

test('when the metadata log loses its disk the broker stops, and closes the other directories cleanly', async () => {
  const world = new BrokerWorld({ ...twoDirectories, 'metadata.log.dir': '/two' })
  await world.world.run(async () => {
    await world.start()
    const client = await world.client()
    await createLetters(client)
    fail(world, '/two', 'sync')
    client.write(
      client.frame(CreateTopicsApi, 7, {
        topics: [
          { name: 'more', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] },
        ],
      }),
    )
    await client.receive()
    await world.broker.close()
    assert.equal(world.failures.length, 1)
    const { disk } = world.world.node('broker')
    assert.notEqual(disk.stat('/one/.kafka_cleanshutdown'), null)
    world.world.medium('broker').fault = null
    assert.equal(disk.stat('/two/.kafka_cleanshutdown'), null)
    assert.match(saying(world, 'the broker has stopped')[0]!, /\/two failed \(sync\)/)
    assert.deepEqual(world.bugs, [])
  })
})

test('what a failed disk did not take down is not said to be deleted; the other directory’s is', async () => {
  const world = new BrokerWorld(twoDirectories)
  await world.world.run(async () => {
    await world.start()
    const client = await world.client()
    await createLetters(client)
    for (const index of [0, 1]) {
      for (const text of ['a', 'b']) assert.equal(await produce(client, index, text), 'NONE')
    }
    const { one, two } = placesOf(world)
    fail(world, '/two', 'write')
    const { topics } = await client.request(DeleteRecordsApi, 2, {
      timeoutMs: 1_000,
      topics: [
        {
          name: 'letters',
          partitions: [0, 1].map((partitionIndex) => ({ partitionIndex, offset: 1n })),
        },
      ],
    })
    const errors = topics[0]!.partitions.map((result): [number, string] => [
      result.partitionIndex,
      errorName(result.errorCode),
    ])
    assert.deepEqual(
      new Map(errors),
      new Map([
        [one[0], 'NONE'],
        [two[0], 'KAFKA_STORAGE_ERROR'],
      ]),
    )
    await world.broker.close()
  })
})

test('groups whose offsets are in a failed directory have no coordinator, and nobody leads what was in it', async () => {
  const world = new BrokerWorld(twoDirectories)
  await world.world.run(async () => {
    await world.start()
    const client = await world.client()
    await createLetters(client, 'letters', 1)
    const { disk } = world.world.node('broker')
    const find = async (): Promise<string> =>
      errorName(
        (await client.request(FindCoordinatorApi, 3, { key: 'readers', keyType: 0 })).errorCode,
      )
    assert.equal(await find(), 'NONE')
    assert.notEqual(disk.stat('/two/__consumer_offsets-0'), null)
    // Something else in the directory fails.
    await createLetters(client, 'others', 2)
    const index = disk.stat('/two/others-0') === null ? 1 : 0
    fail(world, '/two', 'write')
    await client.request(ProduceApi, 9, {
      acks: 1,
      timeoutMs: 1_000,
      topicData: [{ name: 'others', partitionData: [{ index, records: letter('lost') }] }],
    })
    const { groups } = await client.request(OffsetFetchApi, 8, {
      groups: [{ groupId: 'readers', topics: null }],
    })
    assert.equal(errorName(groups[0]!.errorCode), 'NOT_COORDINATOR')
    assert.equal(await find(), 'COORDINATOR_NOT_AVAILABLE')
    const { topics } = await client.request(MetadataApi, 9, {
      topics: [{ name: 'others' }],
      allowAutoTopicCreation: false,
    })
    const [lost] = topics[0]!.partitions.filter(({ partitionIndex }) => partitionIndex === index)
    assert.deepEqual(
      [errorName(lost!.errorCode), lost!.leaderId, lost!.offlineReplicas],
      ['LEADER_NOT_AVAILABLE', -1, [1]],
    )
    await world.broker.close()
    assert.deepEqual(world.bugs, [])
  })
})
