import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nodeRuntime } from '@ottla/runtime/node'
import { contract } from './worlds.ts'

contract('a process knows its age, and numbers that are none below zero', async ({ here }) => {
  const { health, clock } = here
  health.start()
  health.start()
  await clock.sleep(5)
  const reading = health.read()
  assert(reading.startedMs <= clock.now())
  for (const [name, value] of Object.entries(reading)) {
    if (typeof value === 'number') assert(value >= 0 || name.startsWith('openFiles'), name)
  }
  for (const [name, value] of Object.entries(reading.eventLoop)) assert(value >= 0, name)
  assert(reading.eventLoop.utilization <= 1)
  health.stop()
  health.stop()
  assert.equal(health.read().eventLoop.maxMs, 0)
})

test('a turn of the event loop that takes long is seen once', async () => {
  const { health, clock } = nodeRuntime()
  health.start()
  await clock.sleep(5)
  health.read()
  const until = clock.monotonic() + 60
  while (clock.monotonic() < until);
  await clock.sleep(5)
  const { eventLoop } = health.read()
  assert(eventLoop.maxMs >= 40, `${eventLoop.maxMs} ms`)
  assert(eventLoop.utilization > 0.3)
  health.stop()
})

test('garbage collections are counted while somebody measures', async () => {
  const { health, clock } = nodeRuntime()
  health.start()
  const count = (): number =>
    health.read().collections.reduce((sum, collected) => sum + collected.count, 0)
  for (let round = 0; round < 100 && count() === 0; round++) {
    for (let n = 0; n < 100; n++) keep(Array.from({ length: 10_000 }, () => ({})))
    await clock.sleep(1)
  }
  assert(count() > 0)
  health.stop()
})

let kept: unknown
function keep(value: unknown): void {
  kept = [value, typeof kept]
}
