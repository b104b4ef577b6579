import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeEndTransactionMarker } from '@ottla/records'
import {
  CorruptSnapshotError,
  decodeProducerSnapshot,
  encodeProducerSnapshot,
} from '../src/producer-snapshot.ts'
import type { AppendOrigin, DuplicateBatch } from '../src/producer-state.ts'
import { ProducerState } from '../src/producer-state.ts'
import { batchOf } from './world.ts'

const hex = (text: string) => Buffer.from(text, 'hex')

interface Sent {
  readonly epoch?: number
  readonly sequence: number
  readonly count?: number
  readonly isTransactional?: boolean
  readonly origin?: AppendOrigin
}

/** A log of batches of one producer, `id`. */
class Producer {
  readonly state = new ProducerState('orders-0')
  end = 0
  id = 7

  send({ epoch = 0, sequence, count = 1, isTransactional = false, origin = 'client' }: Sent) {
    const batch = batchOf(
      Array.from({ length: count }, () => 'value'),
      {
        baseOffset: this.end,
        producerId: this.id,
        producerEpoch: epoch,
        baseSequence: sequence,
        isTransactional,
      },
    )
    return this.#append(batch, origin, count)
  }

  finish(type: 'ABORT' | 'COMMIT', epoch: number, coordinatorEpoch: number) {
    const marker = encodeEndTransactionMarker(
      { type, coordinatorEpoch },
      { producerId: this.id, producerEpoch: epoch },
      { timestamp: 5_000, baseOffset: this.end },
    )
    return this.#append(marker, 'coordinator', 1)
  }

  #append(batch: Buffer, origin: AppendOrigin, count: number): DuplicateBatch | number {
    const prepared = this.state.prepare(batch, origin)
    if (!('entries' in prepared)) return prepared
    const base = this.end
    this.end += count
    this.state.commit(prepared, this.end)
    return base
  }
}

test('a repeated batch is answered with where it is, up to the fifth last', () => {
  const producer = new Producer()
  for (let batch = 0; batch < 7; batch++) {
    assert.equal(producer.send({ sequence: batch * 3, count: 3 }), batch * 3)
  }
  for (let batch = 2; batch < 7; batch++) {
    assert.deepEqual(producer.send({ sequence: batch * 3, count: 3 }), {
      baseOffset: batch * 3,
      lastOffset: batch * 3 + 2,
      timestamp: 1_000,
    })
  }
  assert.throws(() => producer.send({ sequence: 3, count: 3 }), {
    code: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
  })
  assert.throws(() => producer.send({ sequence: 18, count: 2 }), {
    code: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
  })
  assert.equal(producer.send({ sequence: 21 }), 21)
})

test('a gap is refused, also behind one that was refused', () => {
  const producer = new Producer()
  producer.send({ sequence: 0 })
  assert.throws(() => producer.send({ sequence: 2 }), { code: 'OUT_OF_ORDER_SEQUENCE_NUMBER' })
  assert.throws(() => producer.send({ sequence: 3 }), { code: 'OUT_OF_ORDER_SEQUENCE_NUMBER' })
  assert.equal(producer.send({ sequence: 1 }), 1)
})

test('a producer that is not known may start anywhere: its batches may be gone', () => {
  assert.equal(new Producer().send({ sequence: 40 }), 0)
})

test('a new epoch starts with sequence 0, an old one is refused', () => {
  const producer = new Producer()
  producer.send({ sequence: 0 })
  assert.throws(() => producer.send({ epoch: 1, sequence: 1 }), {
    code: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
  })
  producer.send({ epoch: 1, sequence: 0 })
  assert.throws(() => producer.send({ epoch: 0, sequence: 1 }), { code: 'INVALID_PRODUCER_EPOCH' })
  // A leader's batches are taken as they are.
  producer.send({ epoch: 0, sequence: 9, origin: 'replication' })
})

test('sequences go on at 0 after 2^31 - 1, also inside of a batch', () => {
  const producer = new Producer()
  producer.send({ sequence: 2 ** 31 - 3 })
  producer.send({ sequence: 2 ** 31 - 2, count: 4 })
  assert.equal(producer.state.entries.get(7)!.lastSequence, 1)
  assert.deepEqual(producer.send({ sequence: 2 ** 31 - 2, count: 4 }), {
    baseOffset: 1,
    lastOffset: 4,
    timestamp: 1_000,
  })
  assert.equal(producer.send({ sequence: 2 }), 5)
  const other = new Producer()
  other.send({ sequence: 2 ** 31 - 1 })
  assert.equal(other.send({ sequence: 0 }), 1)
})

