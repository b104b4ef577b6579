import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiVersionsRequest } from '@ottla/protocol/messages/api-versions'
import { CreateTopicsApi } from '@ottla/protocol/messages/create-topics'
import { DescribeConfigsRequest } from '@ottla/protocol/messages/describe-configs'
import { MetadataRequest } from '@ottla/protocol/messages/metadata'
import { ProduceRequest } from '@ottla/protocol/messages/produce'
import { Peer } from '../../fuzz/peer.ts'
import { BrokerWorld } from '../support/broker-world.ts'
import { header, int32, request, sized } from './bytes.ts'
import { bomb, goodBatch } from './hostile-batches.ts'
import { malformedRequests } from './malformed-requests.ts'
import { Neighbour } from './neighbour.ts'

/**
 * What hostile and unlucky peers cost their neighbour: time, which in the simulated world is exactly what it
 * waits for others, and memory, which is what the broker counts of it. The processor's time is not simulated:
 * tests/acceptance/hostile-peers.test.ts measures that on a real machine.
 */

const ROUNDS = 100
const PAUSE_MS = 10

/** Those who trouble the broker while its neighbour is measured. */
class Trouble {
  readonly #broker: BrokerWorld
  readonly peers: Peer[] = []
  isOver = false

  constructor(broker: BrokerWorld) {
    this.#broker = broker
  }

  async connect(): Promise<Peer> {
    const { network, clock } = this.#broker.world.node('hostile')
    const peer = new Peer(await network.connect({ host: 'broker', port: 9092 }), clock)
    this.peers.push(peer)
    return peer
  }

  async connectMany(count: number): Promise<Peer[]> {
    const peers: Peer[] = []
    for (let left = count; left > 0; left--) peers.push(await this.connect())
    return peers
  }

  sleep(ms: number): Promise<void> {
    return this.#broker.world.node('hostile').clock.sleep(ms)
  }

  get now(): number {
    return this.#broker.world.node('hostile').clock.now()
  }

  /** The network takes everything that is under way between them and the broker, and tells nobody. */
  vanish(): void {
    this.#broker.world.network.partition(['broker'], ['hostile'])
  }

