import assert from 'node:assert/strict'
import { errorName } from '@ottla/protocol'
import { CreateTopicsApi } from '@ottla/protocol/messages/create-topics'
import { DeleteGroupsApi } from '@ottla/protocol/messages/delete-groups'
import { DescribeGroupsApi } from '@ottla/protocol/messages/describe-groups'
import { FindCoordinatorApi } from '@ottla/protocol/messages/find-coordinator'
import { JoinGroupApi } from '@ottla/protocol/messages/join-group'
import { OffsetCommitApi } from '@ottla/protocol/messages/offset-commit'
import { SyncGroupApi } from '@ottla/protocol/messages/sync-group'
import type { Peer } from '../../fuzz/peer.ts'
import { hostileTest } from './hostile-world.ts'

/** One partition of the groups' topic: the innocent client's group has the same coordinator. */
const GROUP = 'hostile'

async function join(peer: Peer, metadata: Buffer): Promise<[error: string, memberId: string]> {
  const request = {
    groupId: GROUP,
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 10_000,
    memberId: '',
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata }],
  }
  const { memberId } = await peer.request(JoinGroupApi, 6, request)
  const joined = await peer.request(JoinGroupApi, 6, { ...request, memberId })
  return [errorName(joined.errorCode), joined.memberId]
}

hostileTest(
  'an assignment too large for a record is refused; other groups go on',
  async (world) => {
    const peer = await world.connect()
    const [error, memberId] = await join(peer, Buffer.alloc(10))
    assert.equal(error, 'NONE')
    const { errorCode } = await peer.request(SyncGroupApi, 4, {
      groupId: GROUP,
      generationId: 1,
      memberId,
      assignments: [{ memberId, assignment: Buffer.alloc(3_000_000) }],
    })
    assert.equal(errorName(errorCode), 'UNKNOWN_SERVER_ERROR')
    peer.close()
  },
)

hostileTest('metadata too large for a record does no harm to other groups', async (world) => {
  const peer = await world.connect()
  const [error, memberId] = await join(peer, Buffer.alloc(3_000_000))
  assert.equal(error, 'NONE')
  const { errorCode } = await peer.request(SyncGroupApi, 4, {
    groupId: GROUP,
    generationId: 1,
    memberId,
    assignments: [{ memberId, assignment: Buffer.alloc(10) }],
  })
  assert.equal(errorName(errorCode), 'UNKNOWN_SERVER_ERROR')
  peer.close()
})

hostileTest(
  'a hundred thousand offsets in one commit do no harm to other groups',
  async (world) => {
    const peer = await world.connect()
    const partitions = Array.from({ length: 100_000 }, () => ({
      partitionIndex: 0,
      committedOffset: 1,
      committedMetadata: 'x'.repeat(20),
    }))
    const { topics } = await peer.request(OffsetCommitApi, 8, {
      groupId: GROUP,
      generationIdOrMemberEpoch: -1,
      memberId: '',
      topics: [{ name: '__consumer_offsets', partitions }],
    })
    const found = new Set(topics[0]!.partitions.map(({ errorCode }) => errorName(errorCode)))
    assert.deepEqual([...found], ['UNKNOWN_SERVER_ERROR'])
    peer.close()
  },
)

hostileTest('requests about twenty thousand groups are answered', async (world) => {
  const peer = await world.connect()
  const names = Array.from({ length: 20_000 }, (_, index) => `group-${index}`)
  const coordinators = await peer.request(FindCoordinatorApi, 4, {
    keyType: 0,
    coordinatorKeys: names,
  })
  assert.equal(coordinators.coordinators.length, 20_000)
  const described = await peer.request(DescribeGroupsApi, 5, { groups: names })
  assert.equal(described.groups.length, 20_000)
  const deleted = await peer.request(DeleteGroupsApi, 2, { groupsNames: names })
  assert.equal(deleted.results.length, 20_000)
  peer.close()
})

hostileTest('topics with more partitions than a request may make are refused', async (world) => {
  const peer = await world.connect()
  for (const [numPartitions, expected] of [
    [2 ** 31 - 1, 'POLICY_VIOLATION'],
    [10_001, 'POLICY_VIOLATION'],
    [0, 'INVALID_PARTITIONS'],
    [-2, 'INVALID_PARTITIONS'],
  ] as const) {
    const { topics } = await peer.request(CreateTopicsApi, 7, {
      topics: [
        {
          name: `many${numPartitions}`,
          numPartitions,
          replicationFactor: 1,
          assignments: [],
          configs: [],
        },
      ],
      timeoutMs: 10_000,
      validateOnly: false,
    })
    assert.equal(errorName(topics[0]!.errorCode), expected)
  }
  peer.close()
})
