import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorNumber, KafkaError } from '@ottla/protocol'
import { InvariantError, silentLogger } from '@ottla/runtime'
import type { Logger } from '@ottla/runtime'
import { simulation } from '@ottla/runtime/simulated'
import { GroupCoordinator, partitionFor, type GroupRecord } from '../../src/index.ts'
import { PENDING_MEMBERS_MAX, TOMBSTONES_PER_APPEND_MAX } from '../../src/groups/limits.ts'
import { groupMetadataRecord, offsetCommitRecord } from '../../src/groups/state/group-record.ts'
import { emptyStoredGroup } from '../../src/groups/state/groups-state.ts'
import { MemoryLog } from './memory-log.ts'

const origin = { apiVersion: 9, clientId: 'c', clientAddress: '127.0.0.1' }
const joinRequest = {
  groupId: 'g',
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 10_000,
  memberId: '',
  groupInstanceId: null,
  protocolType: 'consumer',
  protocols: [{ name: 'range', metadata: Buffer.from('m') }],
  reason: null,
}
const heartbeatRequest = { groupId: 'g', generationId: 1, memberId: 'm', groupInstanceId: null }

function setUp(log = new MemoryLog(), logger: Logger = silentLogger) {
  const world = simulation()
  const { clock, random } = world.node('broker')
  const failures: Error[] = []
  const coordinator = new GroupCoordinator({
    clock,
    random,
    logger,
    appender: log,
    topics: { nameOf: () => 't', idOf: () => 'AAAAAAAAAAAAAAAAAAAAAQ', hasPartition: () => true },
    onFailure: (error) => failures.push(error),
  })
  return { world, log, coordinator, failures }
}

/** A group that only stores so many offsets. */
function offsets(groupId: string, count: number): GroupRecord[] {
  return Array.from({ length: count }, (_, partition) =>
    offsetCommitRecord(groupId, 't', partition, {
      offset: 1,
      leaderEpoch: -1,
      metadata: '',
      commitTimestampMs: 0,
      expireTimestampMs: -1,
      topicId: 'AAAAAAAAAAAAAAAAAAAAAQ',
    }),
  )
}

test('while it loads a coordinator says so, but heartbeats are fine', async () => {
  const { coordinator } = setUp()
  const loading = errorNumber('COORDINATOR_LOAD_IN_PROGRESS')
  assert.equal((await coordinator.joinGroup(joinRequest, origin)).errorCode, loading)
  assert.equal((await coordinator.heartbeat(heartbeatRequest)).errorCode, 0)
  const sync = {
    ...heartbeatRequest,
    protocolType: 'consumer',
    protocolName: 'range',
    assignments: [],
  }
  assert.equal((await coordinator.syncGroup(sync, origin)).errorCode, loading)
  assert.equal((await coordinator.describeGroups(['g'], origin))[0]!.errorCode, loading)
  assert.equal((await coordinator.deleteGroups(['g']))[0]!.errorCode, loading)
  const fetch = { groupId: 'g', memberId: null, memberEpoch: -1, topics: null }
  assert.equal((await coordinator.fetchOffsets(fetch, origin)).errorCode, loading)
  const list = coordinator.listGroups({ statesFilter: [], typesFilter: [] })
  await assert.rejects(list, { code: 'COORDINATOR_LOAD_IN_PROGRESS' })

  coordinator.onLoaded()
  assert.equal(
    (await coordinator.heartbeat(heartbeatRequest)).errorCode,
    errorNumber('UNKNOWN_MEMBER_ID'),
  )
  assert.throws(() => coordinator.replay(offsets('g', 1)[0]!), InvariantError)
})

test('a coordinator that stopped leaves no timer behind and may be stopped again', async () => {
  const { world, coordinator } = setUp()
  coordinator.onLoaded()
  const first = await coordinator.joinGroup(joinRequest, origin)
  const parked = coordinator.joinGroup({ ...joinRequest, memberId: first.memberId }, origin)
  coordinator.stop(new KafkaError('NOT_COORDINATOR'))
  coordinator.stop(new KafkaError('NOT_COORDINATOR'))
  assert.equal((await parked).errorCode, errorNumber('NOT_COORDINATOR'))
  await world.settle()
  assert.equal(world.time, 0)
})

test('a coordinator may be stopped before it has loaded', () => {
  const { coordinator } = setUp()
  coordinator.replay(offsets('g', 1)[0]!)
  coordinator.stop(new KafkaError('NOT_COORDINATOR'))
})

test('a group hands out only so many member ids at a time', async () => {
  const { world, coordinator } = setUp()
  coordinator.onLoaded()
  for (let i = 0; i < PENDING_MEMBERS_MAX; i++) {
    const { errorCode } = await coordinator.joinGroup(joinRequest, origin)
    assert.equal(errorCode, errorNumber('MEMBER_ID_REQUIRED'))
  }
  const refused = await coordinator.joinGroup(joinRequest, origin)
  assert.equal(refused.errorCode, errorNumber('GROUP_MAX_SIZE_REACHED'))
  await world.advance(joinRequest.sessionTimeoutMs)
  const { errorCode } = await coordinator.joinGroup(joinRequest, origin)
  assert.equal(errorCode, errorNumber('MEMBER_ID_REQUIRED'))
})

test('the tombstones of a large group go in several appends', async () => {
  const { log, coordinator } = setUp()
  const count = TOMBSTONES_PER_APPEND_MAX * 2 + 1
  for (const record of offsets('large', count)) coordinator.replay(record)
  coordinator.onLoaded()
  const appends: number[] = []
  const append = log.append.bind(log)
  log.append = (records) => {
    appends.push(records.length)
    return append(records)
  }
  assert.deepEqual(await coordinator.deleteGroups(['large']), [{ groupId: 'large', errorCode: 0 }])
  assert.deepEqual(appends, [TOMBSTONES_PER_APPEND_MAX, TOMBSTONES_PER_APPEND_MAX, 2])
  assert.ok(log.records.every(({ value }) => value === null))
})

