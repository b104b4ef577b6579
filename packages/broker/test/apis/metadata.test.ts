import assert from 'node:assert/strict'
import { ZERO_UUID } from '@ottla/protocol'
import { MetadataApi } from '@ottla/protocol/messages/metadata'
import { behaviour } from '../support/behaviour.ts'

const UNKNOWN_TOPIC_OR_PARTITION = 3
const INVALID_TOPIC = 17
const INVALID_REQUEST = 42
const UNKNOWN_TOPIC_ID = 100
const NOT_ASKED = -0x80000000
const UNKNOWN_ID = 'AAAAAAAAAAAAAAAAAAAAbQ'

behaviour('Metadata describes a named topic in every version', async ({ client, topic }) => {
  const { name, id } = await topic({}, 2)
  for (let version = 0; version <= 13; version++) {
    const answer = await client.request(MetadataApi, version, { topics: [{ name }] })
    assert.equal(answer.topics.length, 1, `v${version}`)
    const [found] = answer.topics
    assert.equal(found?.errorCode, 0)
    assert.equal(found.name, name)
    assert.equal(found.topicId, version >= 10 ? id : ZERO_UUID)
    assert.equal(found.isInternal, false)
    assert.equal(found.topicAuthorizedOperations, NOT_ASKED)
    // The order of partitions is not promised.
    const partitions = found.partitions.toSorted((a, b) => a.partitionIndex - b.partitionIndex)
    assert.deepEqual(
      partitions,
      [0, 1].map((partitionIndex) => ({
        errorCode: 0,
        partitionIndex,
        leaderId: 1,
        leaderEpoch: version >= 7 ? 0 : -1,
        replicaNodes: [1],
        isrNodes: [1],
        offlineReplicas: [],
      })),
    )
    assert.deepEqual(
      answer.brokers.map(({ nodeId, rack }) => ({ nodeId, rack })),
      [{ nodeId: 1, rack: null }],
    )
    assert.equal(answer.controllerId, version >= 1 ? 1 : -1)
    assert.equal(answer.clusterId === null, version < 2)
    assert.equal(answer.errorCode, 0)
  }
})

behaviour('Metadata of all topics and of none', async ({ client, topic }) => {
  const { name } = await topic()
  for (const version of [1, 4, 9, 12, 13]) {
    const all = await client.request(MetadataApi, version, { topics: null })
    assert.ok(
      all.topics.some((each) => each.name === name),
      `v${version}`,
    )
    const none = await client.request(MetadataApi, version, { topics: [] })
    assert.deepEqual(none.topics, [])
    assert.equal(none.brokers.length, 1)
  }
  const all = await client.request(MetadataApi, 0, { topics: [] })
  assert.ok(all.topics.some((each) => each.name === name))
})

behaviour('Metadata by topic id, known and unknown', async ({ client, topic }) => {
  const { name, id } = await topic()
  const answer = await client.request(MetadataApi, 12, {
    topics: [
      { topicId: id, name: null },
      { topicId: UNKNOWN_ID, name: null },
    ],
    allowAutoTopicCreation: true,
    includeTopicAuthorizedOperations: true,
  })
  const known = answer.topics.find(({ topicId }) => topicId === id)
  const unknown = answer.topics.find(({ topicId }) => topicId === UNKNOWN_ID)
  assert.equal(answer.topics.length, 2)
  assert.equal(known?.name, name)
  assert.equal(known.topicAuthorizedOperations, 3576)
  assert.deepEqual(
    { ...unknown },
    {
      errorCode: UNKNOWN_TOPIC_ID,
      name: null,
      topicId: UNKNOWN_ID,
      isInternal: false,
      partitions: [],
      topicAuthorizedOperations: NOT_ASKED,
    },
  )
})

behaviour(
  'Metadata creates a missing topic when client and broker allow',
  async ({ client, unique, sleep }) => {
    const name = `auto-${unique}`
    for (const version of [9, 13]) {
      const forbidden = await client.request(MetadataApi, version, {
        topics: [{ name }],
        allowAutoTopicCreation: false,
      })
      assert.equal(forbidden.topics[0]?.errorCode, UNKNOWN_TOPIC_OR_PARTITION)
      assert.equal(forbidden.topics[0].topicId, ZERO_UUID)
    }
    // Kafka's first answer may say UNKNOWN_TOPIC_OR_PARTITION; ours has the topic already.
    await client.request(MetadataApi, 4, { topics: [{ name }], allowAutoTopicCreation: true })
    await sleep(1_000)
    const made = await client.request(MetadataApi, 4, {
      topics: [{ name }],
      allowAutoTopicCreation: false,
    })
    assert.equal(made.topics[0]?.errorCode, 0)
    assert.equal(made.topics[0].partitions.length, 1)
  },
)

