import assert from 'node:assert/strict'
import { DeleteGroupsApi } from '@ottla/protocol/messages/delete-groups'
import { DescribeGroupsApi } from '@ottla/protocol/messages/describe-groups'
import { FindCoordinatorApi } from '@ottla/protocol/messages/find-coordinator'
import { HeartbeatApi } from '@ottla/protocol/messages/heartbeat'
import { JoinGroupApi } from '@ottla/protocol/messages/join-group'
import { LeaveGroupApi } from '@ottla/protocol/messages/leave-group'
import { ListGroupsApi } from '@ottla/protocol/messages/list-groups'
import { OffsetCommitApi } from '@ottla/protocol/messages/offset-commit'
import { OffsetDeleteApi } from '@ottla/protocol/messages/offset-delete'
import { OffsetFetchApi } from '@ottla/protocol/messages/offset-fetch'
import { SyncGroupApi } from '@ottla/protocol/messages/sync-group'
import { behaviour, type Subject } from '../support/behaviour.ts'
import type { RawClient } from '../support/broker-world.ts'

const COORDINATOR_NOT_AVAILABLE = 15
const ILLEGAL_GENERATION = 22
const INVALID_GROUP_ID = 24
const UNKNOWN_MEMBER_ID = 25
const NON_EMPTY_GROUP = 68
const GROUP_ID_NOT_FOUND = 69
const MEMBER_ID_REQUIRED = 79
const UNKNOWN_TOPIC_OR_PARTITION = 3
const GROUP_SUBSCRIBED_TO_TOPIC = 86

/** ConsumerProtocolSubscription, version 0, of one topic. */
function subscription(topic: string): Buffer {
  const name = Buffer.from(topic)
  const bytes = Buffer.alloc(2 + 4 + 2 + name.length + 4)
  bytes.writeInt32BE(1, 2)
  bytes.writeInt16BE(name.length, 6)
  name.copy(bytes, 8)
  bytes.writeInt32BE(-1, 8 + name.length)
  return bytes
}

/** Makes sure that there is a coordinator: Kafka makes its topic when it is first asked. */
async function coordinated({ client, sleep }: Subject): Promise<void> {
  for (let tries = 0; tries < 20; tries++) {
    const found = await client.request(FindCoordinatorApi, 3, { key: 'g', keyType: 0 })
    if (found.errorCode !== COORDINATOR_NOT_AVAILABLE) break
    await sleep(300)
  }
  await sleep(300)
}

interface Member {
  readonly groupId: string
  readonly memberId: string
  readonly generationId: number
}

/** Joins alone and takes its assignment. */
async function joinAlone(
  client: RawClient,
  groupId: string,
  topic: string,
  { sessionTimeoutMs = 10_000 } = {},
): Promise<Member> {
  const request = {
    groupId,
    sessionTimeoutMs,
    rebalanceTimeoutMs: 10_000,
    memberId: '',
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: subscription(topic) }],
  }
  const first = await client.request(JoinGroupApi, 9, request)
  assert.equal(first.errorCode, MEMBER_ID_REQUIRED)
  const { memberId } = first
  const joined = await client.request(JoinGroupApi, 9, { ...request, memberId })
  assert.deepEqual(
    [
      joined.errorCode,
      joined.leader,
      joined.protocolName,
      joined.protocolType,
      joined.skipAssignment,
    ],
    [0, memberId, 'range', 'consumer', false],
  )
  const { generationId } = joined
  const synced = await client.request(SyncGroupApi, 5, {
    groupId,
    generationId,
    memberId,
    protocolType: 'consumer',
    protocolName: 'range',
    assignments: [{ memberId, assignment: Buffer.from('mine') }],
  })
  assert.deepEqual([synced.errorCode, synced.assignment.toString()], [0, 'mine'])
  return { groupId, memberId, generationId }
}

async function commit(
  client: RawClient,
  { groupId, memberId, generationId }: Member,
  topic: string,
  offset: number,
  version = 9,
): Promise<number | undefined> {
  const answer = await client.request(OffsetCommitApi, version, {
    groupId,
    generationIdOrMemberEpoch: generationId,
    memberId,
    topics: [
      {
        name: topic,
        partitions: [{ partitionIndex: 0, committedOffset: offset, committedMetadata: 'note' }],
      },
    ],
  })
  return answer.topics[0]?.partitions[0]?.errorCode
}

/** `[error, offset, metadata]` */
async function committed(client: RawClient, groupId: string, topic: string, version = 9) {
  const topics = [{ name: topic, partitionIndexes: [0] }]
  const answer = await client.request(
    OffsetFetchApi,
    version,
    version >= 8 ? { groups: [{ groupId, topics }] } : { groupId, topics },
  )
  const group = answer.groups[0] ?? answer
  const found = group.topics[0]?.partitions[0]
  return [found?.errorCode, Number(found?.committedOffset), found?.metadata]
}

async function describe(client: RawClient, groupId: string, version = 6) {
  const { groups } = await client.request(DescribeGroupsApi, version, { groups: [groupId] })
  const [group] = groups
  assert.ok(group !== undefined)
  return group
}

