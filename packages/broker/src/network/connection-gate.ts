import type { Clock } from '@ottla/runtime'
import { Rate, type RateWindow } from '../quotas/rate.ts'

/** Settings of connections; all may change while the broker runs. */
export interface ConnectionLimits {
  /** `max.connections`: of the whole broker. */
  readonly connectionsMax: number
  /** `max.connections.per.ip` */
  readonly perAddressMax: number
  /** `max.connections.per.ip.overrides`: by address. */
  readonly perAddressOverrides: ReadonlyMap<string, number>
  /** `max.connection.creation.rate`: new ones a second, of the whole broker. */
  readonly newPerSecondMax: number
}

export interface ConnectionGateOptions {
  readonly clock: Clock
  readonly limits: ConnectionLimits
  /** Connections for which the process has descriptors, whatever the settings say. Default: any number. */
  readonly descriptorsMax?: number
  /** `quota.window.num`, `quota.window.size.seconds`. */
  readonly window: RateWindow
  /** The quota of new connections a second from this address (KIP-612); null: none. */
  readonly newPerSecondFrom: (address: string) => number | null
}

export type Admission =
  /** It is served; if there were too many lately, only after a while. */
  | { readonly isOpen: true; readonly delayMs: number }
  /** It is closed; if its address opened too many lately, only after a while, lest it comes back at once. */
  | { readonly isOpen: false; readonly reason: string; readonly delayMs: number }

/** Addresses whose rate is remembered; with more, the one longest silent is forgotten. */
const ADDRESSES_MAX = 10_000

/** Decides which connections a broker takes, and when: one for all of its listeners. */
export class ConnectionGate {
  readonly #options: ConnectionGateOptions
  readonly #perAddress = new Map<string, number>()
  readonly #newFrom = new Map<string, Rate>()
  readonly #new: Rate
  readonly #descriptorsMax: number
  #count = 0
  limits: ConnectionLimits

  constructor(options: ConnectionGateOptions) {
    this.#options = options
    this.limits = options.limits
    this.#descriptorsMax = options.descriptorsMax ?? Infinity
    this.#new = new Rate(options.window, options.clock.monotonic())
  }

  /** What is to be done with a connection from `address`; one that is open is given back by `leave`. */
  admit(address: string): Admission {
    const { connectionsMax, perAddressMax, perAddressOverrides } = this.limits
    const fromAddress = this.#perAddress.get(address) ?? 0
    if (this.#count >= connectionsMax) return refused('too many are open')
    if (this.#count >= this.#descriptorsMax) {
      return refused('the process may not open so many files (ulimit -n); others are for its logs')
    }
    if (fromAddress >= (perAddressOverrides.get(address) ?? perAddressMax)) {
      return refused('too many are open from this address')
    }
    const lateMs = this.#noteFrom(address)
    if (lateMs > 0) return refused('this address opens them too fast', lateMs)
    this.#count += 1
    this.#perAddress.set(address, fromAddress + 1)
    return { isOpen: true, delayMs: this.#note() }
  }

  leave(address: string): void {
    this.#count -= 1
    const left = (this.#perAddress.get(address) ?? 1) - 1
    if (left === 0) this.#perAddress.delete(address)
    else this.#perAddress.set(address, left)
  }

  #note(): number {
    const nowMs = this.#options.clock.monotonic()
    this.#new.note(1, nowMs)
    return this.#new.overMs(this.limits.newPerSecondMax, nowMs)
  }

  /** A connection that is refused for its address' rate does not count. */
  #noteFrom(address: string): number {
    const max = this.#options.newPerSecondFrom(address)
    if (max === null) return 0
    const nowMs = this.#options.clock.monotonic()
    const rate = this.#newFrom.get(address) ?? new Rate(this.#options.window, nowMs)
    this.#newFrom.delete(address)
    this.#newFrom.set(address, rate)
    if (this.#newFrom.size > ADDRESSES_MAX) {
      for (const oldest of this.#newFrom.keys()) {
        this.#newFrom.delete(oldest)
        break
      }
    }
    rate.note(1, nowMs)
    const lateMs = rate.overMs(max, nowMs)
    if (lateMs > 0) rate.note(-1, nowMs)
    return lateMs
  }
}

function refused(reason: string, delayMs: number = 0): Admission {
  return { isOpen: false, reason, delayMs }
}
