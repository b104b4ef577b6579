import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeBatch, maxTimestamp, setMaxTimestamp } from '@ottla/records'
import { readInt64, writeInt64 } from '../src/int64.ts'

test('an int64 at either end of its range is written as the nearest there is, never a crash', () => {
  const buffer = Buffer.alloc(8)
  for (const value of [2n ** 63n - 1n, -(2n ** 63n)]) {
    buffer.writeBigInt64BE(value)
    writeInt64(buffer, 0, readInt64(buffer, 0))
    assert.equal(buffer.readBigInt64BE(0), value)
  }
})

test('a batch takes the highest timestamp that a client can send', () => {
  const record = { timestamp: 0, key: null, value: null, headers: [] }
  const batch = encodeBatch({ records: [record] })
  setMaxTimestamp(batch, 0, 'CreateTime', 2 ** 63)
  assert.equal(maxTimestamp(batch, 0), 2 ** 63)
})
