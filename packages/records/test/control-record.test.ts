import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MessageCodec } from '@ottla/protocol'
import { KafkaError, Reader, Writer } from '@ottla/protocol'
import { KRaftVersionRecord } from '@ottla/protocol/messages/kraft-version-record'
import { LeaderChangeMessage } from '@ottla/protocol/messages/leader-change-message'
import { SnapshotFooterRecord } from '@ottla/protocol/messages/snapshot-footer-record'
import { SnapshotHeaderRecord } from '@ottla/protocol/messages/snapshot-header-record'
import { VotersRecord } from '@ottla/protocol/messages/voters-record'
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

test("the other types' values are messages of the protocol, their version first", () => {
  const codecs = {
    LEADER_CHANGE: LeaderChangeMessage,
    SNAPSHOT_HEADER: SnapshotHeaderRecord,
    SNAPSHOT_FOOTER: SnapshotFooterRecord,
    KRAFT_VERSION: KRaftVersionRecord,
    KRAFT_VOTERS: VotersRecord,
  }
  let seen = 0
  for (const { hex } of controlFiles) {
    const { key, value } = decodeBatch(Buffer.from(hex, 'hex')).records[0]!
    const type = controlRecordType(key)
    if (type === 'ABORT' || type === 'COMMIT' || type === 'UNKNOWN') continue
    const version = value!.readInt16BE(0)
    const codec = codecs[type] as MessageCodec<object>
    const writer = new Writer()
    codec.write(writer, codec.read(new Reader(value!), version), version)
    assert.ok(Buffer.concat(writer.finish()).equals(value!))
    seen++
  }
  assert.equal(seen, 5)
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
