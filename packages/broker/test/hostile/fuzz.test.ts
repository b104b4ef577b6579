import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fuzzBroker } from '../../fuzz/fuzz-broker.ts'
import { realTarget, simulatedTarget } from '../../fuzz/targets.ts'

// `packages/broker/fuzz/main.ts --seconds N --seed S` goes on for as long as asked.
for (const seed of [1, 2]) {
  test(`thousands of damaged requests leave a broker and its other client as they were (${seed})`, async () => {
    const { answers, closed } = await fuzzBroker(simulatedTarget(seed), seed, 2_500)
    // Were nearly all refused, or none, the damage would be of the wrong size to find anything.
    assert.ok(answers > 500, `${answers} answers`)
    assert.ok(closed > 100, `${closed} connections closed by the broker`)
  })
}

test('the same on real sockets and a real disk', async () => {
  await fuzzBroker(realTarget(), 5, 100)
})

test('the same seed does the same', async () => {
  const [first, second] = [
    await fuzzBroker(simulatedTarget(9), 9, 500),
    await fuzzBroker(simulatedTarget(9), 9, 500),
  ]
  assert.deepEqual(first, second)
})
