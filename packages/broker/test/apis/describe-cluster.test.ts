import assert from 'node:assert/strict'
import { DescribeClusterApi } from '@ottla/protocol/messages/describe-cluster'
import { behaviour } from '../support/behaviour.ts'

const NOT_ASKED = -0x80000000

behaviour('DescribeCluster names the brokers in every version', async ({ client }) => {
  for (const version of [0, 1, 2]) {
    const answer = await client.request(DescribeClusterApi, version, {
      includeClusterAuthorizedOperations: false,
    })
    const { clusterId, brokers, ...rest } = answer
    assert.equal(clusterId.length, 22)
    assert.deepEqual(
      brokers.map(({ brokerId, rack, isFenced }) => ({ brokerId, rack, isFenced })),
      [{ brokerId: 1, rack: null, isFenced: false }],
    )
    assert.deepEqual(rest, {
      throttleTimeMs: 0,
      errorCode: 0,
      errorMessage: null,
      endpointType: 1,
      controllerId: 1,
      clusterAuthorizedOperations: NOT_ASKED,
    })
  }
})

behaviour('DescribeCluster tells the client its rights when it asks', async ({ client }) => {
  const answer = await client.request(DescribeClusterApi, 1, {
    includeClusterAuthorizedOperations: true,
  })
  assert.equal(answer.clusterAuthorizedOperations, 8096)
})

behaviour('DescribeCluster on a broker does not describe controllers', async ({ client }) => {
  for (const [endpointType, code] of [
    [2, 114],
    [9, 115],
    [0, 115],
  ] as const) {
    const answer = await client.request(DescribeClusterApi, 1, {
      includeClusterAuthorizedOperations: false,
      endpointType,
    })
    assert.equal(answer.errorCode, code)
    assert.ok(answer.errorMessage)
    assert.deepEqual(answer.brokers, [])
    assert.equal(answer.clusterId, '')
    assert.equal(answer.controllerId, -1)
    assert.equal(answer.endpointType, 1)
  }
})
