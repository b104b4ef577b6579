import assert from 'node:assert/strict'
import { contract } from './worlds.ts'

contract(
  'whole numbers stay below their bound and reach all of it',
  async ({ here: { random } }) => {
    const seen = new Set<number>()
    for (let draw = 0; draw < 1_000; draw += 1) seen.add(random.int(7))
    assert.deepEqual(seen, new Set([0, 1, 2, 3, 4, 5, 6]))
    assert.equal(random.int(1), 0)
    const wide = Array.from({ length: 100 }, () => random.int(2 ** 48))
    assert.ok(wide.every((value) => Number.isInteger(value) && value >= 0 && value < 2 ** 48))
    assert.ok(Math.max(...wide) > 2 ** 46)
    assert.throws(() => random.int(0), /below is 1 to 2\^48/)
  },
)

contract('floats spread over 0 to 1', async ({ here: { random } }) => {
  let sum = 0
  for (let draw = 0; draw < 10_000; draw += 1) {
    const value = random.float()
    assert.ok(value >= 0 && value < 1)
    sum += value
  }
  assert.ok(sum > 4_700 && sum < 5_300)
})

contract('bytes are as many as asked for and differ', async ({ here: { random } }) => {
  assert.equal(random.bytes(0).length, 0)
  const bytes = random.bytes(64)
  assert.equal(bytes.length, 64)
  assert.notDeepEqual(bytes, random.bytes(64))
})

contract('uuids are version 4, unlike each other, and never begin with a dash', async (world) => {
  const uuids = Array.from({ length: 1_000 }, () => world.here.random.uuid())
  assert.equal(new Set(uuids).size, 1_000)
  for (const uuid of uuids) {
    assert.match(uuid, /^[\w][\w-]{21}$/)
    const bytes = Buffer.from(uuid, 'base64url')
    assert.equal(bytes.length, 16)
    assert.equal(bytes[6]! >> 4, 4)
    assert.equal(bytes[8]! >> 6, 2)
  }
})