test('very long group ids make smaller appends', async () => {
  const { log, coordinator } = setUp()
  const groupId = 'g'.repeat(32_000)
  for (const record of offsets(groupId, 20)) coordinator.replay(record)
  coordinator.onLoaded()
  let largestBytes = 0
  const append = log.append.bind(log)
  log.append = (records) => {
    largestBytes = Math.max(
      largestBytes,
      records.reduce((sum, { key }) => sum + key.length, 0),
    )
    return append(records)
  }
  await coordinator.deleteGroups([groupId])
  assert.equal(log.records.length, 21)
  assert.ok(largestBytes < 300_000)
})

test('looking for expired offsets among many groups leaves turns to others', async () => {
  const { world, log, coordinator } = setUp()
  for (let i = 0; i < 2_500; i++) {
    coordinator.replay(groupMetadataRecord(`g${i}`, emptyStoredGroup(0)))
  }
  coordinator.onLoaded()
  const expiry = coordinator.expireOffsets()
  await new Promise((resolve) => setImmediate(resolve))
  assert.ok(log.records.length < 2_500)
  await world.run(() => expiry)
  assert.equal(log.records.length, 2_500)
})

test('groups of newer kinds are left alone', async () => {
  const { log, coordinator } = setUp()
  // ConsumerGroupMetadata of group "g", epoch 5.
  coordinator.replay({
    key: Buffer.from('0003000167', 'hex'),
    value: Buffer.from('000000000005', 'hex'),
  })
  coordinator.onLoaded()
  const joined = await coordinator.joinGroup(joinRequest, origin)
  assert.equal(joined.errorCode, errorNumber('INCONSISTENT_GROUP_PROTOCOL'))
  assert.equal(
    (await coordinator.heartbeat(heartbeatRequest)).errorCode,
    errorNumber('UNKNOWN_MEMBER_ID'),
  )
  const [described] = await coordinator.describeGroups(['g'], { ...origin, apiVersion: 6 })
  assert.equal(described!.errorMessage, 'Group g is not a classic group.')
  assert.equal(
    (await coordinator.deleteGroups(['g']))[0]!.errorCode,
    errorNumber('NON_EMPTY_GROUP'),
  )
  const commit = {
    groupId: 'g',
    generationIdOrMemberEpoch: -1,
    memberId: '',
    groupInstanceId: null,
    retentionTimeMs: -1,
    topics: [
      {
        name: 't',
        topicId: 'AAAAAAAAAAAAAAAAAAAAAQ',
        partitions: [
          {
            partitionIndex: 0,
            committedOffset: 1,
            committedLeaderEpoch: -1,
            committedMetadata: null,
          },
        ],
      },
    ],
  }
  const { topics } = await coordinator.commitOffsets(commit, origin)
  assert.equal(topics[0]!.partitions[0]!.errorCode, errorNumber('UNKNOWN_MEMBER_ID'))
  await coordinator.expireOffsets()
  assert.equal(log.records.length, 0)
})

test('a frame that a request came in may be used again', async () => {
  const { world, coordinator } = setUp()
  coordinator.onLoaded()
  const frame = Buffer.from('metadata')
  const parked = coordinator.joinGroup(
    { ...joinRequest, protocols: [{ name: 'range', metadata: frame }] },
    { ...origin, apiVersion: 3 },
  )
  frame.fill('x')
  const joined = await world.run(() => parked)
  assert.equal(String(joined.members[0]!.metadata), 'metadata')
  const assignment = Buffer.from('assignment')
  await coordinator.syncGroup(
    {
      ...heartbeatRequest,
      memberId: joined.memberId,
      protocolType: 'consumer',
      protocolName: 'range',
      assignments: [{ memberId: joined.memberId, assignment }],
    },
    origin,
  )
  assignment.fill('x')
  const [described] = await coordinator.describeGroups(['g'], origin)
  assert.equal(String(described!.members[0]!.memberAssignment), 'assignment')
})

test("a group's partition is the one that Kafka's clients ask for", () => {
  // "group".hashCode() is 98629247; the last one's is -2^31, whose absolute value Java has not.
  assert.equal(partitionFor('group', 50), 47)
  assert.equal(partitionFor('', 50), 0)
  assert.equal(partitionFor('polygenelubricants', 50), 0)
})

test('groups of kinds that are not served are told of, and what they committed can be fetched', async () => {
  const warnings: [string, unknown][] = []
  const logger: Logger = {
    ...silentLogger,
    warn: (message, fields) => warnings.push([message, fields]),
  }
  const { coordinator } = setUp(new MemoryLog(), logger)
  // ConsumerGroupMetadata of group "g", epoch 5.
  const key = Buffer.from('0003000167', 'hex')
  const value = Buffer.from('00000000000500', 'hex')
  coordinator.replay({ key, value })
  for (const record of offsets('g', 2)) coordinator.replay(record)
  coordinator.onLoaded()
  assert.deepEqual(warnings, [
    ['groups of kinds that are not served keep their offsets', { consumer: 1 }],
  ])
  const group = { groupId: 'g', memberId: null, memberEpoch: -1, topics: null }
  const fetched = await coordinator.fetchOffsets(group, { ...origin, apiVersion: 8 })
  assert.deepEqual(
    fetched.topics.map(({ name, partitions }) => [name, partitions.length]),
    [['t', 2]],
  )
})