/** Nobody's: a group that only keeps offsets. */
const outside = (groupId: string): Member => ({ groupId, memberId: '', generationId: -1 })

behaviour('a member joins, commits, fetches and leaves', async (subject) => {
  await coordinated(subject)
  const { client, topic, unique } = subject
  const { name } = await topic()
  const member = await joinAlone(client, `g1-${unique}`, name)
  assert.equal(await commit(client, member, name, 42), 0)
  assert.deepEqual(await committed(client, member.groupId, name), [0, 42, 'note'])

  const group = await describe(client, member.groupId)
  assert.deepEqual(
    [group.errorCode, group.groupState, group.protocolType, group.protocolData],
    [0, 'Stable', 'consumer', 'range'],
  )
  assert.deepEqual(
    group.members.map(({ memberId, clientId, groupInstanceId, memberAssignment }) => [
      memberId,
      clientId,
      groupInstanceId,
      memberAssignment.toString(),
    ]),
    [[member.memberId, 'test', null, 'mine']],
  )
  const heartbeat = await client.request(HeartbeatApi, 4, member)
  assert.equal(heartbeat.errorCode, 0)
  const left = await client.request(LeaveGroupApi, 5, {
    groupId: member.groupId,
    members: [{ memberId: member.memberId }],
  })
  assert.deepEqual(
    [left.errorCode, left.members.map(({ memberId, errorCode }) => [memberId, errorCode])],
    [0, [[member.memberId, 0]]],
  )
  const empty = await describe(client, member.groupId)
  assert.deepEqual([empty.groupState, empty.members], ['Empty', []])
})

behaviour('another generation or member than the group’s is refused', async (subject) => {
  await coordinated(subject)
  const { client, topic, unique } = subject
  const { name } = await topic()
  const member = await joinAlone(client, `g2-${unique}`, name)
  const old = { ...member, generationId: member.generationId + 1 }
  const stranger = { ...member, memberId: 'stranger' }
  assert.equal(await commit(client, old, name, 1), ILLEGAL_GENERATION)
  assert.equal(await commit(client, stranger, name, 1), UNKNOWN_MEMBER_ID)
  assert.equal(await commit(client, outside(member.groupId), name, 1), UNKNOWN_MEMBER_ID)
  assert.equal((await client.request(HeartbeatApi, 4, old)).errorCode, ILLEGAL_GENERATION)
  assert.equal((await client.request(HeartbeatApi, 4, stranger)).errorCode, UNKNOWN_MEMBER_ID)
  const nobody = await client.request(HeartbeatApi, 4, { ...member, groupId: `none-${unique}` })
  assert.equal(nobody.errorCode, UNKNOWN_MEMBER_ID)
  assert.deepEqual(await committed(client, member.groupId, name), [0, -1, ''])
})

behaviour('offsets are kept without any member, in every version', async (subject) => {
  await coordinated(subject)
  const { client, topic, unique } = subject
  const { name } = await topic()
  const group = outside(`g3-${unique}`)
  for (let version = 2; version <= 9; version++) {
    assert.equal(await commit(client, group, name, 100 + version, version), 0, `v${version}`)
    for (let fetching = 1; fetching <= 9; fetching++) {
      assert.deepEqual(await committed(client, group.groupId, name, fetching), [
        0,
        100 + version,
        'note',
      ])
    }
  }
  assert.equal(await commit(client, group, 'no-such-topic', 1), UNKNOWN_TOPIC_OR_PARTITION)
  assert.deepEqual(await committed(client, `none-${unique}`, name), [0, -1, ''])
})

behaviour('offsets by topic id', async (subject) => {
  await coordinated(subject)
  const { client, topic, unique } = subject
  const { id } = await topic()
  const groupId = `g4-${unique}`
  const answer = await client.request(OffsetCommitApi, 10, {
    groupId,
    generationIdOrMemberEpoch: -1,
    memberId: '',
    topics: [
      {
        topicId: id,
        partitions: [{ partitionIndex: 0, committedOffset: 7, committedMetadata: null }],
      },
      {
        topicId: 'AAAAAAAAAAAAAAAAAAAAbQ',
        partitions: [{ partitionIndex: 0, committedOffset: 7, committedMetadata: null }],
      },
    ],
  })
  assert.deepEqual(
    new Map(answer.topics.map((each) => [each.topicId, each.partitions[0]?.errorCode])),
    new Map([
      [id, 0],
      ['AAAAAAAAAAAAAAAAAAAAbQ', 100],
    ]),
  )
  const fetched = await client.request(OffsetFetchApi, 10, {
    groups: [{ groupId, topics: [{ topicId: id, partitionIndexes: [0] }] }],
  })
  const [found] = fetched.groups[0]?.topics ?? []
  assert.deepEqual([found?.topicId, found?.partitions[0]?.committedOffset], [id, 7])
})

