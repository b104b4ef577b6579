import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InnocentClient } from '../../fuzz/innocent-client.ts'
import { Peer } from '../../fuzz/peer.ts'
import { BrokerWorld } from '../support/broker-world.ts'

/** A broker in the simulated world, somebody hostile, and an innocent client that must not notice. */
export class HostileWorld {
  readonly #broker: BrokerWorld
  readonly #linesBefore: number

  constructor(broker: BrokerWorld) {
    this.#broker = broker
    this.#linesBefore = broker.world.trace.count
  }

  get now(): number {
    return this.#broker.world.node('hostile').clock.now()
  }

  sleep(ms: number): Promise<void> {
    return this.#broker.world.node('hostile').clock.sleep(ms)
  }

  connect(): Promise<Peer> {
    return connect(this.#broker, 'hostile')
  }

  /** What the broker has logged at level warn or error since the hostile one began. */
  get warnings(): readonly string[] {
    const { trace } = this.#broker.world
    return trace.entries
      .slice(this.#linesBefore)
      .map(({ what }) => what)
      .filter((what) => /^broker\S* (warn|error) /.test(what))
  }

  /** Exactly one line says that a connection was closed, whose and why. */
  assertOneLine(reason: RegExp): void {
    assert.equal(this.warnings.length, 1, this.warnings.join('\n') || 'no line was logged')
    const [line] = this.warnings
    assert.match(line!, /warn connection closed peer=10\.0\.\d+\.\d+:\d+ reason=/)
    assert.match(line!, reason)
  }
}

/** A test in such a world; the innocent client is checked before, and again after. */
export function hostileTest(
  name: string,
  run: (world: HostileWorld) => Promise<void>,
  settings: Readonly<Record<string, string>> = {},
): void {
  test(name, async () => {
    const broker = new BrokerWorld({ 'offsets.topic.num.partitions': '1', ...settings })
    await broker.world.run(async () => {
      await broker.start()
      const now = (): number => broker.world.node('innocent').clock.now()
      const innocent = new InnocentClient(() => connect(broker, 'innocent'), now)
      await innocent.begin()
      await innocent.check()
      await run(new HostileWorld(broker))
      // Its own connection was idle too.
      if ('connections.max.idle.ms' in settings) await innocent.reconnect()
      await innocent.check()
      innocent.close()
      await broker.broker.close()
    })
    assert.deepEqual(broker.bugs, [])
    const errors = broker.world.trace.entries.filter(({ what }) => /^broker\S* error /.test(what))
    assert.deepEqual(errors, [], 'it closed without an error')
    assert.deepEqual(broker.failures, [])
  })
}

async function connect(broker: BrokerWorld, from: string): Promise<Peer> {
  const { network, clock } = broker.world.node(from)
  return new Peer(await network.connect({ host: 'broker', port: 9092 }), clock)
}
