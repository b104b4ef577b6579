import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MetadataRequest } from '@ottla/protocol/messages/metadata'
import { Peer } from '../../fuzz/peer.ts'
import { BrokerWorld } from '../support/broker-world.ts'
import { header, int32, request, sized } from './bytes.ts'
import { Neighbour } from './neighbour.ts'
import { connectMany, type Trouble, troubles } from './troubles.ts'

/**
 * What hostile and unlucky peers cost their neighbour: time, which in the simulated world is exactly what it
 * waits for others, and memory, which is what the broker counts of it. The processor's time is not simulated:
 * tests/acceptance/hostile-peers.test.ts measures that on a real machine.
 */

const MB = 1_000_000
const metadata = request(MetadataRequest, 1, { topics: null })
const ROUNDS = 100
const PAUSE_MS = 10

/** Those who trouble the broker while its neighbour is measured. */
class SimulatedTrouble implements Trouble {
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

/** Runs in a world with a broker and a neighbour that has been served for a while. */
async function withNeighbour(
  settings: Readonly<Record<string, string>>,
  use: (neighbour: Neighbour, trouble: SimulatedTrouble) => Promise<void>,
): Promise<void> {
  const world = new BrokerWorld(settings)
  await world.world.run(async () => {
    await world.start()
    const { network, clock } = world.world.node('neighbour')
    const peer = new Peer(await network.connect({ host: 'broker', port: 9092 }), clock)
    const neighbour = new Neighbour(peer, clock)
    await neighbour.begin()
    const trouble = new SimulatedTrouble(world)
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
  trouble: SimulatedTrouble,
): Promise<{ slowestMs: number; highestBytes: number; connections: number }> {
  let [slowestMs, highestBytes, connections] = [0, 0, 0]
  try {
    for (let left = 5; left > 0; left--) {
      slowestMs = Math.max(slowestMs, await neighbour.p99(ROUNDS / 5, PAUSE_MS))
      highestBytes = Math.max(highestBytes, await trouble.metric(IN_WORK))
      connections = Math.max(connections, await trouble.metric(CONNECTIONS))
    }
  } finally {
    trouble.isOver = true
  }
  return { slowestMs, highestBytes, connections }
}

for (const { name, run, settings = {}, inWorkBytesMax = MB, connectionsMax = 1_000 } of troubles) {
  test(`${name}: a neighbour's p99 stays within twice what it was, memory is bounded`, async () => {
    await withNeighbour(settings, async (neighbour, trouble) => {
      const quietMs = await neighbour.p99(ROUNDS, PAUSE_MS)
      const measuring = measure(neighbour, trouble)
      await Promise.all([run(trouble), measuring])
      const { slowestMs, highestBytes, connections } = await measuring
      assert.ok(slowestMs <= 2 * quietMs, `${slowestMs} ms, and ${quietMs} ms before`)
      assert.ok(highestBytes <= inWorkBytesMax, `${highestBytes} bytes were in work`)
      assert.ok(connections <= connectionsMax, `${connections} connections`)
    })
  })
}

test('connections whose other half is gone in the middle of a request are closed once they are idle', async () => {
  const settings = { 'connections.max.idle.ms': '2000' }
  await withNeighbour(settings, async (neighbour, trouble) => {
    const quietMs = await neighbour.p99(ROUNDS, PAUSE_MS)
    for (const peer of await connectMany(trouble, 50)) peer.write(metadata.subarray(0, 7))
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
    for (const peer of await connectMany(trouble, 20)) {
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
    const [first, second] = await connectMany(trouble, 2)
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
