import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Client } from '@ottla/client'
import { type Simulation, simulation } from '@ottla/runtime/simulated'
import { startBroker } from '../src/start-broker.ts'

/** A broker with a topic of six partitions in a simulated world; `main` gets clients of it. */
async function world(
  seed: number,
  main: (simulation: Simulation, connect: (name: string) => Client) => Promise<void>,
): Promise<string> {
  const sim = simulation({ seed })
  await sim.run(async () => {
    await using _broker = await startBroker({
      dataDirectory: 'data',
      host: 'broker',
      port: 9092,
      runtime: sim.node('broker'),
      settings: { 'num.partitions': 6, 'offsets.topic.num.partitions': 2 },
    })
    const clients: Client[] = []
    await main(sim, (name) => {
      const client = new Client({ runtime: sim.node(name), bootstrapServers: 'broker:9092' })
      clients.push(client)
      return client
    })
    for (const client of clients) await client.close()
  })
  return JSON.stringify(sim.trace)
}

/** A producer writes while members come and go, one, three and one again; everything is read once. */
async function comeAndGo(sim: Simulation, connect: (name: string) => Client): Promise<void> {
  const total = 3_000
  const seen = new Map<string, number>()
  const { clock } = sim.node('producer')
  const write = async (): Promise<void> => {
    const producer = connect('producer').producer()
    for (let sent = 0; sent < total; sent++) {
      void producer.send({ topic: 'letters', key: `${sent}`, value: `${sent}` })
      if (sent % 100 === 99) await clock.sleep(500)
    }
    await producer.close()
  }
  const read = async (name: string, isDone: () => boolean): Promise<void> => {
    const options = { groupId: 'readers', topics: ['letters'], offsetReset: 'earliest' as const }
    await using consumer = connect(name).groupConsumer(options)
    while (!isDone()) {
      for (const { value } of await consumer.poll({ timeoutMs: 500 })) {
        const text = value?.toString() ?? ''
        seen.set(text, (seen.get(text) ?? 0) + 1)
      }
    }
  }
  const later = async (ms: number, task: () => Promise<void>): Promise<void> => {
    await clock.sleep(ms)
    await task()
  }
  await Promise.all([
    write(),
    later(1_000, () => read('one', () => seen.size === total)),
    later(4_000, () => read('two', () => seen.size > total / 2)),
    later(5_000, () => read('three', () => seen.size > total / 3)),
  ])
  assert.equal(seen.size, total)
  assert.deepEqual(
    [...seen.values()].filter((count) => count > 1),
    [],
  )
}

test('members come and go while a producer writes: every record is read, and read once', async () => {
  await world(1, comeAndGo)
})

test('the same seed gives the same run', async () => {
  assert.equal(await world(2, comeAndGo), await world(2, comeAndGo))
})
