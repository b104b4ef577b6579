import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runStorageSeed } from './run-storage-seed.ts'

/** `npm run simulate -- --world storage --seeds N` has no end of more. */
const SEEDS = 400

test(`logs keep their promises in ${SEEDS} worlds of crashes, power cuts and failing disks`, async () => {
  let records = 0
  for (let seed = 1; seed <= SEEDS; seed++) records += (await runStorageSeed(seed)).recordCount
  assert.ok(records > SEEDS * 20, 'a world in which nothing happens shows nothing')
})

test('the same seed lives through the same storage world again, another seed through another', async () => {
  const { hash } = await runStorageSeed(3)
  assert.equal((await runStorageSeed(3)).hash, hash)
  assert.notEqual((await runStorageSeed(4)).hash, hash)
})
