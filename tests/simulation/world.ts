import { Client } from '@ottla/client'
import { type SeededRandom, type Simulation, simulation } from '@ottla/runtime/simulated'
import { History } from './history.ts'
import { allPromises, type Promises } from './promises.ts'
import { BROKER_HOST, BROKER_PORT, SimulatedBroker } from './simulated-broker.ts'

/** One seeded world: a broker, clients around it, and what they were told. */
export class World {
  readonly simulation: Simulation
  readonly history = new History()
  readonly promises: Promises
  readonly broker: SimulatedBroker
  /** Everybody goes on until this is true. */
  isEnding = false

  constructor(seed: number, promises?: Promises) {
    this.simulation = simulation({ seed })
    this.promises = promises ?? this.pick(allPromises)
    this.broker = new SimulatedBroker(this.simulation, this.history, this.promises)
  }

  get random(): SeededRandom {
    return this.simulation.random
  }

  /** A new client on a machine of its own. */
  client(host: string): Client {
    return new Client({
      runtime: this.simulation.node(host),
      bootstrapServers: `${BROKER_HOST}:${BROKER_PORT}`,
      clientId: host,
      requestTimeoutMs: 5_000,
      connectTimeoutMs: 2_000,
      callTimeoutMs: 3_600_000,
    })
  }

  /** One of them, as chance has it. */
  pick<T>(items: readonly T[]): T {
    return items[this.random.int(items.length)]!
  }

  /** A whole number of milliseconds, evenly spread. */
  pause(least: number, most: number): Promise<void> {
    const ms = least + this.random.int(most - least + 1)
    return this.simulation.node('director').clock.sleep(ms)
  }
}
