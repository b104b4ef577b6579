import { assert } from '../assert.ts'
import type { Runtime } from '../runtime.ts'
import { Scheduler } from './scheduler.ts'
import { SeededRandom } from './seeded-random.ts'
import { SimulatedClock } from './simulated-clock.ts'
import { SimulatedDisk } from './simulated-disk.ts'
import { SimulatedHealth } from './simulated-health.ts'
import { SimulatedMedium } from './simulated-medium.ts'
import { SimulatedNetwork } from './simulated-network.ts'
import { SimulatedProcess } from './simulated-process.ts'
import type { CrashLoss } from './survival.ts'
import type { Trace } from './trace.ts'
import { traceLogger } from './trace-logger.ts'

export interface SimulationOptions {
  /** Whole number; default 1. */
  readonly seed?: number
}

/** A world of machines on virtual time. */
export function simulation(options: SimulationOptions = {}): Simulation {
  return new Simulation(options.seed ?? 1)
}

/** A simulated machine as its process sees it, with what only a test may touch. */
export interface SimulatedRuntime extends Runtime {
  readonly clock: SimulatedClock
  readonly random: SeededRandom
}

interface Node {
  readonly medium: SimulatedMedium
  process: SimulatedProcess
  runtime: SimulatedRuntime
  lives: number
}

export class Simulation {
  readonly seed: number
  readonly network: SimulatedNetwork
  readonly #scheduler = new Scheduler()
  readonly #random: SeededRandom
  readonly #nodes = new Map<string, Node>()

  constructor(seed: number) {
    this.seed = seed
    this.#random = new SeededRandom(seed)
    this.network = new SimulatedNetwork(this.#random.fork('network'))
  }

  get trace(): Trace {
    return this.#scheduler.trace
  }

  /** Virtual milliseconds since the start. */
  get time(): number {
    return this.#scheduler.time
  }

  /** Chance for the test itself. */
  get random(): SeededRandom {
    return this.#random
  }

  /** The machine of that name, which is also its host name: made at first, the same later on. */
  node(name: string): SimulatedRuntime {
    return this.#node(name).runtime
  }

  /** The machine's disk, as a test sees it. */
  medium(name: string): SimulatedMedium {
    return this.#node(name).medium
  }

  /**
   * Ends the machine's process as `kill -9` does: connections break, timers are gone, files stay as
   * they are. `node(name)` then is a new process on the same disk.
   */
  kill(name: string): void {
    const node = this.#node(name)
    this.#scheduler.record(`${name} killed`)
    node.process.kill()
    node.lives += 1
    this.#startProcess(name, node)
  }

  /** Cuts the machine's power: as `kill`, and what was not synced is lost as `loses` says. */
  crash(name: string, loses: CrashLoss = 'all'): void {
    this.kill(name)
    this.#scheduler.record(`${name} loses ${loses} unsynced`)
    this.#node(name).medium.crash(loses)
  }

  /**
   * Runs the world until `main` is done.
   * @throws What `main` or an event throws; an Error when `main` waits for what will never happen.
   */
  async run<T>(main: () => Promise<T>): Promise<T> {
    let outcome: { value: T } | { error: unknown } | null = null
    main().then(
      (value) => (outcome = { value }),
      (error: unknown) => (outcome = { error }),
    )
    const end = await this.#scheduler.run(() => outcome !== null, Infinity)
    const found = outcome as { value: T } | { error: unknown } | null
    if (found === null) {
      throw new Error(`seed ${this.seed}: main waits for ever (${end}, at ${this.time} ms)`)
    }
    if ('error' in found) throw found.error
    return found.value
  }

  /** Runs all that happens in the next `ms` milliseconds; time then is exactly that much later. */
  async advance(ms: number): Promise<void> {
    const until = this.#scheduler.time + ms
    await this.#scheduler.run(() => false, until)
    this.#scheduler.moveTo(until)
  }

  /** Runs until `isTrue`, checked between events. @throws {Error} when `withinMs` pass before. */
  async runUntil(isTrue: () => boolean, withinMs: number = 60_000): Promise<void> {
    const end = await this.#scheduler.run(isTrue, this.#scheduler.time + withinMs)
    if (end === 'done') return
    throw new Error(`seed ${this.seed}: not true within ${withinMs} ms (${end})`)
  }

  /** Runs until nothing is left to happen. */
  async settle(): Promise<void> {
    await this.#scheduler.run(() => false, Infinity)
  }

  #node(name: string): Node {
    const known = this.#nodes.get(name)
    if (known !== undefined) return known
    assert(/^[\w.-]+$/.test(name), 'a node is named like a host')
    this.network.addHost(name)
    const medium = new SimulatedMedium(this.#random.fork(`disk ${name}`))
    const node = { medium, lives: 1 } as Node
    this.#startProcess(name, node)
    this.#nodes.set(name, node)
    return node
  }

  #startProcess(name: string, node: Node): void {
    const process = new SimulatedProcess(this.#scheduler, name)
    const clock = new SimulatedClock(process)
    node.process = process
    node.runtime = {
      clock,
      random: this.#random.fork(`${name} ${node.lives}`),
      network: this.network.of(process),
      disk: new SimulatedDisk(process, node.medium),
      logger: traceLogger(process),
      health: new SimulatedHealth(process),
    }
  }
}
