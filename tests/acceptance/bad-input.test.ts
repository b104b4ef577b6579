import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { after, before, test } from 'node:test'
import { errorName } from '@ottla/protocol'
import { CreateTopicsApi } from '@ottla/protocol/messages/create-topics'
import { FetchRequest } from '@ottla/protocol/messages/fetch'
import { ProduceApi } from '@ottla/protocol/messages/produce'
import { encodeBatch } from '@ottla/records'
import { NodeClock, NodeNetwork } from '@ottla/runtime/node'
import { SeededRandom } from '@ottla/runtime/simulated'
import { InnocentClient } from '../../packages/broker/fuzz/innocent-client.ts'
import { Peer } from '../../packages/broker/fuzz/peer.ts'
import { CORRELATION_ID, int32, request } from '../../packages/broker/test/hostile/bytes.ts'
import {
  answerTo,
  bomb,
  goodBatch,
  hostileRecords,
  kafkaFails,
} from '../../packages/broker/test/hostile/hostile-batches.ts'
import { malformedRequests } from '../../packages/broker/test/hostile/malformed-requests.ts'
import { type BrokerUnderTest, startBroker } from '../interop/broker-under-test.ts'

/**
 * A broker's process under bad input: who sends it gets Kafka's error or a closed connection with one line in
 * the log; everybody else, the data and the process' memory are as before.
 *
 * OTTLA_INTEROP_TARGET=kafka holds the expectations themselves to Apache Kafka.
 */

const clock = new NodeClock()
const network = new NodeNetwork()
const TOPIC = 'target'

/** Kafka fills its heap there, and stops answering. */
const notKafka = { skip: process.env['OTTLA_INTEROP_TARGET'] === 'kafka' }

let broker: BrokerUnderTest
let innocent: InnocentClient
let isKafka = false

const connect = async (): Promise<Peer> =>
  new Peer(await network.connect({ host: '127.0.0.1', port: broker.port }), clock)

before(async () => {
  broker = await startBroker()
  isKafka = broker.target === 'kafka'
  innocent = new InnocentClient(connect, () => clock.now())
  await innocent.begin()
  await innocent.check()
  const peer = await connect()
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
  peer.close()
})

after(async () => {
  innocent.close()
  await broker[Symbol.asyncDispose]()
})

/** The broker's resident memory. */
function residentBytes(): number {
  return (
    Number(execFileSync('ps', ['-o', 'rss=', '-p', String(broker.pid)], { encoding: 'utf8' })) *
    1024
  )
}

/** Lines about a connection; a line may be written a little after the connection is closed. */
async function linesAbout(port: number): Promise<string[]> {
  for (let attempt = 0; ; attempt++) {
    const lines = broker
      .output()
      .split('\n')
      .filter((line) => line.includes(`peer=127.0.0.1:${port} `))
    if (lines.length > 0 || attempt === 20) return lines
    await clock.sleep(10)
  }
}

test('malformed bytes are answered, waited for, or close their connection with one line that says why', async () => {
  for (const { name, bytes, outcome } of malformedRequests) {
    if (isKafka && name === 'tags that do not ascend') continue
    const peer = await connect()
    const port = peer.localPort
    peer.write(bytes)
    await peer.answered(1, 'waits' in outcome ? 300 : 10_000)
    if ('closes' in outcome) {
      assert.ok(peer.isClosed, `${name}: the connection is open`)
      assert.deepEqual(peer.answers, [], name)
      if (!isKafka) {
        const lines = await linesAbout(port)
        assert.equal(lines.length, 1, `${name}: ${lines.join('\n')}`)
        assert.match(lines[0]!, /WARN connection closed peer=/)
        assert.match(lines[0]!, outcome.closes)
      }
      continue
    }
    assert.ok(!peer.isClosed, `${name}: the connection was closed`)
    if ('answers' in outcome) {
      const [answer] = peer.answers
      assert.equal(answer?.readInt32BE(0), CORRELATION_ID, name)
      assert.ok(answer.subarray(4).toString('hex').startsWith(outcome.answers), name)
    } else assert.deepEqual(peer.answers, [], name)
    peer.close()
  }
  await innocent.check()
})

