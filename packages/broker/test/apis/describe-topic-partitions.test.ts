import assert from 'node:assert/strict'
import { ZERO_UUID } from '@ottla/protocol'
import {
  DescribeTopicPartitionsApi,
  type DescribeTopicPartitionsRequestInput,
  type DescribeTopicPartitionsResponse,
} from '@ottla/protocol/messages/describe-topic-partitions'
import type { RawClient } from '../support/broker-world.ts'
import { behaviour } from '../support/behaviour.ts'

function describe(
  client: RawClient,
  names: readonly string[],
  more: Partial<DescribeTopicPartitionsRequestInput> = {},
): Promise<DescribeTopicPartitionsResponse> {
  const topics = names.map((name) => ({ name }))
  return client.request(DescribeTopicPartitionsApi, 0, {
    topics,
    responsePartitionLimit: 2_000,
    cursor: null,
    ...more,
  })
}

/** `[topic, [partition, …]]` for each. */
function pages({ topics }: DescribeTopicPartitionsResponse) {
  return topics.map(({ name, partitions }) => [
    name,
    partitions.map(({ partitionIndex }) => partitionIndex),
  ])
}

behaviour('DescribeTopicPartitions describes a topic whole', async ({ client, topic }) => {
  const { name, id } = await topic()
  const answer = await describe(client, [name])
  assert.equal(answer.nextCursor, null)
  assert.deepEqual(answer.topics, [
    {
      errorCode: 0,
      name,
      topicId: id,
      isInternal: false,
      partitions: [
        {
          errorCode: 0,
          partitionIndex: 0,
          leaderId: 1,
          leaderEpoch: 0,
          replicaNodes: [1],
          isrNodes: [1],
          eligibleLeaderReplicas: [],
          lastKnownElr: [],
          offlineReplicas: [],
        },
      ],
      topicAuthorizedOperations: 3576,
    },
  ])
})

behaviour(
  'DescribeTopicPartitions goes through topics by name, a page at a time',
  async ({ client, topic }) => {
    const { name: first } = await topic({}, 3)
    const { name: second } = await topic({}, 3)
    const page = await describe(client, [second, first], { responsePartitionLimit: 2 })
    assert.deepEqual(pages(page), [[first, [0, 1]]])
    assert.deepEqual(page.nextCursor, { topicName: first, partitionIndex: 2 })

    const next = await describe(client, [second, first], {
      responsePartitionLimit: 2,
      cursor: page.nextCursor,
    })
    assert.deepEqual(pages(next), [
      [first, [2]],
      [second, [0]],
    ])
    assert.deepEqual(next.nextCursor, { topicName: second, partitionIndex: 1 })

    const last = await describe(client, [second, first], { cursor: next.nextCursor })
    assert.deepEqual(pages(last), [[second, [1, 2]]])
    assert.equal(last.nextCursor, null)
  },
)

behaviour(
  'DescribeTopicPartitions whose page ends with a topic points at the next',
  async ({ client, topic }) => {
    const { name: first } = await topic({}, 2)
    const { name: second } = await topic()
    const page = await describe(client, [first, second], { responsePartitionLimit: 2 })
    assert.deepEqual(pages(page), [[first, [0, 1]]])
    assert.deepEqual(page.nextCursor, { topicName: second, partitionIndex: 0 })
  },
)

behaviour('DescribeTopicPartitions takes a limit below one for one', async ({ client, topic }) => {
  const { name } = await topic({}, 2)
  for (const responsePartitionLimit of [0, -5]) {
    const page = await describe(client, [name], { responsePartitionLimit })
    assert.deepEqual(pages(page), [[name, [0]]])
    assert.deepEqual(page.nextCursor, { topicName: name, partitionIndex: 1 })
  }
})

behaviour('DescribeTopicPartitions says which topics there are not', async ({ client, topic }) => {
  const { name } = await topic()
  const answer = await describe(client, ['zz-none', name, 'bad name'])
  assert.deepEqual(
    answer.topics.map((each) => [each.name, each.errorCode, each.topicId === ZERO_UUID]),
    [
      ['bad name', 17, true],
      [name, 0, false],
      ['zz-none', 3, true],
    ].sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1)),
  )
})

behaviour(
  'DescribeTopicPartitions of no topic means all from the cursor on',
  async ({ client, topic }) => {
    const { name } = await topic()
    const answer = await describe(client, [], { cursor: { topicName: name, partitionIndex: 0 } })
    assert.equal(answer.topics[0]?.name, name)
  },
)

behaviour(
  'DescribeTopicPartitions refuses a cursor below partition 0',
  async ({ client, topic }) => {
    const { name } = await topic()
    const answer = await describe(client, [name], {
      cursor: { topicName: name, partitionIndex: -7 },
    })
    assert.deepEqual(
      answer.topics.map(({ errorCode }) => errorCode),
      [42],
    )
  },
)

behaviour('DescribeTopicPartitions past the end of a topic', async ({ client, topic }) => {
  const { name } = await topic()
  const answer = await describe(client, [name], { cursor: { topicName: name, partitionIndex: 7 } })
  assert.deepEqual(pages(answer), [[name, []]])
  assert.equal(answer.nextCursor, null)
})
