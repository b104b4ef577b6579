import type { Random } from '@ottla/runtime'

/** Never in any pool: whatever the fuzzer says, it may not mean the innocent client's. */
export const INNOCENT_TOPIC = 'quiet-topic'
export const INNOCENT_GROUP = 'quiet-group'

/** What the broker of a fuzzed world has from the start, partitions by topic. */
export const fuzzedTopics: ReadonlyMap<string, number> = new Map([
  ['plain', 3],
  ['compacted', 2],
  ['stamped', 1],
])

/** The one in which the fuzzer has a proper member from time to time. */
export const FUZZED_GROUP = 'group-a'

const odd: readonly string[] = [
  '',
  '.',
  '..',
  'a/b',
  'x'.repeat(249),
  'x'.repeat(5_000),
  'ä\u0000',
  '\ufffd',
]

/** How many learned values of a kind are kept: few, so that those of one request often belong together. */
const LEARNED_MAX = 6

/**
 * Values that mean something to the broker, by the name of the field that holds them: topics and groups
 * that exist, ids that it gave out. What they hit is deeper than what chance alone would.
 */
export class Pools {
  readonly #random: Random
  readonly #learned = new Map<string, unknown[]>()
  readonly #forbidden = new Set<string>()
  #created = 0

  constructor(random: Random) {
    this.#random = random
  }

  /** Values that are never to be sent: the innocent client's ids. */
  forbid(value: string): void {
    this.#forbidden.add(value)
  }

  isForbidden(value: unknown): boolean {
    return typeof value === 'string' && this.#forbidden.has(value)
  }

  /** Keeps what an answer tells. */
  learn(value: unknown, field: string = ''): void {
    if (Array.isArray(value)) for (const each of value.slice(0, 20)) this.learn(each, field)
    else if (Buffer.isBuffer(value) || value === null || value === undefined) return
    else if (typeof value === 'object') {
      for (const [name, inner] of Object.entries(value)) this.learn(inner, name)
    } else if (learnedFields.has(field) && !this.isForbidden(value)) {
      let known = this.#learned.get(field)
      if (known === undefined) this.#learned.set(field, (known = []))
      if (known.length < LEARNED_MAX) known.push(value)
      else known[this.#random.int(LEARNED_MAX)] = value
    }
  }

  /** A value for a field of that name in place of `value`, which a golden message holds there. */
  replace(field: string, value: unknown): unknown {
    const random = this.#random
    const learned = this.#learned.get(field)
    if (learned !== undefined && random.int(4) > 0) return this.pick(learned)
    if (field === 'transactionalId' && random.int(4) > 0) return null
    if (typeof value === 'boolean') return random.int(2) === 0
    if (typeof value === 'string') return this.#text(field) ?? value
    if (typeof value === 'number' || typeof value === 'bigint') return this.#number(field, value)
    if (Buffer.isBuffer(value)) return random.int(2) === 0 ? value : random.bytes(random.int(64))
    return value
  }

  pick<T>(values: readonly T[]): T {
    return values[this.#random.int(values.length)]!
  }

  #text(field: string): string | undefined {
    const random = this.#random
    if (random.int(20) === 0) return this.pick(odd)
    switch (field) {
      case 'name':
      case 'topic':
      case 'topics':
      case 'topicName':
      case 'resourceName':
      case 'topicNames':
        return this.#topic()
      case 'groupId':
      case 'groups':
      case 'groupsNames':
      case 'key':
      case 'coordinatorKeys':
        return random.int(3) > 0 ? FUZZED_GROUP : this.pick(['group-b', 'group-c', ''])
      case 'groupInstanceId':
        return this.pick(['static-1', 'static-2', ''])
      case 'memberId':
        return this.pick(['', 'nobody'])
      case 'protocolType':
        return random.int(8) > 0 ? 'consumer' : this.pick(['connect', ''])
      case 'protocolName':
        return this.pick(['range', 'roundrobin'])
      default:
        return undefined
    }
  }

  #topic(): string {
    const random = this.#random
    if (random.int(40) === 0) return '__consumer_offsets'
    if (random.int(10) > 0) return this.pick([...fuzzedTopics.keys()])
    // Few in all: each costs the simulated disk its files.
    if (random.int(8) === 0) this.#created += 1
    return `made-${this.#created % 20}`
  }

  #number(field: string, value: number | bigint): number | bigint {
    const random = this.#random
    if (random.int(20) === 0) return this.pick([-2, -1, 0, 1, 127, 32_767, 2 ** 31 - 1, -(2 ** 31)])
    switch (field) {
      case 'index':
      case 'partition':
      case 'partitionIndex':
      case 'partitions':
      case 'partitionIndexes':
        return random.int(4) - (random.int(10) === 0 ? 2 : 0)
      case 'numPartitions':
        return this.pick([-1, 1, 2, 3, 0])
      case 'replicationFactor':
        return this.pick([-1, 1, 1, 2, 0])
      case 'offset':
      case 'fetchOffset':
      case 'committedOffset':
      case 'logStartOffset':
        return this.pick([-1, 0, 1, 5, 100, 2 ** 40])
      case 'timestamp':
        return this.pick([-5, -4, -3, -2, -1, 0, 1_700_000_000_000])
      case 'currentLeaderEpoch':
      case 'leaderEpoch':
      case 'committedLeaderEpoch':
      case 'memberEpoch':
        return this.pick([-1, -1, 0, 1, 9])
      case 'sessionEpoch':
        return this.pick([-1, 0, 1, 2, 3])
      case 'replicaId':
        return this.pick([-1, -1, -1, -2, 1, 7])
      case 'acks':
        return this.pick([-1, -1, 1, 1, 0, 2])
      case 'minBytes':
        return this.pick([0, 1, 1_000_000, -1])
      case 'maxBytes':
      case 'partitionMaxBytes':
        return this.pick([0, 1, 1_000, 1_000_000, 2 ** 31 - 1, -1])
      case 'maxWaitMs':
      case 'timeoutMs':
        return this.pick([0, 10, 500, 30_000, -1])
      case 'sessionTimeoutMs':
      case 'rebalanceTimeoutMs':
        return this.pick([6_000, 10_000, 45_000, 1])
      case 'isolationLevel':
        return random.int(3)
      case 'keyType':
        return random.int(3)
      case 'resourceType':
        return this.pick([2, 2, 2, 4, 8, 16, 32, 0])
      case 'generationId':
      case 'generationIdOrMemberEpoch':
        return random.int(6) - 1
      case 'transactionTimeoutMs':
        return this.pick([1, 60_000, 60_000, -1])
      default:
        return value
    }
  }
}

const learnedFields: ReadonlySet<string> = new Set([
  'memberId',
  'topicId',
  'producerId',
  'producerEpoch',
  'sessionId',
  'generationId',
  'protocolName',
  'highWatermark',
])
