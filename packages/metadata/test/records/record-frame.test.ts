import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KafkaError } from '@ottla/protocol'
import { SeededRandom } from '@ottla/runtime/simulated'
import { decodeRecord, encodeRecord } from '../../src/index.ts'

// FeatureLevelRecord as Kafka 4.3.1 writes it: frame 1, kind 12, version 0, "metadata.version", level 30.
const feature = Buffer.from('010c00116d657461646174612e76657273696f6e001e00', 'hex')

test('a record is framed as Kafka frames it', () => {
  const record = decodeRecord(feature)
  assert.deepEqual(
    { ...record, value: { ...record.value } },
    {
      type: 'FeatureLevelRecord',
      version: 0,
      value: { name: 'metadata.version', featureLevel: 30 },
    },
  )
  assert.deepEqual(encodeRecord(record), feature)
})

test('what is not understood is an error that says why', () => {
  const wrong = (hex: string, message: RegExp) =>
    assert.throws(
      () => decodeRecord(Buffer.from(hex, 'hex')),
      (error: Error) => error instanceof KafkaError && message.test(error.message),
    )
  wrong('', /bytes/)
  wrong('020c00', /frame version 2/)
  wrong('017f00', /unknown kind 127/)
  wrong('010c09', /version/)
  wrong('010c0011', /bytes/)
})

test('damaged records are values or errors, never anything else', () => {
  const random = new SeededRandom(1)
  for (let n = 0; n < 20_000; n++) {
    const bytes = Buffer.from(feature)
    for (let i = random.int(4); i >= 0; i--) bytes[random.int(bytes.length)] = random.int(256)
    try {
      decodeRecord(bytes.subarray(0, random.int(bytes.length + 1)))
    } catch (error) {
      assert.ok(error instanceof KafkaError, String(error))
    }
  }
})
