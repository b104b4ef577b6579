import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '@ottla/runtime'
import { apply } from '../../../src/groups/state/apply.ts'
import {
  groupMetadataRecord,
  groupTombstone,
  offsetCommitRecord,
  offsetTombstone,
  type GroupRecord,
} from '../../../src/groups/state/group-record.ts'
import {
  newGroupsState,
  type CommittedOffset,
  type GroupsState,
  type StoredClassicGroup,
} from '../../../src/groups/state/groups-state.ts'

const hex = (...parts: string[]) => Buffer.from(parts.join(''), 'hex')

// All bytes are what Apache Kafka 4.3.1 wrote into its __consumer_offsets, read with its
// DumpLogSegments --offsets-decoder, which told the values.

/** An OffsetCommit of version 4 with a retention time of its own. */
const expiringOffset: GroupRecord = {
  key: hex('00010006766563746f720002743100000000'),
  value: hex('000100000000000000290000000001a20958ee50000001a20959d8b0'),
}
const expiring: CommittedOffset = {
  offset: 41,
  leaderEpoch: -1,
  metadata: '',
  commitTimestampMs: 1795453152848,
  expireTimestampMs: 1795453212848,
  topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
}

/** Any other, here of version 5: the topic's id goes with it. */
const plainOffset: GroupRecord = {
  key: hex('00010006766563746f720002743300000001'),
  value: hex(
    '00040000000000000005ffffffff01000001a20958f4fb',
    '0100108fbed7b6a1294e4d8a63ca555c9387db',
  ),
}
const plain: CommittedOffset = {
  offset: 5,
  leaderEpoch: -1,
  metadata: '',
  commitTimestampMs: 1795453154555,
  expireTimestampMs: -1,
  topicId: 'j77XtqEpTk2KY8pVXJOH2w',
}

/** A group of one static member, after its SyncGroup. */
const stableGroup: GroupRecord = {
  key: hex('00020006766563746f72'),
  value: hex(
    '00030008636f6e73756d657200000001000572616e676500286f6e652d66373839666363332d663266632d346335',
    '372d393233342d663766613236616238303639000001a20958f0490000000100286f6e652d66373839666363332d',
    '663266632d346335372d393233342d66376661323661623830363900036f6e65000161000a2f3132372e302e302e',
    '310000753000004e20000000120000000000020002743100027432ffffffff00000003414243',
  ),
}
const stable: StoredClassicGroup = {
  type: 'classic',
  protocolType: 'consumer',
  generation: 1,
  protocolName: 'range',
  leaderId: 'one-f789fcc3-f2fc-4c57-9234-f7fa26ab8069',
  stateTimestampMs: 1795453153353,
  members: [
    {
      id: 'one-f789fcc3-f2fc-4c57-9234-f7fa26ab8069',
      instanceId: 'one',
      clientId: 'a',
      clientHost: '/127.0.0.1',
      rebalanceTimeoutMs: 30_000,
      sessionTimeoutMs: 20_000,
      subscription: hex('0000000000020002743100027432ffffffff'),
      assignment: Buffer.from('ABC'),
    },
  ],
}

/** The same group after its member left. */
const emptyGroup: GroupRecord = {
  key: hex('00020006766563746f72'),
  value: hex('00030008636f6e73756d657200000002ffffffff000001a20958f43300000000'),
}
const empty: StoredClassicGroup = {
  type: 'classic',
  protocolType: 'consumer',
  generation: 2,
  protocolName: null,
  leaderId: null,
  stateTimestampMs: 1795453154355,
  members: [],
}

function fold(...records: GroupRecord[]): ReturnType<typeof newGroupsState> {
  const state = newGroupsState()
  for (const record of records) apply(state, record, silentLogger)
  return state
}

/** What is stored, without its place in the log. */
function offsetIn(
  state: GroupsState,
  topic: string,
  partition: number,
): CommittedOffset | undefined {
  const stored = state.offsets.get('vector')?.get(topic)?.get(partition)
  if (stored === undefined) return undefined
  const { order: _, ...committed } = stored
  return committed
}

test('records are written as Kafka writes them', () => {
  assert.deepEqual(offsetCommitRecord('vector', 't1', 0, expiring), expiringOffset)
  assert.deepEqual(offsetCommitRecord('vector', 't3', 1, plain), plainOffset)
  assert.deepEqual(groupMetadataRecord('vector', stable), stableGroup)
  assert.deepEqual(groupMetadataRecord('vector', empty), emptyGroup)
  assert.deepEqual(groupTombstone('vector'), { key: emptyGroup.key, value: null })
  assert.deepEqual(offsetTombstone('vector', 't3', 1), { key: plainOffset.key, value: null })
})

