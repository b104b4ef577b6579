import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRandom } from '@ottla/runtime/simulated'
import type { TopicState } from '../../src/cluster/metadata-snapshot.ts'
import { Partitioner } from '../../src/producer/partitioner.ts'

function topic(leaders: readonly number[]): TopicState {
  const partitions = leaders.map((leaderId, partition) => ({
    partition,
    leaderId,
    leaderEpoch: 0,
    replicas: [],
    isr: [],
    offline: [],
  }))
  return { name: 't', topicId: '', isInternal: false, partitions, errorCode: 0 }
}

test("a key's partition is the one that every Kafka client chooses", () => {
  const partitioner = new Partitioner(new SeededRandom(1), 100)
  const choose = (key: string): number =>
    partitioner.choose(topic([1, 1, 1, 1, 1, 1, 1]), Buffer.from(key), 1)
  // From Kafka's own partitioner, with 7 partitions.
  assert.deepEqual(['', 'a', 'foobar', 'user-1'].map(choose), [2, 5, 0, 3])
})

test('without a key a partition is filled before another one is chosen', () => {
  const partitioner = new Partitioner(new SeededRandom(1), 100)
  const chosen = Array.from({ length: 12 }, () => partitioner.choose(topic([1, 1, 1]), null, 50))
  for (let index = 0; index < chosen.length; index += 2) {
    assert.equal(chosen[index], chosen[index + 1])
    assert.notEqual(chosen[index], chosen[index + 2])
  }
})

test('without a key a partition that has a leader is preferred', () => {
  const partitioner = new Partitioner(new SeededRandom(1), 1)
  for (let round = 0; round < 20; round++) {
    assert.notEqual(partitioner.choose(topic([1, -1, 1]), null, 10), 1)
  }
})
