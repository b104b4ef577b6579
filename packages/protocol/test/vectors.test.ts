import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  decodeCoordinatorKey,
  decodeCoordinatorValue,
  decodeMetadataRecord,
  encodeCoordinatorKey,
  encodeCoordinatorValue,
  encodeMetadataRecord,
  Reader,
  Writer,
} from '@ottla/protocol'
import { definitions, vectorsOf, type Vector } from './golden-vectors.ts'

const vectors = definitions().flatMap(vectorsOf)

function encode({ codec, version }: Vector, message: object): Buffer {
  const writer = new Writer()
  codec.write(writer, message, version)
  return writer.finishWhole()
}

function forAll(chosen: readonly Vector[], check: (vector: Vector) => void): void {
  for (const vector of chosen) {
    try {
      check(vector)
    } catch (error) {
      throw new Error(vector.title, { cause: error })
    }
  }
}

/** Every field that `expected` names must be in `decoded`, which has the others at their defaults. */
function assertHolds(decoded: unknown, expected: unknown): void {
  if (expected === null || typeof expected !== 'object' || Buffer.isBuffer(expected)) {
    assert.deepEqual(decoded, expected)
  } else if (Array.isArray(expected)) {
    const items = decoded as unknown[]
    assert.equal(items.length, expected.length)
    for (const [index, item] of expected.entries()) assertHolds(items[index], item)
  } else {
    for (const [key, value] of Object.entries(expected)) {
      assertHolds((decoded as Record<string, unknown>)[key], value)
    }
  }
}

test('there are golden vectors for all 728 versions of all 272 definitions', () => {
  assert.equal(new Set(vectors.map(({ codec }) => codec.name)).size, 272)
  assert.equal(new Set(vectors.map(({ codec, version }) => `${codec.name} ${version}`)).size, 728)
  assert.equal(vectors.length, 3290)
})

test('golden bytes decode to the values that Kafka wrote, with no byte left', () => {
  forAll(vectors, ({ codec, version, bytes, input }) => {
    const reader = new Reader(bytes)
    assertHolds(codec.read(reader, version), input)
    assert.equal(reader.remaining, 0)
  })
})

test('the values encode to the golden bytes, unknown tagged fields in their places', () => {
  forAll(vectors, (vector) => {
    assert.equal(encode(vector, vector.input).toString('hex'), vector.bytes.toString('hex'))
  })
})

test('what was decoded encodes to the same bytes', () => {
  forAll(vectors, (vector) => {
    const decoded = vector.codec.read(new Reader(vector.bytes), vector.version)
    assert.equal(encode(vector, decoded).toString('hex'), vector.bytes.toString('hex'))
  })
})

test('a golden message cut short anywhere is a KafkaError', () => {
  forAll(
    vectors.filter(({ title }) => title.endsWith('full')),
    ({ codec, version, bytes }) => {
      // Long messages are cut at a hundred places, short ones everywhere.
      const step = Math.max(1, Math.floor(bytes.length / 100))
      for (let length = 0; length < bytes.length; length += step) {
        assert.throws(() => codec.read(new Reader(bytes.subarray(0, length)), version), {
          name: 'KafkaError',
          code: 'INVALID_REQUEST',
        })
      }
    },
  )
})

test('stored metadata records carry frame version, type and version before their body', () => {
  const stored = vectors.filter(({ type }) => type === 'metadata')
  assert.ok(stored.length > 100)
  forAll(stored, ({ codec, version, input, prefix, bytes }) => {
    const whole = Buffer.concat([prefix, bytes])
    assert.deepEqual(encodeMetadataRecord(codec, input, version), whole)
    const record = decodeMetadataRecord(whole)
    assert.deepEqual([record.type, record.version], [codec.apiKey, version])
    assertHolds(codec.read(record.reader, version), input)
  })
})

test('stored coordinator keys carry their type, values their version', () => {
  const keys = vectors.filter(({ type }) => type === 'coordinator-key')
  const values = vectors.filter(({ type }) => type === 'coordinator-value')
  assert.ok(keys.length > 50 && values.length > 50)
  forAll(keys, ({ codec, input, prefix, bytes }) => {
    const whole = Buffer.concat([prefix, bytes])
    assert.deepEqual(encodeCoordinatorKey(codec, input), whole)
    const key = decodeCoordinatorKey(whole)
    assert.equal(key.type, codec.apiKey)
    assertHolds(codec.read(key.reader, key.version), input)
  })
  forAll(values, ({ codec, version, input, prefix, bytes }) => {
    const whole = Buffer.concat([prefix, bytes])
    assert.deepEqual(encodeCoordinatorValue(codec, input, version), whole)
    assertHolds(decodeCoordinatorValue(codec, whole), input)
  })
})
