import type { SeededRandom } from './seeded-random.ts'
import type { SimulatedSocket } from './simulated-socket.ts'

/** How a network behaves. */
export interface NetworkConditions {
  /** One way, in milliseconds, evenly spread. */
  readonly delayMs: readonly [least: number, most: number]
  /** How often, from 0 to 1, what was written together is cut into pieces. */
  readonly cutRate: number
}

export const defaultConditions: NetworkConditions = { delayMs: [0.02, 0.3], cutRate: 0.3 }

/** Everything between two hosts: what it is like now, and which connections run over it. */
export class Link {
  conditions: NetworkConditions
  readonly sockets: Set<SimulatedSocket> = new Set()
  /** Arrivals that wait for the link to heal, in order. */
  held: (() => void)[] = []
  #isCut = false
  readonly #random: SeededRandom

  constructor(random: SeededRandom, conditions: NetworkConditions) {
    this.#random = random
    this.conditions = conditions
  }

  get isCut(): boolean {
    return this.#isCut
  }

  delayMs(): number {
    const [least, most] = this.conditions.delayMs
    return least + this.#random.float() * (most - least)
  }

  /** How many of `mostBytes` travel together: all, or anything down to a single byte. */
  chunkBytes(mostBytes: number): number {
    if (this.#random.float() >= this.conditions.cutRate) return mostBytes
    const scale = this.#random.int(Math.ceil(Math.log2(mostBytes)) + 1)
    return Math.min(mostBytes, 1 + this.#random.int(2 ** scale))
  }

  /** Nothing arrives any more, and nobody is told. */
  cut(): void {
    this.#isCut = true
  }

  heal(): void {
    this.#isCut = false
    const held = this.held
    this.held = []
    for (const arrive of held) arrive()
    for (const socket of this.sockets) socket.linkHealed()
  }

  /** Breaks every connection. */
  resetAll(): void {
    for (const socket of Array.from(this.sockets)) socket.reset()
  }
}