  metric(name: string): Promise<number> {
    return metric(this.#broker, name)
  }
}

async function metric(world: BrokerWorld, name: string): Promise<number> {
  const family = (await world.broker.metrics.collect()).find((each) => each.name === name)
  return family!.samples.reduce((sum, { value }) => sum + value, 0)
}

const IN_WORK = 'kafka_network_socketserver_memorypoolused'
const CONNECTIONS = 'kafka_server_socket_server_metrics_connection_count'

interface Case {
  readonly name: string
  readonly settings?: Readonly<Record<string, string>>
  /** Goes on until `isOver`, or returns when all is sent. */
  readonly run: (trouble: Trouble) => Promise<void>
  /** Bytes of requests that may be in work while it lasts. Default: a megabyte. */
  readonly inWorkBytesMax?: number
}

const metadata = request(MetadataRequest, 1, { topics: null })
const MB = 1_000_000

const cases: readonly Case[] = [
  {
    name: 'two hundred slow lorises, a byte each now and then',
    async run(trouble) {
      const peers = await trouble.connectMany(200)
      for (let at = 0; !trouble.isOver; at++) {
        for (const peer of peers) peer.write(metadata.subarray(at % metadata.length).subarray(0, 1))
        await trouble.sleep(50)
      }
    },
  },
  {
    name: 'a flood of connections',
    settings: { 'max.connections.per.ip': '20' },
    async run(trouble) {
      while (!trouble.isOver) {
        for (const peer of await trouble.connectMany(20)) peer.write(metadata)
        assert.ok((await trouble.metric(CONNECTIONS)) <= 21)
      }
    },
  },
  {
    name: 'connections that come, ask, and go at once',
    async run(trouble) {
      while (!trouble.isOver) {
        const peer = await trouble.connect()
        peer.write(metadata)
        peer.close()
      }
    },
  },
  {
    name: 'clients that never read their answers',
    async run(trouble) {
      const configs = request(DescribeConfigsRequest, 1, {
        resources: [{ resourceType: 4, resourceName: '1', configurationKeys: null }],
        includeSynonyms: true,
      })
      for (const peer of await trouble.connectMany(3)) {
        peer.stopReading()
        for (let left = 300; left > 0; left--) peer.write(configs)
      }
    },
  },
  {
    name: 'requests of many megabytes',
    inWorkBytesMax: 4 * 8 * MB + MB,
    async run(trouble) {
      for (const peer of await trouble.connectMany(4)) {
        peer.write(sized(header(3, 1), Buffer.alloc(8 * MB, 0xff)))
      }
    },
  },
  {
    name: 'sizes of 100 MB with nothing behind them',
    inWorkBytesMax: 50 * 104_857_600 + MB,
    async run(trouble) {
      for (const peer of await trouble.connectMany(50)) peer.write(int32(104_857_600))
    },
  },
  {
    name: 'malformed requests, arrays of a billion among them',
    async run(trouble) {
      for (let at = 0; !trouble.isOver; at++) {
        const peer = await trouble.connect()
        peer.write(malformedRequests[at % malformedRequests.length]!.bytes)
        await peer.answered(1, 1)
        peer.close()
      }
    },
    inWorkBytesMax: 104_857_600 + MB,
  },
  {
    name: 'batches that inflate without end',
    async run(trouble) {
      const peer = await trouble.connect()
      await makeTarget(peer)
      for (const codec of ['gzip', 'lz4', 'zstd'] as const) {
        peer.write(produce(bomb(codec, 140 * 1024 * 1024, trouble.now)))
      }
      await peer.answered(3, 10_000)
      assert.equal(peer.answers.length, 3)
    },
    inWorkBytesMax: 2 * MB,
  },
  {
    name: 'pipelines of thousands',
    async run(trouble) {
      const apiVersions = request(ApiVersionsRequest, 0, {})
      for (const peer of await trouble.connectMany(4)) {
        peer.write(Buffer.concat(Array.from({ length: 3_000 }, () => apiVersions)))
      }
      while (!trouble.isOver) await trouble.sleep(10)
      for (const peer of trouble.peers) assert.equal(peer.answers.length, 3_000)
    },
  },
  {
    name: 'connections that are reset at every byte of a produce request',
    async run(trouble) {
      await makeTarget(await trouble.connect())
      const bytes = produce(goodBatch(trouble.now))
      for (let length = 0; length <= bytes.length; length++) {
        const peer = await trouble.connect()
        peer.write(bytes.subarray(0, length))
        await trouble.sleep(length % 3)
        peer.close()
      }
    },
  },
]

async function makeTarget(peer: Peer): Promise<void> {
  await peer.request(CreateTopicsApi, 7, {
    topics: [
      { name: 'target', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] },
    ],
    timeoutMs: 10_000,
    validateOnly: false,
  })
}

function produce(records: Buffer): Buffer {
  return request(ProduceRequest, 9, {
    transactionalId: null,
    acks: -1,
    timeoutMs: 5_000,
    topicData: [{ name: 'target', partitionData: [{ index: 0, records }] }],
  })
}

/** Runs in a world with a broker and a neighbour that has been served for a while. */
async function withNeighbour(
  settings: Readonly<Record<string, string>>,
  use: (neighbour: Neighbour, trouble: Trouble) => Promise<void>,
): Promise<void> {
  const world = new BrokerWorld(settings)
  await world.world.run(async () => {
    await world.start()
    const { network, clock } = world.world.node('neighbour')
    const peer = new Peer(await network.connect({ host: 'broker', port: 9092 }), clock)
    const neighbour = new Neighbour(peer, clock)
    await neighbour.begin()
    const trouble = new Trouble(world)
    await use(neighbour, trouble)

    for (const each of trouble.peers) each.close()
    await clock.sleep(1_000)
    world.world.network.heal()
    await neighbour.round()
    assert.equal(await metric(world, CONNECTIONS), 1, 'nothing is left of the others')
    assert.equal(await metric(world, IN_WORK), 0, 'no request holds memory')
    peer.close()
    await world.broker.close()
  })
  assert.deepEqual(world.bugs, [])
  assert.deepEqual(world.failures, [])
}

