import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Reader, Writer } from '@ottla/protocol'
import {
  CreatePartitionsResponse,
  type CreatePartitionsRequest,
  type CreatePartitionsTopic,
} from '@ottla/protocol/messages/create-partitions'
import { withController } from '../cluster.ts'
import { creation, join, topic } from '../requests.ts'

interface Case {
  readonly story: string
  readonly version: number
  readonly request: CreatePartitionsRequest
  readonly response: {
    readonly results: { name: string; errorCode: number; errorMessage: string | null }[]
  }
}

// What a broker of Apache Kafka 4.3.1, alone and with nothing but defaults, answered one after another, with
// a topic `one` of one partition and a topic `two` of two.
const cases = readFileSync(new URL('kafka-4.3.1-create-partitions.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Case)

const UNKNOWN_TOPIC_OR_PARTITION = 3
const INVALID_REPLICA_ASSIGNMENT = 39
const POLICY_VIOLATION = 44

function request(...topics: CreatePartitionsTopic[]): CreatePartitionsRequest {
  return { topics, timeoutMs: 1000, validateOnly: false }
}

test(
  'partitions are created with the answers that Kafka gives',
  withController(async (cluster) => {
    await join(cluster, 1)
    const { controller } = cluster
    await controller.createTopics(creation(topic('one'), topic('two', { numPartitions: 2 })))
    for (const { story, version, request: asked, response } of cases) {
      const writer = new Writer()
      CreatePartitionsResponse.write(writer, await controller.createPartitions(asked), version)
      const read = CreatePartitionsResponse.read(new Reader(writer.finishWhole()), version)
      // The order is a hash table's; where Kafka's message is empty ours says more.
      const comparable = (results: Case['response']['results']) =>
        results
          .map(({ name, errorCode, errorMessage }) =>
            JSON.stringify([
              name,
              errorCode,
              errorCode === UNKNOWN_TOPIC_OR_PARTITION ? '' : errorMessage,
            ]),
          )
          .sort()
      assert.deepEqual(comparable([...read.results]), comparable(response.results), story)
    }
  }),
)

test(
  'new partitions come after the old ones, with as many replicas, and leave them alone',
  withController(async (cluster) => {
    const { controller, loader } = cluster
    for (const broker of [1, 2, 3]) await join(cluster, broker)
    await controller.createTopics(creation(topic('t', { numPartitions: 2, replicationFactor: 2 })))
    const before = loader.image.topic('t')!
    await controller.createPartitions(request({ name: 't', count: 5, assignments: null }))
    const after = loader.image.topic('t')!
    assert.equal(after.id, before.id)
    assert.deepEqual(after.partitions.slice(0, 2), before.partitions)
    assert.equal(after.partitions.length, 5)
    for (const { replicas, isr, leader, leaderEpoch } of after.partitions.slice(2)) {
      assert.equal(new Set(replicas).size, 2)
      assert.deepEqual(isr, replicas)
      assert.equal(leader, replicas[0])
      assert.equal(leaderEpoch, 0)
    }
  }),
)

test(
  'assignments are kept, and must have as many replicas as the first partition',
  withController(async (cluster) => {
    const { controller, loader } = cluster
    for (const broker of [1, 2, 3]) await join(cluster, broker)
    await controller.createTopics(creation(topic('t', { replicationFactor: 2 })))
    const assigned = (...brokers: number[][]) =>
      request({
        name: 't',
        count: 1 + brokers.length,
        assignments: brokers.map((brokerIds) => ({ brokerIds })),
      })
    const refused = await controller.createPartitions(assigned([1, 2], [1, 2, 3]))
    assert.equal(refused.results[0]!.errorCode, INVALID_REPLICA_ASSIGNMENT)
    assert.match(refused.results[0]!.errorMessage!, /3 replica\(s\).* have 2 replica\(s\)/)
    assert.equal(loader.image.topic('t')!.partitions.length, 1)
    await controller.createPartitions(assigned([3, 1], [2, 3]))
    const [, second, third] = loader.image.topic('t')!.partitions
    assert.deepEqual(
      [second!.replicas, third!.replicas],
      [
        [3, 1],
        [2, 3],
      ],
    )
    assert.deepEqual([second!.leader, third!.leader], [3, 2])
  }),
)

test(
  'more partitions than one request may create are refused, in no time; the other topics are not',
  withController(async (cluster) => {
    const { controller, loader } = cluster
    await join(cluster, 1)
    await controller.createTopics(creation(topic('a'), topic('b')))
    const { results } = await controller.createPartitions(
      request(
        { name: 'a', count: 2 ** 31 - 1, assignments: null },
        { name: 'b', count: 2, assignments: null },
      ),
    )
    assert.deepEqual(
      results.map(({ name, errorCode }) => [name, errorCode]),
      [
        ['a', POLICY_VIOLATION],
        ['b', 0],
      ],
    )
    assert.equal(loader.image.topic('a')!.partitions.length, 1)
    assert.equal(loader.image.topic('b')!.partitions.length, 2)
  }),
)

test(
  'a topic that the caller may not alter is left as it is',
  withController(async (cluster) => {
    const { controller, loader } = cluster
    await join(cluster, 1)
    await controller.createTopics(creation(topic('theirs')))
    const { results } = await controller.createPartitions(
      request({ name: 'theirs', count: 2, assignments: null }),
      { permissions: { mayAlter: () => false } },
    )
    assert.equal(results[0]!.errorCode, 29)
    assert.equal(loader.image.topic('theirs')!.partitions.length, 1)
  }),
)
