import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KafkaError } from '@ottla/protocol'
import fc from 'fast-check'
import { readInt64, writeInt64 } from '../src/int64.ts'
import { RecordCursor } from '../src/record-cursor.ts'
import { sizeOfVarint, sizeOfVarlong, writeVarint, writeVarlong } from '../src/varint.ts'
import { readVectors } from './golden.ts'

interface VarintVector {
  readonly kind: string
  readonly value: number | string
  readonly hex: string
}

const vectors = readVectors<VarintVector>('primitives')
const varints = vectors.filter(({ kind }) => kind === 'varint')
const varlongs = vectors.filter(({ kind }) => kind === 'varlong')

test('varints are read and written as Kafka does', () => {
  assert.equal(varints.length, 33)
  const buffer = Buffer.alloc(16)
  for (const { value, hex } of varints) {
    const end = writeVarint(buffer, 0, Number(value))
    assert.equal(buffer.toString('hex', 0, end), hex)
    assert.equal(sizeOfVarint(Number(value)), end)
    assert.equal(cursorOf(hex).varint(), value)
  }
})

test('varlongs of up to 2^53 are read and written as Kafka does, larger ones rounded', () => {
  assert.equal(varlongs.length, 76)
  const buffer = Buffer.alloc(16)
  for (const { value, hex } of varlongs) {
    const cursor = cursorOf(hex)
    assert.equal(cursor.varlong(), Number(value))
    assert.equal(cursor.at, hex.length / 2)
    if (!Number.isSafeInteger(value)) continue
    const end = writeVarlong(buffer, 0, Number(value))
    assert.equal(buffer.toString('hex', 0, end), hex)
    assert.equal(sizeOfVarlong(Number(value)), end)
  }
})

test('whatever is written is read again', () => {
  const buffer = Buffer.alloc(16)
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      const end = writeVarlong(buffer, 0, value)
      assert.equal(sizeOfVarlong(value), end)
      assert.equal(new RecordCursor(buffer, 0, end).varlong(), value)
      writeInt64(buffer, 3, value)
      assert.equal(readInt64(buffer, 3), value)
      assert.equal(buffer.readBigInt64BE(3), BigInt(value))
    }),
    { seed: 1 },
  )
})

test('a varint that is too long or cut off is refused', () => {
  const isRefused = (error: unknown): boolean =>
    error instanceof KafkaError && error.code === 'INVALID_RECORD'
  assert.throws(() => cursorOf('808080808000').varint(), isRefused)
  assert.throws(() => cursorOf('8080808080808080808000').varlong(), isRefused)
  assert.throws(() => cursorOf('8080').varint(), isRefused)
  assert.throws(() => cursorOf('').varlong(), isRefused)
})

function cursorOf(hex: string): RecordCursor {
  const buffer = Buffer.from(hex, 'hex')
  return new RecordCursor(buffer, 0, buffer.length)
}
