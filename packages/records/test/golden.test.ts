import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { KafkaError } from '@ottla/protocol'
import * as records from '../src/index.ts'
import type { GoldenBatch, GoldenFile } from './golden.ts'
import { goldenBytes, goldenFiles } from './golden.ts'

for (const file of goldenFiles) {
  describe(`golden ${file.name}`, () => {
    const bytes = Buffer.from(file.hex, 'hex')

    test('is walked batch by batch, to a partial one or the end', () => {
      const seen = [...walk(bytes)]
      assert.deepEqual(
        seen,
        file.batches.map(({ at, size }) => ({ at, size })),
      )
      assert.equal(
        seen.reduce((end, { at, size }) => Math.max(end, at + size), 0),
        file.bytesUsed,
      )
    })

    for (const batch of file.batches) {
      test(`batch at ${batch.at} has the header that Kafka reads`, () => checkHeader(bytes, batch))
      if (!batch.valid) {
        test('is found to be corrupt', () => {
          assert.throws(
            () => records.checkBatch(bytes, batch.at, bytes.length),
            (error) => error instanceof KafkaError && error.code === 'CORRUPT_MESSAGE',
          )
        })
        continue
      }
      test(`batch at ${batch.at} has the records that Kafka reads`, () => {
        assert.equal(records.checkBatch(bytes, batch.at, bytes.length), batch.size)
        const decoded = records.decodeBatch(bytes, batch.at)
        assert.deepEqual(decoded.records, goldenRecords(batch))
        assert.equal(decoded.baseOffset, batch.baseOffset)
        assert.equal(decoded.lastOffset, batch.lastOffset)
      })
    }

    if (file.exact && file.batches.every((batch) => batch.magic === 2)) {
      test('is written byte for byte', () => {
        const written = Buffer.concat(file.batches.map((batch) => encode(batch)))
        assert.equal(written.toString('hex'), file.hex)
      })
    } else if (file.batches.every((batch) => batch.magic === 2 && batch.valid)) {
      test('is written so that it reads the same', () => checkRewritten(file))
    }
  })
}

function* walk(bytes: Buffer): Generator<{ at: number; size: number }> {
  let at = 0
  for (;;) {
    const size = records.wholeBatchSize(bytes, at, bytes.length)
    if (size === 0) return
    yield { at, size }
    at += size
  }
}

function checkHeader(bytes: Buffer, batch: GoldenBatch): void {
  const { at } = batch
  assert.equal(records.batchSizeBytes(bytes, at), batch.size)
  assert.equal(records.magic(bytes, at), batch.magic)
  assert.equal(records.crc(bytes, at), batch.crc)
  assert.equal(records.lastOffset(bytes, at), batch.lastOffset)
  assert.equal(records.compressionCodec(bytes, at), batch.compression)
  assert.equal(records.maxTimestamp(bytes, at), batch.maxTimestamp)
  const type = batch.timestampType === 'NoTimestampType' ? 'CreateTime' : batch.timestampType
  assert.equal(records.timestampType(bytes, at), type)
  assert.equal(records.isControlBatch(bytes, at), batch.control ?? false)
  assert.equal(records.isTransactional(bytes, at), batch.transactional ?? false)
  assert.equal(records.producerId(bytes, at), batch.producerId ?? -1)
  assert.equal(records.producerEpoch(bytes, at), batch.producerEpoch ?? -1)
  assert.equal(records.baseSequence(bytes, at), batch.baseSequence ?? -1)
  assert.equal(records.lastSequence(bytes, at), batch.lastSequence ?? -1)
  assert.equal(records.partitionLeaderEpoch(bytes, at), batch.partitionLeaderEpoch ?? -1)
  assert.equal(records.deleteHorizonMs(bytes, at), batch.deleteHorizonMs ?? null)
  if (batch.magic < 2) return
  assert.equal(records.baseOffset(bytes, at), batch.baseOffset)
  assert.equal(records.attributes(bytes, at), batch.attributes)
  assert.equal(records.lastOffsetDelta(bytes, at), batch.lastOffsetDelta)
  assert.equal(records.baseTimestamp(bytes, at), batch.baseTimestamp)
  assert.equal(records.recordCount(bytes, at), batch.count)
}

function goldenRecords(batch: GoldenBatch): records.Record[] {
  return (batch.records ?? []).map(({ offset, timestamp, key, value, headers = [] }) => ({
    offset,
    timestamp,
    key: goldenBytes(key),
    value: goldenBytes(value),
    headers: headers.map((header) => ({ key: header.key, value: goldenBytes(header.value) })),
  }))
}

function encode(batch: GoldenBatch): Buffer {
  const stored = batch.storedTimestamps
  return records.encodeBatch({
    records: goldenRecords(batch).map((record, index) => ({
      ...record,
      timestamp: stored?.[index] ?? record.timestamp,
    })),
    baseOffset: batch.baseOffset,
    partitionLeaderEpoch: batch.partitionLeaderEpoch!,
    compression: batch.compression,
    timestampType: batch.timestampType === 'LogAppendTime' ? 'LogAppendTime' : 'CreateTime',
    maxTimestamp: batch.maxTimestamp,
    producerId: batch.producerId!,
    producerEpoch: batch.producerEpoch!,
    baseSequence: batch.baseSequence!,
    isTransactional: batch.transactional!,
    isControl: batch.control!,
    deleteHorizonMs: batch.deleteHorizonMs ?? null,
    lastOffsetDelta: batch.lastOffsetDelta!,
  })
}

function checkRewritten(file: GoldenFile): void {
  for (const batch of file.batches) {
    const written = encode(batch)
    records.checkBatch(written, 0, written.length)
    const { crc: _crc, sizeBytes: _size, ...again } = records.decodeBatch(written)
    const original = records.decodeBatch(Buffer.from(file.hex, 'hex'), batch.at)
    const { crc: _originalCrc, sizeBytes: _originalSize, ...expected } = original
    assert.deepEqual(again, expected)
  }
}
