import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { KafkaError } from '@ottla/protocol'
import { FrameReader } from '@ottla/transport'
import { frame } from './raw-peer.ts'

function takeAll(reader: FrameReader): string[] {
  const frames: string[] = []
  for (let next = reader.take(); next !== null; next = reader.take()) frames.push(next.toString())
  return frames
}

test('frames that come together are taken one by one, and share nothing with the chunk', () => {
  const reader = new FrameReader(100)
  const chunk = Buffer.concat([frame('one'), frame(''), frame('three')])
  reader.push(chunk)
  chunk.fill(0)
  assert.equal(reader.nextSize(), 3)
  assert.deepEqual(takeAll(reader), ['one', '', 'three'])
  assert.equal(reader.bufferedBytes, 0)
  assert.equal(reader.nextSize(), -1)
})

test('small frames share a buffer, large ones have their own', () => {
  const reader = new FrameReader(200_000)
  const sizes = [10_000, 5_000, 5_000, 50_000, 100]
  reader.push(Buffer.concat(sizes.map((size) => frame('x'.repeat(size)))))
  const frames = sizes.map(() => reader.take()!)
  assert.deepEqual(
    frames.map((taken) => taken.length),
    sizes,
  )
  assert.ok(frames[0]!.buffer === frames[1]!.buffer)
  assert.ok(frames[3]!.buffer !== frames[4]!.buffer)
  assert.equal(frames[3]!.buffer.byteLength, 65_536)
})

test('a frame may come byte by byte', () => {
  const reader = new FrameReader(100)
  const bytes = Buffer.concat([frame('hello'), frame('world')])
  const taken: string[] = []
  for (let at = 0; at < bytes.length; at += 1) {
    reader.push(bytes.subarray(at, at + 1))
    taken.push(...takeAll(reader))
  }
  assert.deepEqual(taken, ['hello', 'world'])
  assert.equal(reader.bufferedBytes, 0)
})

test('a frame that spans chunks gets one buffer', () => {
  const reader = new FrameReader(200_000)
  const body = Buffer.alloc(100_000, 'x')
  const bytes = frame(body.toString())
  reader.push(bytes.subarray(0, 65_536))
  assert.equal(reader.take(), null)
  reader.push(bytes.subarray(65_536))
  const taken = reader.take()!
  assert.ok(taken.equals(body))
  assert.equal(taken.buffer.byteLength, 131_072)
})

test('however the stream is cut, the same frames come out', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ maxLength: 40 }), { maxLength: 20 }),
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 50 }),
      fc.boolean(),
      (texts, cuts, takesLate) => {
        const reader = new FrameReader(1_000)
        const bytes = Buffer.concat(texts.map(frame))
        const taken: string[] = []
        let at = 0
        for (let cut = 0; at < bytes.length; cut += 1) {
          const end = Math.min(at + cuts[cut % cuts.length]!, bytes.length)
          reader.push(bytes.subarray(at, end))
          at = end
          if (!takesLate) taken.push(...takeAll(reader))
        }
        taken.push(...takeAll(reader))
        assert.deepEqual(taken, texts)
        assert.equal(reader.bufferedBytes, 0)
      },
    ),
    { seed: 1 },
  )
})

test('an announced frame takes no memory before its bytes come', () => {
  const before = process.memoryUsage().arrayBuffers
  const readers = Array.from({ length: 20 }, () => {
    const reader = new FrameReader(104_857_600)
    const size = Buffer.alloc(4)
    size.writeInt32BE(104_857_600)
    reader.push(size)
    assert.equal(reader.take(), null)
    reader.push(Buffer.alloc(10))
    assert.equal(reader.take(), null)
    return reader
  })
  const taken = process.memoryUsage().arrayBuffers - before
  assert.ok(taken < 22 * 1_048_576, `${taken} bytes`)
  assert.equal(readers[0]!.bufferedBytes, 10)
})

test('a long frame is gathered right as its buffer grows', () => {
  const reader = new FrameReader(10_000_000)
  const body = Buffer.alloc(5_000_001)
  for (let at = 0; at < body.length; at += 1) body[at] = (at * 31) & 255
  const size = Buffer.alloc(4)
  size.writeInt32BE(body.length)
  reader.push(size)
  for (let at = 0; at < body.length; at += 65_536) {
    assert.equal(reader.take(), null)
    reader.push(body.subarray(at, at + 65_536))
  }
  assert.ok(reader.take()!.equals(body))
})

test('frames before a bad size are still taken', () => {
  const reader = new FrameReader(100)
  reader.push(Buffer.concat([frame('good'), Buffer.from('ffffffff', 'hex'), frame('never')]))
  reader.push(frame('never'))
  assert.equal(reader.take()!.toString(), 'good')
  assert.throws(() => reader.nextSize(), /announced -1 bytes/)
  assert.throws(() => reader.take(), /announced -1 bytes/)
})

test('a size below zero or above the limit is refused by name, before memory is taken', () => {
  for (const [size, message] of [
    [-1, /announced -1 bytes; a size is 0 or more/],
    [-2_147_483_648, /announced -2147483648 bytes/],
    [101, /announced 101 bytes, above socket.request.max.bytes = 100/],
    [0x47455420, /it sent an HTTP request/], // "GET "
    [0x16030100, /it began a TLS handshake/],
  ] as const) {
    const reader = new FrameReader(100)
    const bytes = Buffer.alloc(4)
    bytes.writeInt32BE(size)
    reader.push(bytes)
    assert.throws(
      () => reader.take(),
      (error) => {
        assert.ok(error instanceof KafkaError)
        assert.equal(error.code, 'INVALID_REQUEST')
        assert.match(error.message, message)
        return true
      },
    )
  }
})

test('a frame of many megabytes is put together as its buffer grows', () => {
  const size = 20 * 1024 * 1024 + 17
  const body = Buffer.alloc(size)
  for (let at = 0; at < size; at += 4096) body.writeInt32BE(at, at)
  const head = Buffer.alloc(4)
  head.writeInt32BE(size)
  const reader = new FrameReader(2 * size)
  reader.push(head)
  for (let at = 0; at < size; at += 300_000) {
    assert.equal(reader.take(), null)
    reader.push(body.subarray(at, at + 300_000))
  }
  assert.ok(reader.take()!.equals(body))
  assert.equal(reader.bufferedBytes, 0)
})
