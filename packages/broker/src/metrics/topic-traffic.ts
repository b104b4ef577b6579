import type { Slices } from './slices.ts'

/** What went in and out of a topic on this broker, since it is here. */
export class TopicTraffic {
  /** In the order of `trafficFields`: no memory is taken by counting. */
  readonly values: Float64Array = new Float64Array(trafficFields.length)

  countProduced(records: number, bytes: number): void {
    this.values[MESSAGES_IN]! += records
    this.values[BYTES_IN]! += bytes
    this.values[PRODUCE_REQUESTS]! += 1
  }

  countFailedProduce(rejectedBytes: number): void {
    this.values[PRODUCE_REQUESTS]! += 1
    this.values[FAILED_PRODUCE_REQUESTS]! += 1
    this.values[BYTES_REJECTED]! += rejectedBytes
  }

  countFetched(records: number, bytes: number): void {
    this.values[MESSAGES_OUT]! += records
    this.values[BYTES_OUT]! += bytes
    this.values[FETCH_REQUESTS]! += 1
  }

  countFailedFetch(): void {
    this.values[FETCH_REQUESTS]! += 1
    this.values[FAILED_FETCH_REQUESTS]! += 1
  }

  /** Bytes in and out: which topics are shown first. */
  get bytes(): number {
    return this.values[BYTES_IN]! + this.values[BYTES_OUT]!
  }
}

/** With the metric that shows each. */
export const trafficFields = [
  'kafka_server_brokertopicmetrics_messagesin_total',
  'kafka_server_brokertopicmetrics_bytesin_total',
  'kafka_server_brokertopicmetrics_bytesrejected_total',
  'kafka_server_brokertopicmetrics_totalproducerequests_total',
  'kafka_server_brokertopicmetrics_failedproducerequests_total',
  'ottla_server_brokertopicmetrics_messagesout_total',
  'kafka_server_brokertopicmetrics_bytesout_total',
  'kafka_server_brokertopicmetrics_totalfetchrequests_total',
  'kafka_server_brokertopicmetrics_failedfetchrequests_total',
] as const

const MESSAGES_IN = 0
const BYTES_IN = 1
const BYTES_REJECTED = 2
const PRODUCE_REQUESTS = 3
const FAILED_PRODUCE_REQUESTS = 4
const MESSAGES_OUT = 5
const BYTES_OUT = 6
const FETCH_REQUESTS = 7
const FAILED_FETCH_REQUESTS = 8

export interface ShownTraffic {
  readonly topic: string
  readonly values: Float64Array
}

/** Topics shown by name, and the sum of all others. */
export interface TrafficShown {
  readonly shown: readonly ShownTraffic[]
  readonly rest: Float64Array
}

interface Counted {
  readonly topic: string
  readonly traffic: TopicTraffic
  isShown: boolean
  /** What the rest's sum has of it: all, as of the last look, until it is shown by name. */
  summed: Float64Array | null
}

/**
 * The traffic of all topics, of which only so many are shown by name, the rest as one sum.
 *
 * Invariants
 *   no counter that is shown ever goes back, the rest's included: a topic that is shown by name from
 *   now on begins there with what came since the last look, and what it had before stays in the rest
 *   the sum of all that is shown is all that was counted, but for topics shown by name and deleted
 */
export class TopicTraffics {
  readonly #topics = new Map<string, Counted>()
  /** Of deleted topics, what was not shown by name. */
  readonly #retired = new Float64Array(trafficFields.length)
  #shown = 0

  of(topic: string): TopicTraffic {
    let counted = this.#topics.get(topic)
    if (counted === undefined) {
      counted = { topic, traffic: new TopicTraffic(), isShown: false, summed: null }
      this.#topics.set(topic, counted)
    }
    return counted.traffic
  }

  /** The topic was deleted. */
  retire(topic: string): void {
    const counted = this.#topics.get(topic)
    if (counted === undefined) return
    this.#topics.delete(topic)
    if (!counted.isShown) return addTo(this.#retired, counted.traffic.values)
    this.#shown -= 1
    if (counted.summed !== null) addTo(this.#retired, counted.summed)
  }

  /** Whether a topic is shown by name. */
  isShown(topic: string): boolean {
    return this.#topics.get(topic)?.isShown ?? false
  }

  /**
   * Who is shown by name, and the sum of the others. Whoever was shown before still is; while there is
   * room the busiest of the others join them, of more topics than there is room for only those that had
   * any traffic.
   */
  async show(topicsMax: number, slices: Slices): Promise<TrafficShown> {
    if (this.#shown < topicsMax && this.#shown < this.#topics.size) this.#showMore(topicsMax)
    const shown: ShownTraffic[] = []
    const rest = Float64Array.from(this.#retired)
    // As of now: a topic that is deleted between two slices is counted once all the same.
    const topics = [...this.#topics.values()]
    for (const counted of topics) {
      const { topic, traffic, isShown, summed } = counted
      if (isShown) {
        if (summed !== null) addTo(rest, summed)
        const values = Float64Array.from(traffic.values)
        if (summed !== null) takeFrom(values, summed)
        shown.push({ topic, values })
      } else {
        addTo(rest, traffic.values)
        counted.summed ??= new Float64Array(trafficFields.length)
        counted.summed.set(traffic.values)
      }
      if (slices.isOver) await slices.nextTurn()
    }
    return { shown, rest }
  }

  #showMore(topicsMax: number): void {
    const hasRoomForAll = this.#topics.size <= topicsMax
    const waiting = [...this.#topics.values()].filter(
      ({ isShown, traffic }) => !isShown && (hasRoomForAll || traffic.bytes > 0),
    )
    waiting.sort((one, other) => other.traffic.bytes - one.traffic.bytes)
    for (const counted of waiting.slice(0, topicsMax - this.#shown)) {
      counted.isShown = true
      this.#shown += 1
    }
  }
}

function addTo(sum: Float64Array, values: Float64Array): void {
  for (let at = 0; at < sum.length; at++) sum[at]! += values[at]!
}

function takeFrom(values: Float64Array, part: Float64Array): void {
  for (let at = 0; at < values.length; at++) values[at]! -= part[at]!
}
