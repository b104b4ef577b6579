import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { CreateTopicsApi } from '@ottla/protocol/messages/create-topics'
import { nodeRuntime } from '@ottla/runtime/node'
import { BrokerWorld, RawClient } from './broker-world.ts'

/**
 * Where the behaviours that these tests state were seen: the address of an Apache Kafka 4.3.1 with one
 * node (id 1) and `group.initial.rebalance.delay.ms=0`. With it set the same tests ask that broker:
 *
 *   OTTLA_TEST_REFERENCE=127.0.0.1:9092 node --conditions=ottla-src --test 'packages/broker/test/apis/*'
 */
const reference = process.env['OTTLA_TEST_REFERENCE']

export interface MadeTopic {
  readonly name: string
  readonly id: string
}

/** A broker to ask, simulated or the reference. */
export interface Subject {
  readonly client: RawClient
  /** What sets this test's names apart from all others. */
  readonly unique: string
  readonly connect: () => Promise<RawClient>
  /** A new topic, with one partition when nothing else is said. */
  readonly topic: (
    configs?: Readonly<Record<string, string>>,
    partitions?: number,
  ) => Promise<MadeTopic>
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<void>
  /** Milliseconds that `task` took; simulated ones are exact. */
  readonly time: (task: () => Promise<unknown>) => Promise<number>
  /** null when this is the reference. */
  readonly world: BrokerWorld | null
}

export interface BehaviourOptions {
  /** Of the broker; a test that needs some is about the simulated one alone. */
  readonly settings?: Readonly<Record<string, string>>
  /** It restarts the broker, moves time by hours or looks at what Kafka does not show. */
  readonly isOwn?: boolean
}

/** One behaviour that Apache Kafka 4.3.1 has, and this broker too. */
export function behaviour(
  name: string,
  use: (subject: Subject) => Promise<void>,
  { settings, isOwn = settings !== undefined }: BehaviourOptions = {},
): void {
  if (reference === undefined) {
    test(name, () => withSimulated(use, settings))
  } else {
    test(name, { skip: isOwn, timeout: 60_000 }, () => withReference(use, reference))
  }
}

async function withSimulated(
  use: (subject: Subject) => Promise<void>,
  settings: Readonly<Record<string, string>> = {},
): Promise<void> {
  const world = new BrokerWorld({ 'offsets.topic.num.partitions': '3', ...settings })
  await world.world.run(async () => {
    await world.start()
    const client = await world.client()
    const { clock } = world.world.node('client')
    await use({
      client,
      unique: 'here',
      world,
      connect: () => world.client(),
      topic: topicMaker(client, 'here'),
      now: () => clock.now(),
      sleep: (ms) => clock.sleep(ms),
      time: timer(() => clock.monotonic()),
    })
    client.close()
    await world.broker.close()
  })
  if (world.bugs.length > 0) throw new Error(world.bugs.join('\n'))
}

async function withReference(
  use: (subject: Subject) => Promise<void>,
  address: string,
): Promise<void> {
  const { network, clock } = nodeRuntime()
  const [host = '', port = ''] = address.split(':')
  const clients: RawClient[] = []
  const connect = async (): Promise<RawClient> => {
    const client = new RawClient(await network.connect({ host, port: Number(port) }))
    clients.push(client)
    return client
  }
  const client = await connect()
  const unique = randomUUID().slice(0, 8)
  try {
    await use({
      client,
      unique,
      world: null,
      connect,
      topic: topicMaker(client, unique),
      now: () => clock.now(),
      sleep: (ms) => clock.sleep(ms),
      time: timer(() => clock.monotonic()),
    })
  } finally {
    for (const each of clients) each.close()
  }
}

function topicMaker(client: RawClient, unique: string): Subject['topic'] {
  let count = 0
  return async (configs = {}, numPartitions = 1) => {
    const name = `t-${unique}-${++count}`
    const { topics } = await client.request(CreateTopicsApi, 7, {
      topics: [
        {
          name,
          numPartitions,
          replicationFactor: 1,
          assignments: [],
          configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
        },
      ],
      timeoutMs: 10_000,
      validateOnly: false,
    })
    const made = topics[0]
    if (made?.errorCode !== 0) throw new Error(`${name}: ${made?.errorMessage}`)
    // Kafka answers when its controller knows the topic; the broker itself hears of it a little later.
    if (reference !== undefined) await new Promise((resolve) => setTimeout(resolve, 300))
    return { name, id: made.topicId }
  }
}

function timer(monotonic: () => number): Subject['time'] {
  return async (task) => {
    const began = monotonic()
    await task()
    return monotonic() - began
  }
}
