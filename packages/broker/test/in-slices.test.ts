import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulation } from '@ottla/runtime/simulated'
import { inSlices } from '../src/in-slices.ts'

test('long work lets others have their turn in between, and its results keep their order', async () => {
  const world = simulation({ seed: 1 })
  const { clock } = world.node('broker')
  const numbers = Array.from({ length: 1_000 }, (_, index) => index)
  const seen: number[] = []
  await world.run(async () => {
    let isOthersTurn = false
    clock.defer(() => (isOthersTurn = true))
    const doubled = await inSlices(clock, numbers, (slice) => {
      if (isOthersTurn) seen.push(slice[0]!)
      return Promise.resolve(slice.map((number) => number * 2))
    })
    assert.deepEqual(
      doubled,
      numbers.map((number) => number * 2),
    )
  })
  assert.equal(seen[0], 100, 'the others came after the first slice')
})