test("Kafka's records are folded into groups and offsets", () => {
  const state = fold(expiringOffset, stableGroup, plainOffset)
  assert.deepEqual(state.groups.get('vector'), stable)
  assert.deepEqual(offsetIn(state, 't1', 0), expiring)
  assert.deepEqual(offsetIn(state, 't3', 1), plain)
  assert.deepEqual(fold(stableGroup, emptyGroup).groups.get('vector'), empty)
})

test('a group comes into being with its first offset and goes with its tombstone', () => {
  const state = fold(plainOffset)
  assert.equal(state.groups.get('vector')?.type, 'classic')
  apply(state, offsetTombstone('vector', 't3', 1), silentLogger)
  assert.equal(state.offsets.size, 0)
  assert.equal(state.groups.size, 1)
  apply(state, groupTombstone('vector'), silentLogger)
  assert.equal(state.groups.size, 0)
  // A tombstone of what is not there, as compaction leaves them.
  apply(state, groupTombstone('vector'), silentLogger)
  apply(state, offsetTombstone('vector', 't3', 1), silentLogger)
  assert.equal(state.offsets.size, 0)
})

test('an offset larger than a JavaScript number is safe for is kept to the last digit', () => {
  const offset = 2n ** 62n + 1n
  const state = fold(offsetCommitRecord('g', 't', 0, { ...plain, offset }))
  assert.equal(state.offsets.get('g')?.get('t')?.get(0)?.offset, offset)
})

test('the oldest versions of records are read', () => {
  // Key type 0, value version 0: offset, metadata, commit time. By hand.
  const old = {
    key: hex('0000', '000167', '000174', '00000002'),
    value: hex('0000', '0000000000000007', '00016d', '0000000000000010'),
  }
  const offset = fold(old).offsets.get('g')?.get('t')?.get(2)
  assert.deepEqual(offset, {
    ...expiring,
    offset: 7,
    metadata: 'm',
    commitTimestampMs: 16,
    expireTimestampMs: -1,
    order: 1,
  })

  // Group metadata version 0: one time-out, no time stamp. By hand: type "c", generation 3,
  // strategy "s", leader "m", and a member "m" of client "i" at "/h", session 6000.
  const group = {
    key: hex('0002', '000167'),
    value: hex(
      '0000',
      '000163',
      '00000003',
      '000173',
      '00016d',
      '00000001',
      '00016d',
      '000169',
      '00022f68',
      '00001770',
      '0000000101',
      '0000000102',
    ),
  }
  const stored = fold(group).groups.get('g')
  assert.ok(stored?.type === 'classic')
  assert.equal(stored.stateTimestampMs, -1)
  assert.equal(stored.members[0]?.rebalanceTimeoutMs, 6000)
  assert.equal(stored.members[0].instanceId, null)
})

test('groups of newer kinds are known to be there', () => {
  // ConsumerGroupMetadata (3), ShareGroupMetadata (11), StreamsGroupMetadata (17); the rest of
  // their records say nothing yet.
  const key = (type: string) => hex(type, '000167')
  const value = hex('0000', '00000005', '00')
  for (const [type, kind] of [
    ['0003', 'consumer'],
    ['000b', 'share'],
    ['0011', 'streams'],
  ] as const) {
    const state = fold(plainOffset, { key: key(type), value })
    assert.deepEqual(state.groups.get('g'), { type: kind })
    // A classic group's tombstone from before it changed its kind.
    apply(state, groupTombstone('g'), silentLogger)
    assert.deepEqual(state.groups.get('g'), { type: kind })
    apply(state, { key: key(type), value: null }, silentLogger)
    assert.equal(state.groups.has('g'), false)
  }
  const member = { key: hex('0005', '000167', '00016d'), value: hex('0000', 'ff') }
  assert.equal(fold(member).groups.size, 0)
})

test('what cannot be read is passed over with a line in the log', () => {
  const lines: string[] = []
  const logger = { ...silentLogger, error: (message: string) => void lines.push(message) }
  const state = newGroupsState()
  const bad: GroupRecord[] = [
    { key: hex(''), value: null },
    { key: hex('00'), value: null },
    { key: hex('0001', '0005'), value: null },
    { key: plainOffset.key, value: hex('') },
    { key: plainOffset.key, value: hex('0063', '00') },
    { key: plainOffset.key, value: plainOffset.value!.subarray(0, 12) },
    { key: stableGroup.key, value: stableGroup.value!.subarray(0, -1) },
    { key: stableGroup.key, value: hex('0003', 'ffff') },
  ]
  // Members that cannot be: one of no strategy, and two of one name.
  bad.push(groupMetadataRecord('g', { ...stable, protocolName: null }))
  bad.push(groupMetadataRecord('g', { ...stable, members: [...stable.members, ...stable.members] }))
  for (const record of bad) apply(state, record, logger)
  assert.deepEqual({ ...state, order: 0 }, newGroupsState())
  assert.equal(lines.length, bad.length)
  // Types of the future are no error.
  apply(state, { key: hex('7777', '00'), value: hex('00') }, logger)
  assert.equal(lines.length, bad.length)
})
