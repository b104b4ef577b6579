import assert from 'node:assert/strict'
import {
  CreatePartitionsApi,
  type CreatePartitionsTopicInput,
} from '@ottla/protocol/messages/create-partitions'
import { MetadataApi } from '@ottla/protocol/messages/metadata'
import { behaviour } from '../support/behaviour.ts'
import type { RawClient } from '../support/broker-world.ts'
import { batch, fetch, produce } from '../support/letters.ts'

const UNKNOWN_TOPIC_OR_PARTITION = 3
const INVALID_PARTITIONS = 37
const INVALID_REPLICA_ASSIGNMENT = 39
const INVALID_REQUEST = 42

async function grow(
  client: RawClient,
  topics: readonly (Partial<CreatePartitionsTopicInput> & { name: string; count: number })[],
  { version = 3, validateOnly = false } = {},
): Promise<Map<string, number>> {
  const { results } = await client.request(CreatePartitionsApi, version, {
    topics: topics.map((topic) => ({ assignments: null, ...topic })),
    timeoutMs: 10_000,
    validateOnly,
  })
  return new Map(results.map(({ name, errorCode }) => [name, errorCode]))
}

async function count(client: RawClient, name: string): Promise<number> {
  const { topics } = await client.request(MetadataApi, 12, {
    topics: [{ name }],
    allowAutoTopicCreation: false,
  })
  return topics[0]!.partitions.length
}

behaviour(
  'CreatePartitions in every version; the old partitions keep their records, the new ones take some',
  async ({ client, topic, now, sleep }) => {
    const made = await topic()
    await produce(client, made, batch(now()))
    for (let version = 0; version <= 3; version++) {
      const wanted = version + 2
      const topics = [{ name: made.name, count: wanted }]
      assert.deepEqual(await grow(client, topics, { version }), new Map([[made.name, 0]]))
      await sleep(300)
      assert.equal(await count(client, made.name), wanted)
      const stored = await produce(client, made, batch(now()), { partition: wanted - 1 })
      assert.deepEqual([stored.errorCode, stored.baseOffset], [0, 0])
    }
    assert.equal((await fetch(client, made, 0)).highWatermark, 1)
  },
)

behaviour('CreatePartitions to as many, or to fewer', async ({ client, topic }) => {
  const { name } = await topic({}, 3)
  for (const wanted of [3, 2, 1, 0, -1]) {
    const results = await grow(client, [{ name, count: wanted }])
    assert.deepEqual(results, new Map([[name, INVALID_PARTITIONS]]), `to ${wanted}`)
  }
  assert.equal(await count(client, name), 3)
})

behaviour('CreatePartitions refuses what is wrong and does the rest', async ({ client, topic }) => {
  const [right, fewer, twice, assigned] = [
    await topic(),
    await topic({}, 3),
    await topic(),
    await topic(),
  ]
  const results = await grow(client, [
    { name: right.name, count: 2, assignments: [{ brokerIds: [1] }] },
    { name: fewer.name, count: 2 },
    { name: twice.name, count: 2 },
    { name: twice.name, count: 3 },
    { name: assigned.name, count: 2, assignments: [{ brokerIds: [77] }] },
    { name: 'no-such-topic', count: 2 },
  ])
  assert.deepEqual(
    results,
    new Map([
      [twice.name, INVALID_REQUEST],
      [right.name, 0],
      [fewer.name, INVALID_PARTITIONS],
      [assigned.name, INVALID_REPLICA_ASSIGNMENT],
      ['no-such-topic', UNKNOWN_TOPIC_OR_PARTITION],
    ]),
  )
})

behaviour(
  'CreatePartitions that only validates says the same and changes nothing',
  async ({ client, topic, sleep }) => {
    const [{ name }, other] = [await topic(), await topic()]
    const topics = [
      { name, count: 5 },
      { name: other.name, count: 1 },
    ]
    assert.deepEqual(
      await grow(client, topics, { validateOnly: true }),
      new Map([
        [name, 0],
        [other.name, INVALID_PARTITIONS],
      ]),
    )
    await sleep(300)
    assert.equal(await count(client, name), 1)
  },
)
