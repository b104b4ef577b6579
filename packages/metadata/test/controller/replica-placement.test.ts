import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRandom } from '@ottla/runtime/simulated'
import { placeReplicas } from '../../src/controller/replica-placement.ts'
import { ImageDraft, MetadataImage } from '../../src/index.ts'

interface Given {
  readonly id: number
  readonly rack?: string
  readonly isFenced?: boolean
  readonly isInControlledShutdown?: boolean
  readonly directories?: readonly string[]
  readonly cordonedDirectories?: readonly string[]
}

function brokers(...list: readonly Given[]): MetadataImage {
  const draft = new ImageDraft(MetadataImage.empty)
  for (const given of list) {
    const value = {
      brokerId: given.id,
      isMigratingZkBroker: false,
      incarnationId: '',
      brokerEpoch: 1,
      endPoints: [],
      features: [],
      rack: given.rack ?? null,
      fenced: given.isFenced ?? false,
      inControlledShutdown: given.isInControlledShutdown ?? false,
      logDirs: given.directories ?? ['d'],
      cordonedLogDirs: given.cordonedDirectories ?? null,
    }
    draft.apply({ type: 'RegisterBrokerRecord', version: 4, value }, 0)
  }
  return draft.finish().image
}

/** How often each broker is at `index`. */
function counts(placements: readonly number[][], index: number): Map<number, number> {
  const result = new Map<number, number>()
  for (const replicas of placements) {
    const id = replicas[index]!
    result.set(id, (result.get(id) ?? 0) + 1)
  }
  return result
}

const racks = brokers(
  ...['a', 'b', 'c'].flatMap((rack, r) => [0, 1, 2].map((n) => ({ id: 10 * r + n, rack }))),
)

for (let seed = 1; seed <= 5; seed++) {
  test(`leaders and replicas are even over brokers and racks (seed ${seed})`, () => {
    const placements = placeReplicas(racks, 90, 3, new SeededRandom(seed))
    for (const replicas of placements) {
      assert.equal(new Set(replicas).size, 3)
      assert.equal(new Set(replicas.map((id) => Math.floor(id / 10))).size, 3, 'three racks')
    }
    assert.deepEqual([...counts(placements, 0).values()], Array(9).fill(10))
    const replicas = placements.flat().map((id) => [id])
    assert.ok(Math.max(...counts(replicas, 0).values()) <= 33, 'followers are nearly even')
  })
}

test('with one replica leaders go round all brokers', () => {
  const placements = placeReplicas(racks, 9, 1, new SeededRandom(1))
  assert.equal(new Set(placements.flat()).size, 9)
})

test('with more replicas than racks a rack has several, never the same broker twice', () => {
  for (const replicas of placeReplicas(racks, 50, 7, new SeededRandom(1))) {
    assert.equal(new Set(replicas).size, 7)
    const perRack = counts(
      replicas.map((id) => [Math.floor(id / 10)]),
      0,
    )
    assert.ok(Math.min(...perRack.values()) >= 2)
  }
})

test('a fenced broker comes last and never leads', () => {
  const image = brokers({ id: 1 }, { id: 2, isFenced: true }, { id: 3 })
  for (const [leader, , last] of placeReplicas(image, 30, 3, new SeededRandom(1))) {
    assert.notEqual(leader, 2)
    assert.equal(last, 2)
  }
  for (const replicas of placeReplicas(image, 30, 2, new SeededRandom(1))) {
    assert.ok(!replicas.includes(2))
  }
})

test('a rack with only fenced brokers does not hold up the others', () => {
  const image = brokers({ id: 1, rack: 'a', isFenced: true }, { id: 2, rack: 'b' })
  assert.deepEqual(placeReplicas(image, 2, 2, new SeededRandom(1)), [
    [2, 1],
    [2, 1],
  ])
})

test('a broker that is leaving, or has no directory to put it, gets nothing', () => {
  const image = brokers(
    { id: 1 },
    { id: 2, isInControlledShutdown: true },
    { id: 3, directories: ['x', 'y'], cordonedDirectories: ['x', 'y'] },
    { id: 4, directories: ['x', 'y'], cordonedDirectories: ['x'] },
  )
  const used = new Set(placeReplicas(image, 20, 2, new SeededRandom(1)).flat())
  assert.deepEqual(
    [...used].sort((a, b) => a - b),
    [1, 4],
  )
  assert.throws(() => placeReplicas(image, 1, 3, new SeededRandom(1)), {
    code: 'INVALID_REPLICATION_FACTOR',
  })
})

test('a cluster whose brokers are all fenced takes nothing', () => {
  assert.throws(
    () => placeReplicas(brokers({ id: 1, isFenced: true }), 1, 1, new SeededRandom(1)),
    {
      message: /All brokers are currently fenced/,
    },
  )
})