/** While there is trouble. */
async function measure(
  neighbour: Neighbour,
  trouble: Trouble,
): Promise<{ slowestMs: number; highestBytes: number }> {
  let [slowestMs, highestBytes] = [0, 0]
  try {
    for (let left = 5; left > 0; left--) {
      slowestMs = Math.max(slowestMs, await neighbour.p99(ROUNDS / 5, PAUSE_MS))
      highestBytes = Math.max(highestBytes, await trouble.metric(IN_WORK))
    }
  } finally {
    trouble.isOver = true
  }
  return { slowestMs, highestBytes }
}

for (const { name, settings = {}, run, inWorkBytesMax = MB } of cases) {
  test(`${name}: a neighbour's p99 stays within twice what it was, memory is bounded`, async () => {
    await withNeighbour(settings, async (neighbour, trouble) => {
      const quietMs = await neighbour.p99(ROUNDS, PAUSE_MS)
      const measuring = measure(neighbour, trouble)
      await Promise.all([run(trouble), measuring])
      const { slowestMs, highestBytes } = await measuring
      assert.ok(slowestMs <= 2 * quietMs, `${slowestMs} ms, and ${quietMs} ms before`)
      assert.ok(highestBytes <= inWorkBytesMax, `${highestBytes} bytes were in work`)
    })
  })
}

test('connections whose other half is gone in the middle of a request are closed once they are idle', async () => {
  const settings = { 'connections.max.idle.ms': '2000' }
  await withNeighbour(settings, async (neighbour, trouble) => {
    const quietMs = await neighbour.p99(ROUNDS, PAUSE_MS)
    for (const peer of await trouble.connectMany(50)) peer.write(metadata.subarray(0, 7))
    await trouble.sleep(100)
    assert.equal(await trouble.metric(CONNECTIONS), 51)
    trouble.vanish()
    // Idle, then waited for as long as a last word may take.
    const slowestMs = await neighbour.p99(140, 100)
    assert.ok(slowestMs <= 2 * quietMs, `${slowestMs} ms, and ${quietMs} ms before`)
    assert.equal(await trouble.metric(CONNECTIONS), 1)
  })
})

test('requests together hold queued.max.request.bytes, and one request more', async () => {
  const limit = 10 * MB
  const size = 3 * MB
  await withNeighbour({ 'queued.max.request.bytes': String(limit) }, async (neighbour, trouble) => {
    for (const peer of await trouble.connectMany(20)) {
      peer.write(sized(header(3, 1), Buffer.alloc(size, 0xff)))
    }
    let highest = 0
    for (let left = 100; left > 0; left--) {
      highest = Math.max(highest, await trouble.metric(IN_WORK))
      await trouble.sleep(1)
    }
    assert.ok(highest > size && highest < limit + size + 1_000, `${highest} bytes`)
    await neighbour.round()
  })
})

test('who holds all of queued.max.request.bytes for requests that do not come is closed', async () => {
  const settings = { 'queued.max.request.bytes': String(10 * MB) }
  await withNeighbour(settings, async (neighbour, trouble) => {
    const [first, second] = await trouble.connectMany(2)
    first!.write(int32(9 * MB))
    second!.write(int32(9 * MB))
    await trouble.sleep(20_000)
    for (let left = 30; left > 0; left--) {
      // Their trickle keeps them from being idle; alone that harms nobody.
      first!.write(Buffer.alloc(1))
      second!.write(Buffer.alloc(1))
      await trouble.sleep(1_000)
    }
    assert.ok(!first!.isClosed && !second!.isClosed)
    const began = trouble.now
    const round = neighbour.round()
    while (!first!.isClosed || !second!.isClosed) {
      first!.write(Buffer.alloc(1))
      second!.write(Buffer.alloc(1))
      await trouble.sleep(1_000)
      assert.ok(trouble.now - began < 35_000, 'closed within half a minute of being in the way')
    }
    await round
  })
})
