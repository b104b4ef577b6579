import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorName } from '@ottla/protocol'
import { silentLogger } from '@ottla/runtime'
import { simulation } from '@ottla/runtime/simulated'
import { newClassicGroup } from '../../../src/groups/classic/classic-group.ts'
import { expiredRecords } from '../../../src/groups/offsets/offset-expiry.ts'
import { allOffsetTombstones } from '../../../src/groups/offsets/offset-delete.ts'
import { fetchOffsets } from '../../../src/groups/offsets/offset-fetch.ts'
import { apply } from '../../../src/groups/state/apply.ts'
import {
  offsetCommitRecord,
  offsetTombstone,
  type GroupRecord,
} from '../../../src/groups/state/group-record.ts'
import { newGroupsState, type GroupsState } from '../../../src/groups/state/groups-state.ts'

const topicId = 'AAAAAAAAAAAAAAAAAAAAAQ'

/** An offset of partition 0, by a producer in a transaction or by nobody in particular. */
function commit(offset: number, producerId?: number): GroupRecord {
  const record = offsetCommitRecord('g', 't', 0, {
    offset,
    leaderEpoch: -1,
    metadata: '',
    commitTimestampMs: 0,
    expireTimestampMs: -1,
    topicId,
  })
  return producerId === undefined ? record : { ...record, producerId }
}

/** A transaction's marker: version 0, type 0 (abort) or 1 (commit). */
function end(producerId: number, type: 0 | 1): GroupRecord {
  return { key: Buffer.from([0, 0, 0, type]), value: Buffer.alloc(6), producerId, isControl: true }
}

function fold(...records: GroupRecord[]): GroupsState {
  const state = newGroupsState()
  for (const record of records) apply(state, record, silentLogger)
  return state
}

/** What a consumer is told, with and without `requireStable`. */
function told(state: GroupsState): string {
  const topics = { nameOf: () => 't', idOf: () => topicId, hasPartition: () => true }
  const request = {
    groupId: 'g',
    memberId: null,
    memberEpoch: -1,
    topics: [{ name: 't', topicId, partitionIndexes: [0] }],
  }
  const answers = [false, true].map((requireStable) => {
    const facts = { state, topics, apiVersion: 9, requireStable }
    const [partition] = fetchOffsets(facts, request).topics[0]!.partitions
    return partition!.errorCode === 0
      ? String(partition!.committedOffset)
      : errorName(partition!.errorCode)
  })
  return answers.join(' ')
}

test('what a transaction commits counts once it is committed', () => {
  assert.equal(told(fold(commit(1), commit(2, 7))), '1 UNSTABLE_OFFSET_COMMIT')
  assert.equal(told(fold(commit(1), commit(2, 7), end(7, 1))), '2 2')
  assert.equal(told(fold(commit(2, 7))), '-1 UNSTABLE_OFFSET_COMMIT')
})

test('what an aborted transaction committed never counts', () => {
  assert.equal(told(fold(commit(1), commit(2, 7), end(7, 0))), '1 1')
  assert.equal(told(fold(commit(2, 7), end(7, 0))), '-1 -1')
})

test('of several commits the one that was appended last counts, not the one decided last', () => {
  assert.equal(told(fold(commit(2, 7), commit(3), end(7, 1))), '3 3')
  const both = [commit(2, 7), commit(3, 8)]
  assert.equal(told(fold(...both, end(8, 1))), '3 UNSTABLE_OFFSET_COMMIT')
  assert.equal(told(fold(...both, end(8, 1), end(7, 1))), '3 3')
  assert.equal(told(fold(...both, end(7, 1), end(8, 1))), '3 3')
})

test('a tombstone goes for transactions, too', () => {
  const state = fold(commit(1), commit(2, 7), offsetTombstone('g', 't', 0))
  assert.equal(state.transactions.size, 0)
  apply(state, end(7, 1), silentLogger)
  assert.equal(told(state), '-1 -1')
})

test('deleting a group forgets what its transactions have committed', () => {
  const state = fold(commit(1), commit(2, 7), commit(3, 8))
  assert.deepEqual(allOffsetTombstones(state, 'g'), [offsetTombstone('g', 't', 0)])
  assert.deepEqual(allOffsetTombstones(fold(commit(2, 7)), 'g'), [offsetTombstone('g', 't', 0)])
})

test('other control records, and markers of nobody, mean nothing', () => {
  const leaderChange = { ...end(7, 0), key: Buffer.from([0, 0, 0, 2]) }
  const { producerId: _, ...ofNobody } = end(7, 0)
  assert.equal(told(fold(commit(2, 7), leaderChange, ofNobody)), '-1 UNSTABLE_OFFSET_COMMIT')
})

test('nothing expires that a transaction is about to change, nor does its group', () => {
  const { clock } = simulation().node('broker')
  const group = newClassicGroup('g', clock)
  const expired = (state: GroupsState) => expiredRecords(state, group, 1_000, 1_000).length
  assert.equal(expired(fold(commit(1))), 2)
  assert.equal(expired(fold(commit(1), commit(2, 7))), 0)
  assert.equal(expired(fold(commit(2, 7))), 0)
  assert.equal(expired(fold(commit(2, 7), end(7, 0))), 1)
})
