import assert from 'node:assert/strict'
import type { ClassicGroup } from '../../../src/groups/classic/classic-group.ts'

/** Holds a group to the invariants that its type promises. */
export function checkGroup(group: ClassicGroup): void {
  const members = [...group.members.values()]
  if (group.state !== 'PreparingRebalance') {
    assert.equal(group.state === 'Empty', members.length === 0)
  }
  if (group.leaderId === null) assert.equal(members.length, 0)
  else assert.ok(group.members.has(group.leaderId))
  assert.equal(
    group.awaitingJoinCount,
    members.filter(({ awaitingJoin }) => awaitingJoin !== null).length,
  )
  const statics = new Map<string, string>()
  for (const { id, instanceId } of members) if (instanceId !== null) statics.set(instanceId, id)
  assert.deepEqual(group.staticMembers, statics)
  const counts = new Map<string, number>()
  for (const { protocols } of members) {
    for (const { name } of protocols) counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  assert.deepEqual(group.protocolCounts, counts)
  if (members.length > 0) {
    assert.ok([...counts.values()].includes(members.length), 'a strategy is common to all')
  }
  for (const id of group.pendingMembers.keys()) assert.ok(!group.members.has(id))
  for (const id of group.pendingSyncs) assert.ok(group.members.has(id))
  if (group.state === 'Stable' || group.state === 'Empty') {
    assert.ok(members.every(({ awaitingSync }) => awaitingSync === null))
  }
  if (group.state === 'CompletingRebalance') {
    assert.ok(members.every(({ awaitingJoin }) => awaitingJoin === null))
  }
  for (const member of members) {
    const waits = member.awaitingJoin !== null || member.awaitingSync !== null
    assert.ok(member.session.isSet || waits, 'somebody will hear of every member')
  }
}
