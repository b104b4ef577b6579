import assert from 'node:assert/strict'
import { ApiVersionsRequest } from '@ottla/protocol/messages/api-versions'
import { CreateTopicsApi } from '@ottla/protocol/messages/create-topics'
import { DescribeConfigsRequest } from '@ottla/protocol/messages/describe-configs'
import { MetadataRequest } from '@ottla/protocol/messages/metadata'
import { ProduceRequest } from '@ottla/protocol/messages/produce'
import { SeededRandom } from '@ottla/runtime/simulated'
import { request } from './bytes.ts'
import { goodBatch } from './hostile-batches.ts'
import { hostileTest, type HostileWorld } from './hostile-world.ts'

const metadata = request(MetadataRequest, 1, { topics: null })
const apiVersions = request(ApiVersionsRequest, 0, {})

function produceTo(topic: string, world: HostileWorld): Buffer {
  return request(ProduceRequest, 9, {
    transactionalId: null,
    acks: -1,
    timeoutMs: 5_000,
    topicData: [{ name: topic, partitionData: [{ index: 0, records: goodBatch(world.now) }] }],
  })
}

hostileTest('a request that comes byte by byte is answered', async (world) => {
  const peer = await world.connect()
  for (const byte of metadata) {
    peer.write(Buffer.from([byte]))
    await world.sleep(200)
  }
  await peer.answered(1, 5_000)
  assert.equal(peer.answers.length, 1)
  assert.deepEqual(world.warnings, [])
  peer.close()
})

hostileTest(
  'who stops in the middle of a request is closed after connections.max.idle.ms',
  async (world) => {
    const peer = await world.connect()
    peer.write(metadata.subarray(0, 9))
    await world.sleep(4_000)
    assert.ok(!peer.isClosed)
    await world.sleep(7_000)
    assert.ok(peer.isClosed)
  },
  { 'connections.max.idle.ms': '5000' },
)

hostileTest('a connection may break at every byte of a request', async (world) => {
  const maker = await world.connect()
  await maker.request(CreateTopicsApi, 7, {
    topics: [
      { name: 'target', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] },
    ],
    timeoutMs: 10_000,
    validateOnly: false,
  })
  maker.close()
  const bytes = produceTo('target', world)
  for (let length = 0; length <= bytes.length; length++) {
    const peer = await world.connect()
    peer.write(bytes.subarray(0, length))
    await world.sleep(length % 3)
    peer.close()
  }
  await world.sleep(1_000)
  assert.deepEqual(world.warnings, [])
})

hostileTest('who ends its side still gets the answers to all that it asked', async (world) => {
  const peer = await world.connect()
  for (let left = 50; left > 0; left--) peer.write(metadata)
  peer.endWriting()
  await peer.answered(50, 5_000)
  assert.equal(peer.answers.length, 50)
  await peer.answered(51, 20_000)
  assert.ok(peer.isClosed)
  assert.deepEqual(world.warnings, [])
})

hostileTest('who ends its side inside a request is closed', async (world) => {
  const peer = await world.connect()
  peer.write(Buffer.concat([apiVersions, metadata.subarray(0, 10)]))
  peer.endWriting()
  await peer.answered(2, 20_000)
  assert.equal(peer.answers.length, 1)
  assert.ok(peer.isClosed)
})

hostileTest(
  'requests before the malformed one are answered, those behind it are not',
  async (world) => {
    const peer = await world.connect()
    const bad = Buffer.concat([metadata.subarray(0, 4), Buffer.alloc(metadata.length - 4, 0x7f)])
    peer.write(Buffer.concat([apiVersions, metadata, bad, metadata, metadata]))
    await peer.answered(3, 5_000)
    assert.equal(peer.answers.length, 2)
    assert.ok(peer.isClosed)
    world.assertOneLine(/API key 32639 /)
  },
)

hostileTest('a deep pipeline of garbage costs one line', async (world) => {
  const peer = await world.connect()
  const random = new SeededRandom(1)
  const garbage = Array.from({ length: 10_000 }, () => {
    const frame = random.bytes(20)
    frame.writeInt32BE(16)
    frame[4] = 0x7f
    return frame
  })
  peer.write(Buffer.concat(garbage))
  await peer.answered(1, 5_000)
  assert.ok(peer.isClosed)
  world.assertOneLine(/API key /)
})

hostileTest('a hundred connections of garbage cost a line each', async (world) => {
  const random = new SeededRandom(2)
  for (let left = 100; left > 0; left--) {
    const peer = await world.connect()
    const bytes = random.bytes(100)
    bytes[0] = 0x80 // a negative size, so that none waits for more
    peer.write(bytes)
    await peer.answered(1, 1_000)
    assert.ok(peer.isClosed)
  }
  assert.equal(world.warnings.length, 100)
})

hostileTest(
  'connections above max.connections.per.ip are closed, with a line',
  async (world) => {
    const peers = [await world.connect(), await world.connect(), await world.connect()]
    const late = await world.connect()
    await late.answered(1, 1_000)
    assert.ok(late.isClosed)
    assert.equal(world.warnings.length, 1)
    assert.match(
      world.warnings[0]!,
      /connection refused: too many are open from this address client=10\./,
    )
    for (const peer of peers) {
      peer.write(metadata)
      await peer.answered(1, 1_000)
      assert.equal(peer.answers.length, 1)
      peer.close()
    }
  },
  { 'max.connections.per.ip': '3' },
)

hostileTest(
  'who never takes its answers is served no more, and closed after connections.max.idle.ms',
  async (world) => {
    const peer = await world.connect()
    peer.stopReading()
    const configs = request(DescribeConfigsRequest, 1, {
      resources: [{ resourceType: 4, resourceName: '1', configurationKeys: null }],
      includeSynonyms: true,
    })
    for (let left = 2_000; left > 0; left--) peer.write(configs)
    await world.sleep(20_000)
    peer.startReading()
    await peer.answered(2_000, 5_000)
    assert.ok(peer.isClosed)
    const answerBytes = peer.answers.reduce((sum, { length }) => sum + length, 0)
    assert.ok(answerBytes < 20_000_000, `${answerBytes} bytes were made for who does not read`)
    peer.close()
  },
  { 'connections.max.idle.ms': '5000' },
)