async function produce(peer: Peer, records: Buffer | null): Promise<string> {
  const { responses } = await peer.request(ProduceApi, 9, {
    transactionalId: null,
    acks: -1,
    timeoutMs: 5_000,
    topicData: [{ name: TOPIC, partitionData: [{ index: 0, records }] }],
  })
  return errorName(responses[0]!.partitionResponses[0]!.errorCode)
}

test('malformed records are refused with Kafka’s errors', async () => {
  const peer = await connect()
  for (const { name, make } of hostileRecords) {
    if (isKafka && name === 'null') continue // is never answered
    const expected = isKafka && kafkaFails.has(name) ? /./ : new RegExp(`^${answerTo(name)}$`)
    assert.match(await produce(peer, make(clock.now())), expected, name)
  }
  peer.close()
  await innocent.check()
})

test('who announces 100 MB and sends nothing takes no memory', notKafka, async () => {
  const before = residentBytes()
  const peers = await Promise.all(Array.from({ length: 200 }, connect))
  for (const peer of peers) peer.write(int32(104_857_600))
  await clock.sleep(300)
  await innocent.check()
  const grownBytes = residentBytes() - before
  for (const peer of peers) peer.close()
  assert.ok(grownBytes < 100e6, `${grownBytes} bytes for 200 connections`)
})

test('garbage on a hundred connections, one after the other, leaves nothing behind', async () => {
  const random = new SeededRandom(1)
  const before = residentBytes()
  for (let left = 100; left > 0; left--) {
    const peer = await connect()
    const bytes = random.bytes(100_000)
    bytes[0] = 0xff
    peer.write(bytes)
    await peer.answered(1, 10_000)
    assert.ok(peer.isClosed)
  }
  await innocent.check()
  const grownBytes = residentBytes() - before
  assert.ok(grownBytes < 100e6, `${grownBytes} bytes more`)
})

test('bombs are refused in bounded memory', notKafka, async () => {
  const before = residentBytes()
  let highest = before
  const peer = await connect()
  for (let round = 0; round < 2; round++) {
    for (const codec of ['gzip', 'lz4', 'zstd'] as const) {
      const found = await produce(peer, bomb(codec, 140 * 1024 * 1024, clock.now()))
      assert.equal(found, 'MESSAGE_TOO_LARGE', codec)
      highest = Math.max(highest, residentBytes())
    }
    await innocent.check()
  }
  peer.close()
  assert.ok(highest - before < 450e6, `${highest - before} bytes more`)
})

test('who asks for megabytes without reading them is bounded', async () => {
  const writer = await connect()
  const value = Buffer.alloc(900_000, 'x')
  for (let left = 10; left > 0; left--) {
    const batch = goodBatch(clock.now())
    assert.equal(await produce(writer, batch), 'NONE')
    const records = [{ timestamp: clock.now(), key: null, value, headers: [] }]
    assert.equal(await produce(writer, encodeBatch({ records })), 'NONE')
  }
  writer.close()
  const fetch = request(FetchRequest, 12, {
    replicaId: -1,
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: 10_000_000,
    isolationLevel: 0,
    sessionId: 0,
    sessionEpoch: -1,
    topics: [
      {
        topic: TOPIC,
        partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 10_000_000 }],
      },
    ],
    forgottenTopicsData: [],
    rackId: '',
  })
  const before = residentBytes()
  const peers = await Promise.all(Array.from({ length: 4 }, connect))
  for (const peer of peers) {
    peer.stopReading()
    peer.write(Buffer.concat(Array.from({ length: 500 }, () => fetch)))
  }
  await clock.sleep(1_500)
  await innocent.check()
  const grownBytes = residentBytes() - before
  for (const peer of peers) peer.close()
  // 500 answers of 9 MB on each; outboundBytesMax is 16 MiB.
  assert.ok(grownBytes < 4 * 40e6, `${grownBytes} bytes more for 4 connections`)
})

test('after all that, and a kill, the innocent’s records and offsets are there', async () => {
  await innocent.check()
  assert.doesNotMatch(broker.output(), /failed unexpectedly/)
  await broker.kill()
  await broker.start()
  await innocent.reconnect()
  // A restarted group coordinator keeps the members that its log knows.
  await innocent.check()
  assert.doesNotMatch(broker.output(), /failed unexpectedly/)
})
