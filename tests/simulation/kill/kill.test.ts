import assert from 'node:assert/strict'
import { test } from 'node:test'
import { killRounds } from './kill-rounds.ts'

/** `npm run simulate -- --kill N` has no end of more. */
const ROUNDS = 4

test(`a broker killed ${ROUNDS} times under load has all that it acknowledged, once and in order`, async () => {
  const { acknowledged, breaches } = await killRounds(ROUNDS)
  assert.deepEqual(breaches.slice(0, 10), [])
  assert.ok(acknowledged > 1_000, 'a loop in which nothing is written shows nothing')
})
