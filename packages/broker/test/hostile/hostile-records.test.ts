import assert from 'node:assert/strict'
import { errorName } from '@ottla/protocol'
import { CreateTopicsApi } from '@ottla/protocol/messages/create-topics'
import { FetchApi } from '@ottla/protocol/messages/fetch'
import { ProduceApi } from '@ottla/protocol/messages/produce'
import type { Peer } from '../../fuzz/peer.ts'
import {
  answerTo,
  bomb,
  codecs,
  goodBatch,
  hostileRecords,
  manyRecords,
} from './hostile-batches.ts'
import { type HostileWorld, hostileTest } from './hostile-world.ts'

const TOPIC = 'target'

async function withTopic(world: HostileWorld): Promise<Peer> {
  const peer = await world.connect()
  const topic = {
    name: TOPIC,
    numPartitions: 1,
    replicationFactor: 1,
    assignments: [],
    configs: [],
  }
  await peer.request(CreateTopicsApi, 7, {
    topics: [topic],
    timeoutMs: 10_000,
    validateOnly: false,
  })
  return peer
}

async function produce(
  peer: Peer,
  records: Buffer | null,
): Promise<[error: string, offset: number]> {
  const { responses } = await peer.request(ProduceApi, 9, {
    transactionalId: null,
    acks: -1,
    timeoutMs: 5_000,
    topicData: [{ name: TOPIC, partitionData: [{ index: 0, records }] }],
  })
  const { errorCode, baseOffset } = responses[0]!.partitionResponses[0]!
  return [errorName(errorCode), Number(baseOffset)]
}

/** All of the topic's bytes. */
async function stored(peer: Peer): Promise<Buffer> {
  const { responses } = await peer.request(FetchApi, 12, {
    replicaId: -1,
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: 100_000_000,
    isolationLevel: 0,
    sessionId: 0,
    sessionEpoch: -1,
    topics: [
      { topic: TOPIC, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1e8 }] },
    ],
    forgottenTopicsData: [],
    rackId: '',
  })
  return responses[0]!.partitions[0]!.records ?? Buffer.alloc(0)
}

for (const { name, make } of hostileRecords) {
  const error = answerTo(name)
  const title = error === 'NONE' ? 'taken, as Kafka takes them' : `refused as ${error}`
  hostileTest(`records that are ${name}: ${title}; those of others stay`, async (world) => {
    const peer = await withTopic(world)
    assert.deepEqual(await produce(peer, goodBatch(world.now)), ['NONE', 0])
    const before = await stored(peer)
    const [found] = await produce(peer, make(world.now))
    assert.equal(found, error)
    const after = await stored(peer)
    assert.ok(after.subarray(0, before.length).equals(before), 'what was there is unharmed')
    if (error !== 'NONE') {
      assert.equal(after.length, before.length, 'nothing of what is refused is kept')
      assert.deepEqual(await produce(peer, goodBatch(world.now)), ['NONE', 2])
    }
    assert.deepEqual(world.warnings, [])
    peer.close()
  })
}

for (const codec of codecs) {
  hostileTest(`a ${codec} bomb is refused before it is unpacked whole`, async (world) => {
    const peer = await withTopic(world)
    const mb = codec === 'snappy' ? 20 : 140 // snappy cannot say more in max.message.bytes
    const records = bomb(codec, mb * 1024 * 1024, world.now)
    assert.ok(records.length < 1_048_588, `${records.length} bytes`)
    const before = process.memoryUsage()
    const [found] = await produce(peer, records)
    const after = process.memoryUsage()
    assert.equal(found, codec === 'snappy' ? 'NONE' : 'MESSAGE_TOO_LARGE')
    const grownBytes = after.arrayBuffers + after.heapUsed - before.arrayBuffers - before.heapUsed
    assert.ok(grownBytes < 300e6, `${grownBytes} bytes more are in use`)
    peer.close()
  })
}

hostileTest('a million records in a few bytes are counted one by one, and kept', async (world) => {
  const peer = await withTopic(world)
  assert.deepEqual(await produce(peer, manyRecords(1_000_000, world.now)), ['NONE', 0])
  assert.deepEqual(await produce(peer, goodBatch(world.now)), ['NONE', 1_000_000])
  peer.close()
})
