import assert from 'node:assert/strict'
import { afterEach, describe, test } from 'node:test'
import { constants, gzipSync, zstdCompressSync } from 'node:zlib'
import { KafkaError } from '@ottla/protocol'
import fc from 'fast-check'
import { COMPRESSION_CODECS } from '../../src/compression/codec.ts'
import { compress, decompress } from '../../src/compression/compress.ts'
import { lz4CompressInTypeScript, lz4Decompress } from '../../src/compression/lz4.ts'
import { snappyDecompress } from '../../src/compression/snappy.ts'
import { xxhash32 } from '../../src/compression/xxhash32.ts'
import { disableNative } from '../../src/native.ts'

const words = Buffer.from('The quick brown fox jumps over the lazy dog. '.repeat(10_000))
const samples: readonly Buffer[] = [
  Buffer.alloc(0),
  Buffer.from('a'),
  Buffer.from('short, and it does not repeat'),
  words,
  Buffer.alloc(300_000),
  noise(200_000),
  Buffer.concat([noise(70_000), words.subarray(0, 70_000), noise(5)]),
]

afterEach(() => setFallbacks(false))

for (const codec of COMPRESSION_CODECS) {
  for (const isFallback of codec === 'lz4' || codec === 'snappy' ? [false, true] : [false]) {
    describe(`${codec}${isFallback ? ' in plain code' : ''}`, () => {
      test('gives back what was compressed', () => {
        setFallbacks(isFallback)
        for (const sample of samples) {
          assert.ok(decompress(codec, compress(codec, sample)).equals(sample))
        }
      })

      test('gives back any bytes', () => {
        setFallbacks(isFallback)
        fc.assert(
          fc.property(repetitiveBytes(), (data) => {
            assert.ok(decompress(codec, compress(codec, data)).equals(data))
          }),
          { seed: 1 },
        )
      })

      if (codec === 'none') return

      test('never writes more than the limit, and names it', () => {
        setFallbacks(isFallback)
        const compressed = compress(codec, words)
        assert.ok(decompress(codec, compressed, words.length).equals(words))
        for (const limit of [1, 1000, words.length - 1]) {
          assert.throws(() => decompress(codec, compressed, limit), hasCode('MESSAGE_TOO_LARGE'))
        }
      })

      test('turns any bytes into a value or a KafkaError', () => {
        setFallbacks(isFallback)
        fc.assert(
          fc.property(fc.uint8Array({ maxLength: 300 }), (data) => {
            valueOrKafkaError(() => decompress(codec, Buffer.from(data), 1 << 20))
          }),
          { seed: 1 },
        )
      })

      test('turns what is cut off or has a byte changed into a value or a KafkaError', () => {
        setFallbacks(isFallback)
        const compressed = compress(codec, words.subarray(0, 3000))
        for (let at = 0; at < compressed.length; at++) {
          valueOrKafkaError(() => decompress(codec, compressed.subarray(0, at), 1 << 20))
          const changed = Buffer.from(compressed)
          changed[at] = changed[at]! ^ (1 << (at % 8))
          valueOrKafkaError(() => decompress(codec, changed, 1 << 20))
        }
      })
    })
  }
}

test('the addons and the plain code read each other', () => {
  for (const codec of ['lz4', 'snappy'] as const) {
    for (const sample of samples) {
      const byAddon = compress(codec, sample)
      setFallbacks(true)
      assert.ok(decompress(codec, byAddon).equals(sample))
      const byPlainCode = compress(codec, sample)
      setFallbacks(false)
      assert.ok(decompress(codec, byPlainCode).equals(sample))
    }
  }
})

test('higher levels of gzip, lz4 and zstd compress better', () => {
  const random = noise(60_000)
  const word = (at: number): string => random.toString('hex', at, at + 3 + (at % 3))
  const text = Buffer.from(
    Array.from({ length: 20_000 }, (_, i) => word((random[i]! * random[i + 1]!) % 300)).join(' '),
  )
  assert.ok(compress('gzip', text, 9).length < compress('gzip', text, 1).length)
  assert.ok(compress('zstd', text, 19).length < compress('zstd', text, 1).length)
  assert.ok(decompress('zstd', compress('zstd', text, 19)).equals(text))
  assert.ok(compress('lz4', text, 12).length < compress('lz4', text, 1).length)
  assert.ok(compress('lz4', text, 12).length < compress('lz4', text, 9).length) // 9 is the fast one
  for (const sample of samples) {
    assert.ok(decompress('lz4', compress('lz4', sample, 10)).equals(sample))
  }
})

test('LZ4 at any level gives back any bytes', () => {
  fc.assert(
    fc.property(repetitiveBytes(), fc.integer({ min: 1, max: 17 }), (data, level) => {
      assert.ok(decompress('lz4', compress('lz4', data, level)).equals(data))
    }),
    { seed: 1 },
  )
})

