import assert from 'node:assert/strict'
import { ZERO_UUID } from '@ottla/protocol'
import { CreateTopicsApi, type CreatableTopicInput } from '@ottla/protocol/messages/create-topics'
import { DeleteTopicsApi } from '@ottla/protocol/messages/delete-topics'
import { MetadataApi } from '@ottla/protocol/messages/metadata'
import { behaviour } from '../support/behaviour.ts'
import type { RawClient } from '../support/broker-world.ts'

const UNKNOWN_TOPIC_OR_PARTITION = 3
const INVALID_TOPIC = 17
const TOPIC_ALREADY_EXISTS = 36
const INVALID_PARTITIONS = 37
const INVALID_REPLICATION_FACTOR = 38
const INVALID_CONFIG = 40
const INVALID_REQUEST = 42
const UNKNOWN_TOPIC_ID = 100
const UNKNOWN_ID = 'AAAAAAAAAAAAAAAAAAAAbQ'

async function create(
  client: RawClient,
  topics: readonly Partial<CreatableTopicInput>[],
  { version = 7, validateOnly = false } = {},
): Promise<[string, number][]> {
  const answer = await client.request(CreateTopicsApi, version, {
    topics: topics.map((topic) => ({
      name: '',
      numPartitions: 1,
      replicationFactor: 1,
      assignments: [],
      configs: [],
      ...topic,
    })),
    timeoutMs: 10_000,
    validateOnly,
  })
  return answer.topics.map(({ name, errorCode }): [string, number] => [name, errorCode])
}

async function exists(client: RawClient, name: string): Promise<boolean> {
  const answer = await client.request(MetadataApi, 9, {
    topics: [{ name }],
    allowAutoTopicCreation: false,
  })
  return answer.topics[0]?.errorCode === 0
}

behaviour(
  'CreateTopics refuses one topic and makes the next',
  async ({ client, unique, sleep }) => {
    const name = `made-${unique}`
    const outcomes = await create(client, [
      { name: 'bad name' },
      { name, numPartitions: 2 },
      { name: `zero-${unique}`, numPartitions: 0 },
      { name: `wide-${unique}`, replicationFactor: 3 },
      { name: `odd-${unique}`, configs: [{ name: 'retention.ms', value: 'soon' }] },
      { name: `typo-${unique}`, configs: [{ name: 'retention.mss', value: '1' }] },
    ])
    assert.deepEqual(
      new Map(outcomes),
      new Map([
        ['bad name', INVALID_TOPIC],
        [name, 0],
        [`zero-${unique}`, INVALID_PARTITIONS],
        [`wide-${unique}`, INVALID_REPLICATION_FACTOR],
        [`odd-${unique}`, INVALID_CONFIG],
        [`typo-${unique}`, INVALID_CONFIG],
      ]),
    )
    await sleep(500)
    assert.ok(await exists(client, name))
    assert.deepEqual(await create(client, [{ name }]), [[name, TOPIC_ALREADY_EXISTS]])
  },
)

behaviour(
  'CreateTopics in every version, and only to validate',
  async ({ client, unique, sleep }) => {
    for (let version = 2; version <= 7; version++) {
      const name = `v${version}-${unique}`
      assert.deepEqual(await create(client, [{ name }], { version, validateOnly: true }), [
        [name, 0],
      ])
      await sleep(200)
      assert.equal(await exists(client, name), false)
      assert.deepEqual(await create(client, [{ name }], { version }), [[name, 0]])
    }
  },
)

behaviour('CreateTopics of a name given twice refuses both', async ({ client, unique }) => {
  const name = `twice-${unique}`
  assert.deepEqual(
    new Map(await create(client, [{ name }, { name }])),
    new Map([[name, INVALID_REQUEST]]),
  )
})

behaviour('DeleteTopics by name in every version', async ({ client, topic, sleep }) => {
  for (let version = 1; version <= 6; version++) {
    const { name } = await topic()
    const names = [name, 'no-such-topic']
    const answer = await client.request(DeleteTopicsApi, version, {
      ...(version >= 6
        ? { topics: names.map((each) => ({ name: each, topicId: ZERO_UUID })) }
        : { topicNames: names }),
      timeoutMs: 10_000,
    })
    assert.deepEqual(
      new Map(answer.responses.map((each) => [each.name, each.errorCode])),
      new Map([
        [name, 0],
        ['no-such-topic', UNKNOWN_TOPIC_OR_PARTITION],
      ]),
    )
    await sleep(300)
    assert.equal(await exists(client, name), false)
  }
})

behaviour('DeleteTopics by id', async ({ client, topic, sleep }) => {
  const { name, id } = await topic()
  const answer = await client.request(DeleteTopicsApi, 6, {
    topics: [
      { name: null, topicId: id },
      { name: null, topicId: UNKNOWN_ID },
    ],
    timeoutMs: 10_000,
  })
  assert.deepEqual(
    new Map(answer.responses.map((each) => [each.topicId, [each.errorCode, each.name]])),
    new Map<string, unknown>([
      [id, [0, name]],
      [UNKNOWN_ID, [UNKNOWN_TOPIC_ID, null]],
    ]),
  )
  await sleep(300)
  assert.equal(await exists(client, name), false)
})
