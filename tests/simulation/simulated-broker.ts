import { Broker } from '@ottla/broker'
import { type BrokerSettings, parseBrokerSettings } from '@ottla/metadata'
import type { Simulation } from '@ottla/runtime/simulated'
import type { History } from './history.ts'
import type { Promises } from './promises.ts'

export const BROKER_HOST = 'broker'
export const BROKER_PORT = 9092

/** A broker on a machine that may be killed or lose its power at any time, in mid-start too. */
export class SimulatedBroker {
  readonly #world: Simulation
  readonly #history: History
  readonly #settings: BrokerSettings
  /** The present life; what an earlier one still says counts for nothing. */
  #life = 0
  #running: Broker | null = null
  readonly #starts: PromiseWithResolvers<void>[] = []

  constructor(world: Simulation, history: History, promises: Promises) {
    this.#world = world
    this.#history = history
    this.#settings = settingsFor(promises)
  }

  get isRunning(): boolean {
    return this.#running !== null
  }

  /** Begins to start; `started` tells when clients are answered. */
  start(): void {
    this.#life += 1
    const life = this.#life
    const failed = (error: Error): void => {
      if (this.#life !== life) return
      this.#history.brokerFailures.push(error)
      for (const { reject } of this.#starts.splice(0)) reject(error)
    }
    Broker.start({
      runtime: this.#world.node(BROKER_HOST),
      settings: this.#settings,
      onFailure: failed,
    }).then((broker) => {
      if (this.#life !== life) return
      this.#running = broker
      for (const { resolve } of this.#starts.splice(0)) resolve()
    }, failed)
  }

  async started(): Promise<void> {
    if (this.#running !== null) return
    const start = Promise.withResolvers<void>()
    this.#starts.push(start)
    await start.promise
  }

  /** `kill -9`: what it wrote is with the operating system. */
  kill(): void {
    this.#end()
    this.#world.kill(BROKER_HOST)
  }

  /** The power is cut: what was not synced is lost, all of it or as chance decides page by page. */
  crash(loses: 'all' | 'some'): void {
    this.#end()
    this.#world.crash(BROKER_HOST, loses)
  }

  /** SIGTERM. */
  async stop(): Promise<void> {
    const broker = this.#running
    this.#end()
    await broker?.close()
  }

  #end(): void {
    this.#life += 1
    this.#running = null
  }
}

function settingsFor(promises: Promises): BrokerSettings {
  const settings = {
    'node.id': '1',
    listeners: `PLAINTEXT://${BROKER_HOST}:${BROKER_PORT}`,
    'log.dirs': '/data',
    'num.partitions': '2',
    'offsets.topic.num.partitions': '3',
    'group.initial.rebalance.delay.ms': '100',
    'auto.create.topics.enable': 'false',
    // Often, so that logs roll and recovery has several segments to look at.
    'log.roll.ms': '7000',
    'log.index.interval.bytes': '512',
    ...(promises === 'durable' && { 'log.flush.interval.messages': '1' }),
  }
  const where = 'the simulation'
  const parsed = parseBrokerSettings(
    Object.entries(settings).map(([name, value]) => ({ name, value, where })),
  )
  if (!('settings' in parsed)) throw new Error(JSON.stringify(parsed))
  return parsed.settings
}
