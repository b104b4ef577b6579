import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { Md5 } from '../../src/compaction/md5.ts'
import { OffsetMap, SLOT_BYTES } from '../../src/compaction/offset-map.ts'

test('MD5 is what node:crypto says, for every length around the block size', () => {
  const md5 = new Md5()
  for (let length = 0; length < 200; length++) {
    const bytes = Buffer.from(
      Array.from({ length: length + 6 }, (_, at) => (at * 31 + length) & 255),
    )
    md5.digest(bytes, 3, 3 + length)
    const expected = createHash('md5')
      .update(bytes.subarray(3, 3 + length))
      .digest('hex')
    assert.equal(Buffer.from(md5.words.buffer).toString('hex'), expected)
  }
})

test('a table of keys has the last offset of each, full as it may get, and of no other', () => {
  const map = new OffsetMap(1_009 * SLOT_BYTES)
  assert.equal(map.slots, 1_009)
  const key = (index: number): Buffer => Buffer.from(`key-${index}`)
  // Offsets beyond 32 bits, and 0.
  const offsetOf = (index: number, round: number): number => index * 2 ** 33 + round
  for (const round of [0, 1]) {
    for (let index = 0; index < 1_000; index++) {
      map.put(key(index), 0, key(index).length, offsetOf(index, round))
    }
  }
  assert.equal(map.size, 1_000)
  assert.equal(map.latestOffset, offsetOf(999, 1))
  for (let index = 0; index < 2_000; index++) {
    const expected = index < 1_000 ? offsetOf(index, 1) : -1
    assert.equal(map.get(key(index), 0, key(index).length), expected)
  }
})
