import { KafkaError } from '@ottla/protocol'
import type { Clock } from '@ottla/runtime'
import type { Metadata } from '../metadata.ts'
import { type Limit, type QuotaKey, QuotaLimits, type Requester } from './quota-limits.ts'
import { Rate, type RateWindow } from './rate.ts'
import { TokenBucket } from './token-bucket.ts'

export interface ClientQuotasOptions {
  readonly clock: Clock
  readonly metadata: Metadata
  /** `quota.window.num`, `quota.window.size.seconds`. */
  readonly window: RateWindow
  /** `controller.quota.window.num`, `controller.quota.window.size.seconds`. */
  readonly mutationWindow: RateWindow
}

/** Topic and partition changes of one request, charged as they are decided (KIP-599). */
export interface MutationQuota {
  /** @throws {KafkaError} THROTTLING_QUOTA_EXCEEDED where the request's version knows that error. */
  charge(partitions: number): void
  /** How long the client has to wait: for what was refused, or for what it got without being told. */
  readonly throttleMs: number
}

interface Used<Meter> {
  readonly meter: Meter
  lastMs: number
}

/** A meter that nobody used for so long is forgotten. */
const FORGOTTEN_AFTER_MS = 3_600_000
/** How many are kept: above, the longest unused go. */
const METERS_MAX = 10_000

/**
 * What clients have used of their quotas, and how long they have to wait when it was too much.
 *
 * A client over its quota is answered, and told how long it is throttled; for so long nothing more of its
 * connection is read (KIP-219). Without quotas none of this costs anything.
 */
export class ClientQuotas {
  readonly #options: ClientQuotasOptions
  readonly #limits = new QuotaLimits()
  readonly #rates = new Map<string, Used<Rate>>()
  readonly #buckets = new Map<string, Used<TokenBucket>>()

  constructor(options: ClientQuotasOptions) {
    this.#options = options
  }

  /** Whether anybody has a quota: else nothing need be measured. */
  get areAny(): boolean {
    return this.#options.metadata.image.clientQuotas.size > 0
  }

  /** @returns How long the client is throttled, whole milliseconds; 0: it is not. */
  chargeProduced(who: Requester, bytes: number): number {
    return this.#charge('producer_byte_rate', who, bytes)
  }

  /** As `chargeProduced`; a fetch that is throttled gives nothing, and is not charged. */
  chargeFetched(who: Requester, bytes: number): number {
    const limit = this.#limit('consumer_byte_rate', who)
    if (limit === null) return 0
    const nowMs = this.#nowMs()
    const rate = this.#rate('consumer_byte_rate', limit, nowMs)
    rate.note(bytes, nowMs)
    const throttleMs = rate.overMs(limit.value, nowMs)
    if (throttleMs > 0) rate.note(-bytes, nowMs)
    return throttleMs
  }

  /** The most that one fetch may give; a larger one could never be paid for. */
  fetchBytesMax(who: Requester): number {
    const limit = this.#limit('consumer_byte_rate', who)
    if (limit === null) return Infinity
    const { sampleCount, sampleMs } = this.#options.window
    return limit.value * (sampleCount - 1) * (sampleMs / 1000)
  }

  /** The quota of new connections from an address (KIP-612); null: there is none. */
  newConnectionsPerSecond(address: string): number | null {
    return this.#limits.findForAddress(this.#options.metadata.image, address)
  }

  /** @param busyMs How long the broker worked on the request. */
  chargeServed(who: Requester, busyMs: number): number {
    const throttleMs = this.#charge('request_percentage', who, busyMs / 10)
    return Math.min(throttleMs, this.#options.window.sampleMs)
  }

  /** @param isStrict Whether the request can be told that it was too much; otherwise it only waits. */
  mutations(who: Requester, isStrict: boolean): MutationQuota {
    const limit = this.#limit('controller_mutation_rate', who)
    if (limit === null) return UNLIMITED
    const { sampleCount, sampleMs } = this.#options.mutationWindow
    const { value } = limit
    const burst = value * sampleCount * (sampleMs / 1000)
    const bucket = this.#bucket(limit, burst)
    const debtMs = (): number => Math.round(bucket.debtMs(value, burst, this.#nowMs()))
    let throttleMs = 0
    return {
      charge: (partitions) => {
        if (!isStrict) bucket.take(partitions, value, burst, this.#nowMs())
        throttleMs = debtMs()
        if (!isStrict) return
        if (throttleMs > 0) throw new KafkaError('THROTTLING_QUOTA_EXCEEDED')
        bucket.take(partitions, value, burst, this.#nowMs())
      },
      get throttleMs() {
        return throttleMs
      },
    }
  }

  #charge(key: QuotaKey, who: Requester, amount: number): number {
    const limit = this.#limit(key, who)
    if (limit === null) return 0
    const nowMs = this.#nowMs()
    const rate = this.#rate(key, limit, nowMs)
    rate.note(amount, nowMs)
    return rate.overMs(limit.value, nowMs)
  }

  #limit(key: QuotaKey, who: Requester): Limit | null {
    return this.#limits.find(this.#options.metadata.image, key, who)
  }

  #rate(key: QuotaKey, { sharedBy }: Limit, nowMs: number): Rate {
    const make = (): Rate => new Rate(this.#options.window, nowMs)
    return meterOf(this.#rates, `${key} ${sharedBy}`, nowMs, make)
  }

  #bucket({ sharedBy }: Limit, burst: number): TokenBucket {
    const nowMs = this.#nowMs()
    return meterOf(this.#buckets, sharedBy, nowMs, () => new TokenBucket(burst, nowMs))
  }

  #nowMs(): number {
    return this.#options.clock.monotonic()
  }
}

const UNLIMITED: MutationQuota = { charge() {}, throttleMs: 0 }

/** The meter of that name; the map's order is that of the last use. */
function meterOf<Meter>(
  meters: Map<string, Used<Meter>>,
  name: string,
  nowMs: number,
  make: () => Meter,
): Meter {
  const found = meters.get(name)
  const used = found ?? { meter: make(), lastMs: nowMs }
  used.lastMs = nowMs
  meters.delete(name)
  meters.set(name, used)
  if (found === undefined) {
    for (const [oldest, { lastMs }] of meters) {
      if (meters.size <= METERS_MAX && nowMs - lastMs < FORGOTTEN_AFTER_MS) break
      meters.delete(oldest)
    }
  }
  return used.meter
}
