import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assignRanges, type GroupMember } from '../../src/consumer/range-assignor.ts'

function member(
  memberId: string,
  topics: string[],
  groupInstanceId: string | null = null,
): GroupMember {
  return { memberId, topics, groupInstanceId }
}

function assigned(members: GroupMember[], counts: Record<string, number>): Record<string, string> {
  return Object.fromEntries(
    [...assignRanges(members, new Map(Object.entries(counts)))].map(([memberId, partitions]) => [
      memberId,
      partitions.map(({ topic, partition }) => `${topic}${partition}`).join(' '),
    ]),
  )
}

test('each topic goes in runs to the members that want it; the first runs are longer', () => {
  const members = [member('c2', ['a', 'b']), member('c1', ['a', 'b']), member('c3', ['a'])]
  assert.deepEqual(assigned(members, { a: 7, b: 3 }), {
    c1: 'a0 a1 a2 b0 b1',
    c2: 'a3 a4 b2',
    c3: 'a5 a6',
  })
})

test('a member beyond the partitions gets none; an unknown topic goes to nobody', () => {
  assert.deepEqual(assigned([member('x', ['a', 'z']), member('y', ['a'])], { a: 1, z: 0 }), {
    x: 'a0',
    y: '',
  })
})

test('static members come first, in the order of their own names', () => {
  const members = [member('a', ['t']), member('m2', ['t'], 'two'), member('m1', ['t'], 'one')]
  assert.deepEqual(assigned(members, { t: 3 }), { m1: 't0', m2: 't1', a: 't2' })
})
