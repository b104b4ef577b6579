import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeBatch, encodeEndTransactionMarker } from '@ottla/records'
import { readFetched } from '../../src/consumer/read-fetched.ts'

const partition = { topic: 't', partition: 0 }

function batch(baseOffset: number, values: string[], producerId = -1): Buffer {
  return encodeBatch({
    baseOffset,
    records: values.map((value) => ({ timestamp: 1, value: Buffer.from(value) })),
    ...(producerId >= 0 && {
      producerId,
      producerEpoch: 0,
      baseSequence: 0,
      isTransactional: true,
    }),
  })
}

function marker(type: 'ABORT' | 'COMMIT', offset: number, producerId: number): Buffer {
  return encodeEndTransactionMarker(
    { type, coordinatorEpoch: 0 },
    { producerId, producerEpoch: 0 },
    { baseOffset: offset, timestamp: 1 },
  )
}

function read(
  batches: Buffer[],
  position: number,
  aborted: { producerId: number; firstOffset: number }[] | null = null,
): { values: (string | undefined)[]; nextOffset: number } {
  const answer = { records: Buffer.concat(batches), abortedTransactions: aborted }
  const { records, nextOffset } = readFetched(partition, answer, position, aborted !== null)
  return { values: records.map(({ value }) => value?.toString()), nextOffset }
}

test('reading begins in the middle of a batch, and a batch that is cut off is no error', () => {
  const cut = batch(3, ['d', 'e']).subarray(0, 70)
  assert.deepEqual(read([batch(0, ['a', 'b', 'c']), cut], 1), { values: ['b', 'c'], nextOffset: 3 })
  assert.deepEqual(read([cut], 3), { values: [], nextOffset: 3 })
  assert.deepEqual(read([], 5), { values: [], nextOffset: 5 })
})

test('what compaction took away is passed over', () => {
  const compacted = encodeBatch({
    baseOffset: 0,
    records: [{ offset: 4, timestamp: 1, value: Buffer.from('e') }],
    lastOffsetDelta: 9,
  })
  assert.deepEqual(read([compacted], 2), { values: ['e'], nextOffset: 10 })
})

test('markers are never seen; aborted transactions are not when only committed ones are wanted', () => {
  const log = [
    batch(0, ['a'], 7),
    batch(1, ['x'], 8),
    marker('ABORT', 2, 8),
    batch(3, ['b'], 8),
    marker('COMMIT', 4, 7),
    marker('COMMIT', 5, 8),
    batch(6, ['c']),
  ]
  assert.deepEqual(read(log, 0).values, ['a', 'x', 'b', 'c'])
  const aborted = [{ producerId: 8, firstOffset: 1 }]
  assert.deepEqual(read(log, 0, aborted), { values: ['a', 'b', 'c'], nextOffset: 7 })
})

test('a batch whose bytes were changed on the way is refused', () => {
  const changed = batch(0, ['abc'])
  changed[changed.length - 3]! ^= 1
  assert.throws(() => read([changed], 0), { code: 'CORRUPT_MESSAGE' })
})