test('an open transaction holds back committed reads until its end is replicated', () => {
  const producer = new Producer()
  const { state } = producer
  producer.send({ sequence: 0 })
  assert.equal(state.firstUnstableOffset, -1)
  producer.send({ sequence: 1, isTransactional: true })
  producer.send({ sequence: 2, isTransactional: true })
  assert.equal(state.firstUnstableOffset, 1)
  assert.throws(() => producer.send({ sequence: 3 }), { code: 'INVALID_TXN_STATE' })
  producer.finish('COMMIT', 0, 4)
  assert.equal(state.firstUndecidedOffset, -1)
  assert.equal(state.firstUnstableOffset, 1)
  state.onHighWatermark(3)
  assert.equal(state.firstUnstableOffset, 1)
  state.onHighWatermark(4)
  assert.equal(state.firstUnstableOffset, -1)
  assert.throws(() => producer.finish('COMMIT', 0, 3), { code: 'TRANSACTION_COORDINATOR_FENCED' })
})

test('of transactions whose ends are not replicated the one that began first holds back committed reads', () => {
  const producer = new Producer()
  const { state } = producer
  producer.send({ sequence: 0, isTransactional: true })
  producer.id = 8
  producer.send({ sequence: 0, isTransactional: true })
  producer.finish('ABORT', 0, 0)
  producer.id = 7
  producer.finish('ABORT', 0, 0)
  assert.equal(state.firstUnstableOffset, 0)
  state.onHighWatermark(3)
  assert.equal(state.firstUnstableOffset, 0)
  producer.id = 8
  producer.send({ sequence: 1, isTransactional: true })
  producer.finish('COMMIT', 0, 0)
  const copy = new ProducerState('orders-0')
  copy.endOffset = state.endOffset
  copy.adopt(state)
  assert.equal(copy.firstUnstableOffset, 0)
  state.onHighWatermark(4)
  assert.equal(state.firstUnstableOffset, 4)
  state.onHighWatermark(6)
  assert.equal(state.firstUnstableOffset, -1)
})

test('silent producers are forgotten, those with an open transaction are not', () => {
  const producer = new Producer()
  producer.send({ sequence: 0 })
  producer.state.expire(1_000 + 99, 100)
  assert.equal(producer.state.entries.size, 1)
  producer.send({ sequence: 1, isTransactional: true })
  producer.state.expire(1_000_000, 100)
  assert.equal(producer.state.entries.size, 1)
  producer.finish('ABORT', 0, 0)
  producer.state.expire(1_000_000, 100)
  assert.equal(producer.state.entries.size, 0)
})

test('several batches are taken together or not at all', () => {
  const producer = new Producer()
  const batch = (baseOffset: number, baseSequence: number) =>
    batchOf(['value'], { baseOffset, producerId: 7, producerEpoch: 0, baseSequence })
  const good = producer.state.prepare(Buffer.concat([batch(0, 0), batch(1, 1)]), 'client')
  assert.ok('entries' in good)
  producer.state.commit(good, 2)
  assert.throws(() => producer.state.prepare(Buffer.concat([batch(2, 2), batch(3, 4)]), 'client'))
  assert.equal(producer.state.entries.get(7)!.lastSequence, 1)
})

// 00000000000000000040.snapshot of a topic to which one idempotent producer of Apache Kafka 4.3.1 had
// written 40 batches of one record.
const snapshot = hex(
  '0001ccbcc9aa000000010000000000000000000000000027000000000000002700000000000001a2093eec4bffffffffffffffffffffffff',
)

test('reads and writes snapshots as Kafka does', () => {
  const entries = decodeProducerSnapshot(snapshot)
  assert.equal(entries.length, 1)
  const entry = entries[0]!
  assert.deepEqual(
    [entry.producerId, entry.producerEpoch, entry.lastSequence, entry.lastOffset],
    [0, 0, 39, 39],
  )
  assert.equal(entry.lastTimestamp, 0x1a2093eec4b)
  assert.deepEqual([entry.coordinatorEpoch, entry.currentTxnFirstOffset], [-1, -1])
  assert.deepEqual(encodeProducerSnapshot(entries, 1), snapshot)
})

test('a damaged snapshot is recognised, wherever the damage is', () => {
  for (let at = 0; at < snapshot.length; at++) {
    const damaged = Buffer.from(snapshot)
    damaged[at]! ^= 0x10
    assert.throws(() => decodeProducerSnapshot(damaged), CorruptSnapshotError)
    assert.throws(() => decodeProducerSnapshot(snapshot.subarray(0, at)), CorruptSnapshotError)
  }
})