behaviour(
  'Metadata creates topics for clients that cannot forbid it, below version 4',
  async ({ client, unique, sleep }) => {
    const name = `auto-old-${unique}`
    await client.request(MetadataApi, 1, { topics: [{ name }] })
    await sleep(1_000)
    const made = await client.request(MetadataApi, 1, { topics: [{ name }] })
    assert.equal(made.topics[0]?.errorCode, 0)
  },
)

behaviour('Metadata refuses names that no topic can have', async ({ client }) => {
  const names = ['no spaces', '', '.', '..', 'x'.repeat(250), 'sláinte']
  const answer = await client.request(MetadataApi, 9, {
    topics: names.map((name) => ({ name })),
    allowAutoTopicCreation: true,
  })
  const codes = new Map(answer.topics.map(({ name, errorCode }) => [name, errorCode]))
  assert.deepEqual(
    names.map((name) => [name, codes.get(name)]),
    names.map((name) => [name, INVALID_TOPIC]),
  )
})

behaviour(
  'Metadata does not create a topic whose name collides with another',
  async ({ client, unique, sleep }) => {
    const first = `collides.${unique}`
    const second = `collides_${unique}`
    await client.request(MetadataApi, 9, {
      topics: [{ name: first }],
      allowAutoTopicCreation: true,
    })
    await sleep(1_000)
    const answer = await client.request(MetadataApi, 9, {
      topics: [{ name: second }],
      allowAutoTopicCreation: true,
    })
    // Why it was not created is in the broker's log; the client may ask again.
    assert.equal(answer.topics[0]?.errorCode, UNKNOWN_TOPIC_OR_PARTITION)
  },
)

behaviour(
  'Metadata names a topic once, however often it was asked for',
  async ({ client, topic }) => {
    const { name } = await topic()
    const answer = await client.request(MetadataApi, 9, { topics: [{ name }, { name }] })
    assert.equal(answer.topics.length, 1)
  },
)

behaviour('Metadata tells the client its rights when it asks', async ({ client, topic }) => {
  const { name } = await topic()
  for (const version of [8, 9, 10]) {
    const answer = await client.request(MetadataApi, version, {
      topics: [{ name }],
      includeTopicAuthorizedOperations: true,
      includeClusterAuthorizedOperations: true,
    })
    assert.equal(answer.topics[0]?.topicAuthorizedOperations, 3576)
    assert.equal(answer.clusterAuthorizedOperations, 8096)
    const unasked = await client.request(MetadataApi, version, { topics: [{ name }] })
    assert.equal(unasked.topics[0]?.topicAuthorizedOperations, NOT_ASKED)
    assert.equal(unasked.clusterAuthorizedOperations, NOT_ASKED)
  }
})

behaviour('Metadata by id is refused before version 12', async ({ client, topic }) => {
  const { id } = await topic()
  const answer = await client.request(MetadataApi, 11, { topics: [{ topicId: id, name: null }] })
  // The answer has no error of its own yet: each topic has it.
  assert.deepEqual(
    answer.topics.map(({ errorCode, name, topicId }) => [errorCode, name, topicId]),
    [[INVALID_REQUEST, '', id]],
  )
  assert.deepEqual(answer.brokers, [])
  assert.equal(answer.clusterId, null)
  assert.equal(answer.controllerId, -1)
})

behaviour('Metadata of the internal topic says that it is one', async ({ client, connect }) => {
  const { FindCoordinatorApi } = await import('@ottla/protocol/messages/find-coordinator')
  const other = await connect()
  await other.request(FindCoordinatorApi, 3, { key: 'g', keyType: 0 })
  const answer = await client.request(MetadataApi, 9, { topics: [{ name: '__consumer_offsets' }] })
  assert.equal(answer.topics[0]?.isInternal, true)
})
