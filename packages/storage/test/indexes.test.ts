import assert from 'node:assert/strict'
import fc from 'fast-check'
import { LoadedIndexes } from '../src/loaded-indexes.ts'
import { OffsetIndex } from '../src/offset-index.ts'
import { OpenFiles } from '../src/open-files.ts'
import { TimeIndex } from '../src/time-index.ts'
import { testOnBoth } from './world.ts'
import type { World } from './world.ts'

const BASE = 1_000

function newOffsetIndex(world: World, name: string, sizeBytes: number | null): OffsetIndex {
  const files = new OpenFiles(world.disk, 10)
  world.disk.makeDirectory(world.root)
  return new OffsetIndex(files, `${world.root}/${name}`, BASE, sizeBytes, new LoadedIndexes(1_000))
}

function newTimeIndex(world: World, name: string, sizeBytes: number | null): TimeIndex {
  const files = new OpenFiles(world.disk, 10)
  world.disk.makeDirectory(world.root)
  return new TimeIndex(files, `${world.root}/${name}`, BASE, sizeBytes, new LoadedIndexes(1_000))
}

testOnBoth('an offset index finds what a search through all entries finds', async (world) => {
  const steps = fc.array(
    fc.record({
      offsets: fc.integer({ min: 1, max: 9 }),
      bytes: fc.integer({ min: 61, max: 999 }),
    }),
    { maxLength: 1_000, size: 'max' },
  )
  let run = 0
  await fc.assert(
    fc.asyncProperty(steps, fc.boolean(), async (entries, isReopened) => {
      const name = `${run++}.index`
      let index = newOffsetIndex(world, name, null)
      const model: { offset: number; position: number }[] = []
      let offset = BASE
      let position = 0
      for (const step of entries) {
        offset += step.offsets
        position += step.bytes
        index.append(offset, position)
        model.push({ offset, position })
      }
      if (isReopened) {
        await index.entries.sync()
        assert.equal(world.disk.stat(`${world.root}/${name}`)!.sizeBytes, model.length * 8)
        index.entries.close()
        index = newOffsetIndex(world, name, model.length * 8)
      }
      assert.deepEqual(index.lastEntry(), model.at(-1) ?? null)
      for (let probe = BASE - 1; probe <= offset + 1; probe += 7) {
        const expected = model.findLast((entry) => entry.offset <= probe)?.position ?? 0
        if (!index.isInMemoryFor(probe)) await index.entries.load()
        assert.equal(index.lookup(probe), expected)
      }
      const cut = BASE + Math.floor((offset - BASE) / 2)
      index.truncateTo(cut)
      const kept = model.filter((entry) => entry.offset < cut)
      assert.equal(index.entries.count, kept.length)
      assert.deepEqual(index.lastEntry(), kept.at(-1) ?? null)
      index.append(offset + 10, position + 61)
      assert.equal(index.lookup(offset + 10), position + 61)
      assert.equal(index.lookup(cut - 1), kept.at(-1)?.position ?? 0)
      index.entries.close()
    }),
    { numRuns: 20, seed: 20_251_123 },
  )
})

testOnBoth('a time index finds what a search through all entries finds', async (world) => {
  const times = fc.array(fc.integer({ min: -1, max: 2_000 }), { maxLength: 600, size: 'max' })
  let run = 0
  await fc.assert(
    fc.asyncProperty(times, fc.boolean(), async (timestamps, isReopened) => {
      const name = `${run++}.timeindex`
      let index = newTimeIndex(world, name, null)
      const model: { timestamp: number; offset: number }[] = []
      for (const [at, timestamp] of timestamps.entries()) {
        index.maybeAppend(timestamp, BASE + at)
        if (timestamp > (model.at(-1)?.timestamp ?? -1)) {
          model.push({ timestamp, offset: BASE + at })
        }
      }
      if (isReopened) {
        await index.entries.sync()
        index.entries.close()
        index = newTimeIndex(world, name, model.length * 12)
      }
      const none = { timestamp: -1, offset: BASE }
      assert.deepEqual(index.lastEntry(), model.at(-1) ?? none)
      for (let probe = -1; probe <= 2_001; probe += 13) {
        const expected = model.findLast((entry) => entry.timestamp <= probe) ?? none
        if (!index.isInMemory()) await index.entries.load()
        assert.deepEqual(index.lookup(probe), expected)
      }
      const cut = BASE + Math.floor(timestamps.length / 2)
      index.truncateTo(cut)
      assert.deepEqual(index.lastEntry(), model.findLast((entry) => entry.offset < cut) ?? none)
      index.entries.close()
    }),
    { numRuns: 20, seed: 20_251_123 },
  )
})

testOnBoth('loaded indexes stay within their limit', async (world) => {
  const loaded = new LoadedIndexes(100)
  const files = new OpenFiles(world.disk, 10)
  world.disk.makeDirectory(world.root)
  const indexes: OffsetIndex[] = []
  for (let number = 0; number < 5; number++) {
    const path = `${world.root}/${number}.index`
    const index = new OffsetIndex(files, path, BASE, null, loaded)
    for (let entry = 1; entry <= 6; entry++) index.append(BASE + entry, entry * 100)
    index.entries.seal()
    assert.equal(index.isInMemoryFor(BASE + 3), false)
    await index.entries.load()
    assert.equal(index.lookup(BASE + 3), 300)
    indexes.push(index)
  }
  assert.equal(loaded.bytes, 96)
  assert.deepEqual(
    indexes.map((index) => index.isInMemoryFor(BASE + 3)),
    [false, false, false, true, true],
  )
})

testOnBoth('entries that leave memory while an index is loaded are found', async (world) => {
  const index = newOffsetIndex(world, 'moving.index', null)
  for (let entry = 1; entry <= 8; entry++) index.append(BASE + entry, entry * 100)
  index.entries.seal()
  const loading = index.entries.load()
  for (let entry = 9; entry <= 12; entry++) index.append(BASE + entry, entry * 100)
  index.entries.seal()
  await loading
  for (let entry = 1; entry <= 12; entry++) assert.equal(index.lookup(BASE + entry), entry * 100)
})

testOnBoth('entries that are cut off while an index is loaded do not come back', async (world) => {
  const index = newOffsetIndex(world, 'cut.index', null)
  for (let entry = 1; entry <= 8; entry++) index.append(BASE + entry, entry * 100)
  index.entries.seal()
  const loading = index.entries.load()
  index.truncateTo(BASE + 5)
  index.append(BASE + 7, 777)
  index.entries.seal()
  await loading
  assert.equal(index.lookup(BASE + 6), 400)
  assert.equal(index.lookup(BASE + 7), 777)
})
