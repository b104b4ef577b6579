import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KafkaError } from '@ottla/protocol'
import {
  controlRecordType,
  decodeBatch,
  decodeEndTransactionMarker,
  encodeControlBatch,
  encodeEndTransactionMarker,
} from '../src/index.ts'
import { goldenFiles } from './golden.ts'

const controlFiles = goldenFiles.filter(({ name }) => name.startsWith('control/'))

test('the control batches that Kafka writes are understood and written byte for byte', () => {
  assert.equal(controlFiles.length, 7)
  for (const { hex, batches } of controlFiles) {
    const expected = batches[0]!.records![0]!
    const batch = decodeBatch(Buffer.from(hex, 'hex'))
    const record = batch.records[0]!
    const type = controlRecordType(record.key)
    assert.equal(type, expected.controlType)
    const place = {
      timestamp: record.timestamp,
      baseOffset: batch.baseOffset,
      partitionLeaderEpoch: batch.partitionLeaderEpoch,
    }
    if (type === 'UNKNOWN') assert.fail('Kafka 4.3 has no other types')
    if (type === 'ABORT' || type === 'COMMIT') {
      const marker = decodeEndTransactionMarker(record)
      assert.deepEqual(marker, { type, coordinatorEpoch: expected.coordinatorEpoch })
      assert.equal(encodeEndTransactionMarker(marker, batch, place).toString('hex'), hex)
    } else {
      assert.equal(encodeControlBatch(type, record.value!, place).toString('hex'), hex)
    }
  }
})

test('a type that a later Kafka added is UNKNOWN, a key that is none is refused', () => {
  assert.equal(controlRecordType(Buffer.from('00000063', 'hex')), 'UNKNOWN')
  assert.equal(controlRecordType(Buffer.from('0001000100', 'hex')), 'COMMIT')
  for (const key of [null, Buffer.alloc(3), Buffer.from('ffff0000', 'hex')]) {
    assert.throws(
      () => controlRecordType(key),
      (error) => error instanceof KafkaError && error.code === 'INVALID_RECORD',
    )
  }
})

test('a marker whose value is cut off is refused', () => {
  const key = Buffer.from('00000001', 'hex')
  for (const value of [null, Buffer.alloc(5)]) {
    assert.throws(
      () => decodeEndTransactionMarker({ offset: 1, timestamp: 1, key, value, headers: [] }),
      (error) => error instanceof KafkaError && error.code === 'INVALID_RECORD',
    )
  }
})
