import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import fc from 'fast-check'
import { crc32cInTypeScript } from '../src/crc32c-tables.ts'
import { crc32c, preloadCrc32c } from '../src/crc32c.ts'
import { disableNative } from '../src/native.ts'
import { readVectors } from './golden.ts'

interface CrcVector {
  readonly kind: string
  readonly hex: string
  readonly value: number
}

const vectors = readVectors<CrcVector>('primitives').filter(({ kind }) => kind === 'crc32c')

afterEach(() => disableNative('@node-rs/crc32', false))

test('CRC-32C is what Kafka computes, with and without the addon', () => {
  assert.equal(vectors.length, 19)
  preloadCrc32c()
  for (const { hex, value } of vectors) {
    const bytes = Buffer.from(hex, 'hex')
    assert.equal(crc32c(bytes), value)
    assert.equal(crc32cInTypeScript(bytes, 0, bytes.length), value)
  }
})

test('the addon and the plain version agree on any part of any bytes', () => {
  preloadCrc32c()
  const bytes = fc.uint8Array({ maxLength: 2000 })
  fc.assert(
    fc.property(bytes, fc.nat(100), fc.nat(100), (data, skip, cut) => {
      const start = Math.min(skip, data.length)
      const end = Math.max(start, data.length - cut)
      assert.equal(crc32c(data, start, end), crc32cInTypeScript(data, start, end))
    }),
    { seed: 1 },
  )
})