test('raw snappy, as some clients send it, is read too', () => {
  // Length 5, a literal of 5.
  assert.equal(snappyDecompress(Buffer.from('051068656c6c6f', 'hex'), 10).toString(), 'hello')
})

test('a raw snappy block that promises more than it can hold takes no memory', () => {
  const promise = Buffer.from(`ffffffff07${'00'.repeat(20)}`, 'hex')
  assert.throws(() => snappyDecompress(promise, 0x7fff_ffff), hasCode('INVALID_RECORD'))
})

test('a compression bomb is an error and not memory', () => {
  const bomb = gzipSync(Buffer.alloc(64 << 20))
  assert.throws(() => decompress('gzip', bomb, 1 << 20), hasCode('MESSAGE_TOO_LARGE'))
  const zstdBomb = zstdCompressSync(Buffer.alloc(64 << 20), {
    params: { [constants.ZSTD_c_compressionLevel]: 1 },
  })
  assert.ok(zstdBomb.length < 10_000)
  assert.throws(() => decompress('zstd', zstdBomb, 1 << 20), hasCode('MESSAGE_TOO_LARGE'))
})

test('bytes after a zstd frame are refused, since Java would trip over them', () => {
  const frame = compress('zstd', Buffer.from('hello'))
  const two = Buffer.concat([frame, frame])
  assert.equal(decompress('zstd', two, 100).toString(), 'hellohello')
  const trailed = Buffer.concat([frame, Buffer.from('junk!')])
  assert.throws(() => decompress('zstd', trailed, 100), hasCode('INVALID_RECORD'))
})

test('LZ4 frames with linked blocks are refused, as Kafka refuses them', () => {
  const linked = Buffer.from(lz4CompressInTypeScript(words))
  linked[4] = linked[4]! & ~0x20
  linked[6] = (xxhash32(linked, 4, 6) >>> 8) & 0xff
  assert.throws(() => lz4Decompress(linked, words.length), hasCode('INVALID_RECORD'))
})

test('LZ4 frames with checksums and content size are read, a wrong checksum refused', () => {
  const content = Buffer.from('hello hello hello hello hello hello')
  const frame = withChecksums(lz4CompressInTypeScript(content), content)
  assert.ok(lz4Decompress(frame, 1000).equals(content))
  const wrong = Buffer.from(frame)
  wrong[wrong.length - 9] = wrong[wrong.length - 9]! ^ 1 // in the block's checksum
  assert.throws(() => lz4Decompress(wrong, 1000), hasCode('INVALID_RECORD'))
})

test("xxHash32 gives its reference's values", () => {
  const hashOf = (text: string): number => xxhash32(Buffer.from(text), 0, text.length)
  assert.equal(hashOf(''), 0x02cc5d05)
  assert.equal(hashOf('a'), 0x550d7456)
  assert.equal(hashOf('abc'), 0x32d153ff)
  assert.equal(hashOf('Nobody inspects the spammish repetition'), 0xe2293b2f)
})

function withChecksums(frame: Buffer, content: Buffer): Buffer {
  const header = Buffer.alloc(15)
  frame.copy(header, 0, 0, 6)
  header[4] = 0x40 | 0x20 | 0x10 | 0x08 | 0x04
  header.writeUInt32LE(content.length, 6)
  header[14] = (xxhash32(header, 4, 14) >>> 8) & 0xff
  const block = frame.subarray(7, frame.length - 4)
  const tail = Buffer.alloc(12)
  tail.writeUInt32LE(xxhash32(block, 4, block.length), 0)
  tail.writeUInt32LE(xxhash32(content, 0, content.length), 8)
  return Buffer.concat([header, block, tail])
}

function setFallbacks(isFallback: boolean): void {
  disableNative('lz4-napi', isFallback)
  disableNative('snappy', isFallback)
}

function valueOrKafkaError(action: () => unknown): void {
  try {
    action()
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
  }
}

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof KafkaError && error.code === code
}

function repetitiveBytes(): fc.Arbitrary<Buffer> {
  const piece = fc.uint8Array({ minLength: 1, maxLength: 40 })
  const run = fc.tuple(piece, fc.integer({ min: 1, max: 60 }))
  return fc
    .array(run, { maxLength: 30 })
    .map((runs) =>
      Buffer.concat(runs.flatMap(([bytes, times]) => Array<Uint8Array>(times).fill(bytes))),
    )
}

/** Bytes that no codec makes shorter; the same at every run. */
function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length)
  let state = 12345
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    bytes[at] = state >>> 16 // the low bits of such a generator repeat soon
  }
  return bytes
}
