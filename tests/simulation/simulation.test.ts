import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { allPromises } from './promises.ts'
import { runSeed } from './run-seed.ts'

/** Worlds of each kind that every run of the tests lives through; `npm run simulate` has no end of more. */
const SEEDS = 7
const TROUBLE_MS = 20_000

suite('a broker in trouble, with clients around it', () => {
  for (const promises of allPromises) {
    test(`${SEEDS} ${promises} worlds keep what they promise`, async () => {
      for (let seed = 1; seed <= SEEDS; seed++) {
        const run = await runSeed(seed, { promises, troubleMs: TROUBLE_MS })
        assert.ok(
          run.recordCount > 50,
          `seed ${seed}: a world in which nothing happens shows nothing`,
        )
      }
    })
  }

  test('the same seed lives through the same world again, another seed through another', async () => {
    const short = { troubleMs: 5_000 }
    const { hash } = await runSeed(11, short)
    assert.equal((await runSeed(11, short)).hash, hash)
    assert.notEqual((await runSeed(12, short)).hash, hash)
  })
})
