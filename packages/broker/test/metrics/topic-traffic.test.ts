import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulation } from '@ottla/runtime/simulated'
import { Slices } from '../../src/metrics/slices.ts'
import { trafficFields, TopicTraffics } from '../../src/metrics/topic-traffic.ts'

const RECORDS = trafficFields.indexOf('kafka_server_brokertopicmetrics_messagesin_total')
const world = simulation()
const slices = new Slices(world.node('broker').clock)

/** Records in, by topic; the rest under ''. */
async function recordsShown(
  traffics: TopicTraffics,
  topicsMax: number,
): Promise<Record<string, number>> {
  const { shown, rest } = await traffics.show(topicsMax, slices)
  const records = shown.map(({ topic, values }) => [topic, values[RECORDS]] as const)
  return { ...Object.fromEntries(records), '': rest[RECORDS]! }
}

test('while there is room every topic is shown by name, silent ones too', async () => {
  const traffics = new TopicTraffics()
  traffics.of('letters').countProduced(3, 100)
  traffics.of('silent')
  assert.deepEqual(await recordsShown(traffics, 2), { letters: 3, silent: 0, '': 0 })
})

test('of too many topics the busiest are shown, the others as one sum', async () => {
  const traffics = new TopicTraffics()
  for (let n = 0; n < 10_000; n++) traffics.of(`t${n}`).countProduced(1, n)
  const seen = await recordsShown(traffics, 3)
  assert.deepEqual(seen, { t9999: 1, t9998: 1, t9997: 1, '': 9997 })
})

test('a topic without traffic takes no place that a later one may need', async () => {
  const traffics = new TopicTraffics()
  for (const topic of ['a', 'b', 'c']) traffics.of(topic)
  assert.deepEqual(await recordsShown(traffics, 2), { '': 0 })
  traffics.of('c').countProduced(5, 50)
  assert.deepEqual(await recordsShown(traffics, 2), { c: 5, '': 0 })
})

test('no counter goes back when a topic gets a place of its own', async () => {
  const traffics = new TopicTraffics()
  for (const topic of ['a', 'b']) traffics.of(topic).countProduced(10, 1000)
  traffics.of('c').countProduced(1, 10)
  assert.deepEqual(await recordsShown(traffics, 2), { a: 10, b: 10, '': 1 })
  traffics.of('c').countProduced(1, 10)
  traffics.retire('a')
  traffics.of('d')
  // What was in the sum stays there; what came since is the topic's own.
  assert.deepEqual(await recordsShown(traffics, 2), { b: 10, c: 1, '': 1 })
})

test("a deleted topic's share of the sum stays in it", async () => {
  const traffics = new TopicTraffics()
  traffics.of('a').countProduced(10, 1000)
  traffics.of('b').countProduced(5, 10)
  assert.deepEqual(await recordsShown(traffics, 1), { a: 10, '': 5 })
  traffics.retire('b')
  assert.deepEqual(await recordsShown(traffics, 1), { a: 10, '': 5 })
  traffics.of('b').countProduced(1, 10)
  assert.deepEqual(await recordsShown(traffics, 1), { a: 10, '': 6 })
})

test('a topic of the same name begins anew', async () => {
  const traffics = new TopicTraffics()
  traffics.of('a').countProduced(10, 1000)
  traffics.retire('a')
  traffics.of('a').countProduced(1, 10)
  assert.deepEqual(await recordsShown(traffics, 1), { a: 1, '': 10 })
})