behaviour('a group id must not be empty', async (subject) => {
  await coordinated(subject)
  const { client } = subject
  const joined = await client.request(JoinGroupApi, 5, {
    groupId: '',
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 10_000,
    memberId: '',
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
  })
  assert.equal(joined.errorCode, INVALID_GROUP_ID)
})

behaviour('groups are listed, by state and by type too', async (subject) => {
  await coordinated(subject)
  const { client, topic, unique } = subject
  const { name } = await topic()
  const { groupId } = await joinAlone(client, `g5-${unique}`, name)
  for (let version = 0; version <= 5; version++) {
    const { groups, errorCode } = await client.request(ListGroupsApi, version, {})
    assert.equal(errorCode, 0)
    const found = groups.find((group) => group.groupId === groupId)
    assert.deepEqual(
      [found?.protocolType, found?.groupState, found?.groupType],
      ['consumer', version >= 4 ? 'Stable' : '', version >= 5 ? 'classic' : ''],
    )
  }
  const listed = async (request: { statesFilter?: string[]; typesFilter?: string[] }) => {
    const { groups } = await client.request(ListGroupsApi, 5, request)
    return groups.some((group) => group.groupId === groupId)
  }
  assert.equal(await listed({ statesFilter: ['stable'] }), true)
  assert.equal(await listed({ statesFilter: ['Empty'] }), false)
  assert.equal(await listed({ typesFilter: ['Classic'] }), true)
  assert.equal(await listed({ typesFilter: ['consumer'] }), false)
})

behaviour('a group is deleted once it is empty, and one offset at any time', async (subject) => {
  await coordinated(subject)
  const { client, topic, unique } = subject
  const { name } = await topic()
  const { name: other } = await topic()
  const member = await joinAlone(client, `g6-${unique}`, name)
  const { groupId } = member
  assert.equal(await commit(client, member, name, 1), 0)
  assert.equal(await commit(client, member, other, 1), 0)

  const deleted = async (version = 2) => {
    const answer = await client.request(DeleteGroupsApi, version, { groupsNames: [groupId] })
    return answer.results.map((result) => [result.groupId, result.errorCode])
  }
  assert.deepEqual(await deleted(), [[groupId, NON_EMPTY_GROUP]])
  const offsets = await client.request(OffsetDeleteApi, 0, {
    groupId,
    topics: [name, other].map((each) => ({ name: each, partitions: [{ partitionIndex: 0 }] })),
  })
  assert.equal(offsets.errorCode, 0)
  assert.deepEqual(
    new Map(offsets.topics.map((each) => [each.name, each.partitions[0]?.errorCode])),
    new Map([
      [name, GROUP_SUBSCRIBED_TO_TOPIC],
      [other, 0],
    ]),
  )
  assert.deepEqual(await committed(client, groupId, other), [0, -1, ''])
  await client.request(LeaveGroupApi, 3, { groupId, members: [{ memberId: member.memberId }] })
  assert.deepEqual(await deleted(0), [[groupId, 0]])
  assert.deepEqual(await deleted(1), [[groupId, GROUP_ID_NOT_FOUND]])
  assert.deepEqual(await committed(client, groupId, name), [0, -1, ''])
})

behaviour('a group that there is not is described as dead, or as not found', async (subject) => {
  await coordinated(subject)
  const { client, unique } = subject
  for (const version of [0, 5]) {
    const { errorCode, groupState } = await describe(client, `none-${unique}`, version)
    assert.deepEqual([errorCode, groupState], [0, 'Dead'])
  }
  const { errorCode, groupState } = await describe(client, `none-${unique}`, 6)
  assert.deepEqual([errorCode, groupState], [GROUP_ID_NOT_FOUND, 'Dead'])
})

for (const how of ['is killed', 'restarts'] as const) {
  behaviour(
    `groups and their offsets are still there when the broker ${how}`,
    async (subject) => {
      await coordinated(subject)
      const { client, topic, world } = subject
      const { name } = await topic()
      const member = await joinAlone(client, 'survivors', name, { sessionTimeoutMs: 30_000 })
      assert.equal(await commit(client, member, name, 42), 0)
      assert.equal(await commit(client, outside('keepers'), name, 7), 0)
      if (how === 'is killed') world!.world.kill('broker')
      else await world!.broker.close()
      await world!.start()

      const again = await world!.client()
      await coordinated({ ...subject, client: again })
      assert.deepEqual(await committed(again, 'survivors', name), [0, 42, 'note'])
      assert.deepEqual(await committed(again, 'keepers', name), [0, 7, 'note'])
      const group = await describe(again, 'survivors')
      assert.deepEqual(
        [group.groupState, group.members.map(({ memberId }) => memberId)],
        ['Stable', [member.memberId]],
      )
      assert.equal((await again.request(HeartbeatApi, 4, member)).errorCode, 0)
      assert.equal(await commit(again, member, name, 43), 0)

      // Whoever does not come back is out when the session ends.
      await subject.sleep(31_000)
      const later = await world!.client()
      assert.equal((await describe(later, 'survivors')).groupState, 'Empty')
    },
    { isOwn: true },
  )
}
