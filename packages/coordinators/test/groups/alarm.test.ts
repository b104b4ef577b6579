import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulation } from '@ottla/runtime/simulated'
import { Alarm } from '../../src/groups/alarm.ts'

function setUp() {
  const world = simulation()
  const rings: number[] = []
  const alarm = new Alarm(world.node('a').clock)
  return { world, rings, alarm, ring: () => void rings.push(world.time) }
}

test('an alarm that is pushed back rings once, when the last delay is over', async () => {
  const { world, rings, alarm, ring } = setUp()
  alarm.set(100, ring)
  for (let i = 0; i < 5; i++) {
    await world.advance(90)
    alarm.set(100, ring)
  }
  assert.equal(alarm.isSet, true)
  await world.advance(1_000)
  assert.deepEqual(rings, [550])
  assert.equal(alarm.isSet, false)
})

test('an alarm that is brought forward rings at the earlier time, with the later task', async () => {
  const { world, rings, alarm, ring } = setUp()
  alarm.set(1_000, () => assert.fail('this task was replaced'))
  alarm.set(10, ring)
  await world.advance(5_000)
  assert.deepEqual(rings, [10])
})

test('a cancelled alarm is silent, and can be set again', async () => {
  const { world, rings, alarm, ring } = setUp()
  alarm.set(10, ring)
  alarm.cancel()
  alarm.cancel()
  await world.advance(50)
  alarm.set(10, ring)
  await world.advance(50)
  assert.deepEqual(rings, [60])
})

test('an alarm may be set anew while it rings', async () => {
  const { world, rings, alarm, ring } = setUp()
  alarm.set(10, () => {
    ring()
    alarm.set(10, ring)
  })
  await world.advance(50)
  assert.deepEqual(rings, [10, 20])
})

test('pushing back leaves no timers behind', async () => {
  const { world, rings, alarm, ring } = setUp()
  for (let i = 0; i < 1_000; i++) alarm.set(1_000 + i, ring)
  await world.advance(1_000)
  for (let i = 0; i < 1_000; i++) alarm.set(1_000 - i / 2, ring)
  await world.settle()
  assert.equal(rings.length, 1)
})
