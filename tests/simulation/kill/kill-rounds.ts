import { setTimeout as sleep } from 'node:timers/promises'
import { Client, offsetOf, type Producer } from '@ottla/client'
import { silentLogger } from '@ottla/runtime'
import { nodeRuntime } from '@ottla/runtime/node'
import { startBroker } from '../../interop/broker-under-test.ts'

/** How many sends of a writer may be unanswered. */
const UNANSWERED_MAX = 200
const KEYS = 50
const VALUE_BYTES = 500

/** Each of one partition, so that there is one order. */
const topics = {
  /** Keeps everything. */
  letters: { 'internal.segment.bytes': '100000' },
  /** Keeps the last value of each key, and is compacted without a rest. */
  keyed: {
    'cleanup.policy': 'compact',
    'internal.segment.bytes': '50000',
    'min.cleanable.dirty.ratio': '0.01',
  },
  /** Keeps little. */
  passing: { 'internal.segment.bytes': '50000', 'retention.bytes': '200000' },
} as const
type Topic = keyof typeof topics
const allTopics = Object.keys(topics) as Topic[]

interface Stored {
  readonly offset: number
  readonly key: string
  readonly value: string
}

export interface KillOutcome {
  readonly rounds: number
  readonly acknowledged: number
  /** What was promised and is not so. */
  readonly breaches: readonly string[]
}

/**
 * A real broker on a real disk with idempotent producers (acks=all), killed with SIGKILL at random
 * moments and started again, while segments roll, compaction and retention run hot.
 */
export async function killRounds(rounds: number): Promise<KillOutcome> {
  await using broker = await startBroker({
    target: 'ottla',
    settings: {
      'log.retention.check.interval.ms': '50',
      'log.cleaner.backoff.ms': '50',
      'log.flush.offset.checkpoint.interval.ms': '100',
    },
  })
  const client = new Client({
    runtime: nodeRuntime({ logger: silentLogger }),
    bootstrapServers: broker.address,
    callTimeoutMs: 120_000,
  })
  for (const [name, configs] of Object.entries(topics)) {
    const [made] = await client.admin.createTopics([{ name, partitions: 1, configs }])
    if (made?.error != null) throw made.error
  }
  const writers = allTopics.map((topic) => new Writer(client, topic))
  const writing = writers.map((writer) => writer.run())
  for (let round = 0; round < rounds; round++) {
    await sleep(100 + Math.random() * 900)
    await broker.kill()
    await broker.start()
    // Into the recovery, too.
    if (round % 3 !== 2) continue
    await broker.kill()
    await broker.start()
  }
  await sleep(500)
  for (const writer of writers) writer.isEnding = true
  await Promise.all(writing)
  const breaches: string[] = []
  for (const writer of writers)
    breaches.push(...writer.breaches(await readAll(client, writer.topic)))
  if (/failed unexpectedly|Invariant/.test(broker.output()))
    breaches.push('the broker made mistakes')
  await client.close()
  const acknowledged = writers.reduce((sum, writer) => sum + writer.acknowledged.size, 0)
  return { rounds, acknowledged, breaches }
}

/** Sends numbered records, and remembers which were acknowledged and where they are. */
class Writer {
  readonly topic: Topic
  /** Offset by number. */
  readonly acknowledged: Map<number, number> = new Map()
  isEnding = false
  readonly #producer: Producer
  readonly #failures: string[] = []
  #next = 0
  #unanswered = 0

  constructor(client: Client, topic: Topic) {
    this.topic = topic
    this.#producer = client.producer({
      lingerMs: 2,
      batchSizeBytes: 8_000,
      deliveryTimeoutMs: 120_000,
    })
  }

  async run(): Promise<void> {
    while (!this.isEnding) {
      for (let left = 20; left > 0 && this.#unanswered < UNANSWERED_MAX; left--) this.#send()
      await sleep(2)
    }
    await this.#producer.close()
  }

  *breaches(stored: readonly Stored[]): Generator<string> {
    const { topic } = this
    for (const failure of this.#failures) yield `${topic}: a send failed: ${failure}`
    const start = stored[0]?.offset ?? 0
    const found = new Map<number, Stored>()
    let last = -1
    for (const record of stored) {
      const number = Number(record.value.split(' ')[0])
      if (found.has(number)) yield `${topic}: ${number} is there twice, last at ${record.offset}`
      if (number <= last) yield `${topic}: ${number} comes after ${last}`
      found.set(number, record)
      last = number
    }
    const latest = new Map<string, number>()
    for (const number of found.keys()) latest.set(keyOf(number), number)
    for (const [number, offset] of this.acknowledged) {
      const record = found.get(number)
      if (record !== undefined && record.offset !== offset) {
        yield `${topic}: ${number} is at ${record.offset}, not at ${offset}`
      }
      if (record !== undefined) continue
      if (topic === 'passing' && offset < start) continue
      if (topic === 'keyed' && (latest.get(keyOf(number)) ?? -1) > number) continue
      yield `${topic}: ${number}, acknowledged at ${offset}, is lost`
    }
  }

  #send(): void {
    const number = this.#next++
    const value = `${number} `.padEnd(VALUE_BYTES, '.')
    this.#unanswered++
    this.#producer
      .send({ topic: this.topic, partition: 0, key: keyOf(number), value })
      .then(
        ({ offset }) => this.acknowledged.set(number, offset),
        (error: unknown) => this.#failures.push(String(error)),
      )
      .finally(() => this.#unanswered--)
  }
}

function keyOf(number: number): string {
  return `key-${(number * 7919) % KEYS}`
}

async function readAll(client: Client, topic: Topic): Promise<Stored[]> {
  const partition = { topic, partition: 0 }
  const end = await offsetOf(client.cluster, partition, 'latest')
  const consumer = client.consumer({ offsetReset: 'earliest' })
  consumer.assign([{ ...partition, start: 'earliest' }])
  const stored: Stored[] = []
  while ((consumer.position(partition) ?? 0) < end) {
    for (const { offset, key, value } of await consumer.poll()) {
      stored.push({ offset, key: String(key), value: String(value) })
    }
  }
  consumer.close()
  return stored
}
