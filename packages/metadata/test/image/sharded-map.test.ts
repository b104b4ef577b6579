import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ShardedMap, ShardedMapDraft } from '../../src/image/sharded-map.ts'
import { SeededRandom } from '@ottla/runtime/simulated'

test('a draft changes a copy; the map it started from stays as it was', () => {
  let map = new ShardedMap<number>()
  const model = new Map<string, number>()
  const random = new SeededRandom(1)
  for (let round = 0; round < 200; round++) {
    const before = new Map(map)
    const draft = new ShardedMapDraft(map)
    for (let i = random.int(20); i >= 0; i--) {
      const key = `key-${random.int(500)}`
      if (random.int(3) === 0) {
        draft.delete(key)
        model.delete(key)
      } else {
        draft.set(key, round)
        model.set(key, round)
      }
      assert.equal(draft.get(key), model.get(key))
    }
    const next = draft.finish()
    assert.deepEqual(new Map(map), before)
    assert.deepEqual(new Map(next), model)
    assert.equal(next.size, model.size)
    map = next
  }
  assert.deepEqual(new Set(map.keys()), new Set(model.keys()))
  assert.equal([...map.values()].length, map.size)
  assert.equal(map.get('no such'), undefined)
  assert.equal(map.has('no such'), false)
})

test('a changed copy of a large map shares nearly all of it', () => {
  const filling = new ShardedMapDraft(new ShardedMap<number>())
  for (let n = 0; n < 100_000; n++) filling.set(`topic-${n}`, n)
  const map = filling.finish()
  const draft = new ShardedMapDraft(map)
  draft.set('topic-5', -5)
  const copy = draft.finish()
  const changed = copy.shards.filter((shard, index) => shard !== map.shards[index])
  assert.equal(changed.length, 1)
  assert.ok(Math.max(...map.shards.map((shard) => shard.size)) < 64, 'entries are spread evenly')
})
