import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Reader, Writer } from '@ottla/protocol'

test('large byte fields stay the buffers that were passed in', () => {
  const records = Buffer.alloc(100_000, 7)
  const writer = new Writer()
  writer.int32(1)
  writer.nullableBytes(records)
  writer.int32(2)
  const chunks = writer.finish()
  assert.equal(chunks.length, 3)
  assert.equal(chunks[1], records)
  assert.equal(writer.size, 100_012)
  assert.equal(Buffer.concat(chunks).length, 100_012)
})

test('records may be a list of buffers, whose lengths add up', () => {
  const parts = [Buffer.alloc(5000, 1), Buffer.alloc(3, 2), Buffer.alloc(4000, 3)]
  const writer = new Writer()
  writer.compactNullableBytes(parts)
  const chunks = writer.finish()
  assert.ok(chunks.includes(parts[0]!) && chunks.includes(parts[2]!))
  const whole = new Reader(Buffer.concat(chunks)).compactNullableBytes()
  assert.deepEqual(whole, Buffer.concat(parts))
})

test('a framed writer puts the size of all chunks first', () => {
  const writer = Writer.framed()
  writer.bytes(Buffer.alloc(10_000))
  writer.int8(1)
  const chunks = writer.finish()
  const frame = Buffer.concat(chunks)
  assert.equal(frame.readInt32BE(0), frame.length - 4)
})

test('writers that are open at the same time do not share memory', () => {
  const first = new Writer()
  const second = new Writer()
  for (let i = 0; i < 1000; i++) {
    first.int32(i)
    second.int32(~i)
  }
  const [a, b] = [first.finishWhole(), second.finishWhole()]
  for (let i = 0; i < 1000; i++) {
    assert.equal(a.readInt32BE(i * 4), i)
    assert.equal(b.readInt32BE(i * 4), ~i)
  }
})

test('what a writer has finished is not overwritten by later ones', () => {
  const finished: Buffer[] = []
  for (let i = 0; i < 5000; i++) {
    const writer = new Writer()
    writer.int32(i)
    writer.string('x'.repeat(i % 100))
    finished.push(writer.finishWhole())
  }
  for (const [i, bytes] of finished.entries()) {
    assert.equal(bytes.readInt32BE(0), i)
    assert.equal(bytes.length, 6 + (i % 100))
  }
})

test('a message grows beyond any first guess of its size', () => {
  const writer = new Writer()
  for (let i = 0; i < 100_000; i++) writer.int64(i)
  const bytes = writer.finishWhole()
  assert.equal(bytes.length, 800_000)
  assert.equal(Number(bytes.readBigInt64BE(799_992)), 99_999)
})

test('a tagged field longer than 127 bytes gets a longer size', () => {
  for (const length of [0, 126, 127, 128, 20_000, 3_000_000]) {
    const writer = new Writer()
    writer.int32(9)
    const begun = writer.beginTag(5)
    writer.raw(Buffer.alloc(length, 3))
    writer.endTag(begun)
    writer.int32(9)
    const reader = new Reader(writer.finishWhole())
    assert.equal(reader.int32(), 9)
    assert.equal(reader.tag(-1), 5)
    const end = reader.tagEnd()
    assert.equal(end - reader.position, length)
    assert.deepEqual(reader.slice(length), Buffer.alloc(length, 3))
    assert.equal(reader.int32(), 9)
    assert.equal(reader.remaining, 0)
  }
})

test('unknown tags must ascend and must not be known ones', () => {
  const field = (tag: number): { tag: number; data: Buffer } => ({ tag, data: Buffer.alloc(1) })
  const refused = { name: 'KafkaError', code: 'INVALID_REQUEST' }
  assert.throws(() => new Writer().unknownTags([field(2), field(2)]), refused)
  assert.throws(() => new Writer().unknownTags([field(2), field(1)]), refused)
  assert.throws(() => new Writer().unknownTagsBelow([field(4)], 0, 4), refused)
})
