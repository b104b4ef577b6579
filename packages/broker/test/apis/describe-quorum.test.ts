import assert from 'node:assert/strict'
import { DescribeQuorumApi } from '@ottla/protocol/messages/describe-quorum'
import { ListConfigResourcesApi } from '@ottla/protocol/messages/list-config-resources'
import { UnregisterBrokerApi } from '@ottla/protocol/messages/unregister-broker'
import { behaviour } from '../support/behaviour.ts'

const metadataLog = {
  topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }],
}

behaviour(
  'DescribeQuorum names the controller that has all of the metadata log',
  async (subject) => {
    for (const version of [0, 1, 2]) {
      const answer = await subject.client.request(DescribeQuorumApi, version, metadataLog)
      assert.equal(answer.errorCode, 0)
      const [partition] = answer.topics[0]!.partitions
      assert.equal(partition!.leaderId, 1)
      assert.ok(partition!.leaderEpoch >= 0)
      assert.ok(Number(partition!.highWatermark) > 0)
      assert.deepEqual(
        partition!.currentVoters.map(({ replicaId, logEndOffset }) => ({
          replicaId,
          logEndOffset,
        })),
        [{ replicaId: 1, logEndOffset: partition!.highWatermark }],
      )
      const { lastFetchTimestamp } = partition!.currentVoters[0]!
      if (version === 0) assert.equal(Number(lastFetchTimestamp), -1)
      else assert.ok(Math.abs(Number(lastFetchTimestamp) - subject.now()) < 10_000)
      assert.deepEqual(
        answer.nodes.map(({ nodeId }) => nodeId),
        version === 2 ? [1] : [],
      )
    }
  },
)

behaviour('DescribeQuorum knows no other partition', async ({ client }) => {
  for (const [topicName, partitionIndex] of [
    ['__cluster_metadata', 1],
    ['nope', 0],
  ] as const) {
    const { topics } = await client.request(DescribeQuorumApi, 2, {
      topics: [{ topicName, partitions: [{ partitionIndex }] }],
    })
    const [partition] = topics[0]!.partitions
    assert.equal(partition!.errorCode, 3)
    assert.ok(partition!.errorMessage)
    assert.deepEqual(partition!.currentVoters, [])
  }
})

behaviour('ListConfigResources names what can have settings', async ({ client, topic }) => {
  const { name } = await topic()
  const list = async (...resourceTypes: number[]): Promise<string[]> => {
    const answer = await client.request(ListConfigResourcesApi, 1, { resourceTypes })
    assert.equal(answer.errorCode, 0)
    return answer.configResources
      .map(({ resourceType, resourceName }) => `${resourceType} ${resourceName}`)
      .sort()
  }
  assert.deepEqual(await list(4, 8), ['4 1', '8 1'])
  assert.ok((await list(2)).includes(`2 ${name}`))
  assert.deepEqual(await list(16, 32), [])
  const all = await list()
  for (const each of ['4 1', '8 1', `2 ${name}`]) assert.ok(all.includes(each))
  assert.deepEqual((await client.request(ListConfigResourcesApi, 0, {})).configResources, [])
  const unknown = await client.request(ListConfigResourcesApi, 1, { resourceTypes: [2, 3] })
  assert.deepEqual(unknown, { throttleTimeMs: 0, errorCode: 35, configResources: [] })
})

behaviour('UnregisterBroker knows who is registered', async ({ client }) => {
  assert.deepEqual(await client.request(UnregisterBrokerApi, 0, { brokerId: 99 }), {
    throttleTimeMs: 0,
    errorCode: 102,
    errorMessage: 'Broker ID 99 is not currently registered',
  })
})

behaviour(
  'a broker that is unregistered while it runs registers again',
  async ({ client, topic, sleep }) => {
    const { name } = await topic()
    assert.deepEqual(await client.request(UnregisterBrokerApi, 0, { brokerId: 1 }), {
      throttleTimeMs: 0,
      errorCode: 0,
      errorMessage: '',
    })
    const list = async (): Promise<string[]> => {
      const answer = await client.request(ListConfigResourcesApi, 1, { resourceTypes: [4, 2] })
      return answer.configResources.map(({ resourceName }) => resourceName)
    }
    assert.deepEqual(await list(), [name])
    await sleep(5_000)
    assert.deepEqual((await list()).sort(), ['1', name])
  },
  { isOwn: true },
)
