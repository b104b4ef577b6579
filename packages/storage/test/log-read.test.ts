import assert from 'node:assert/strict'
import { batchSizeBytes } from '@ottla/records'
import type { Log } from '../src/log.ts'
import type { LogSlice } from '../src/log-slice.ts'
import { append, batchOf, bytesOf, openLog, readAll, testOnBoth } from './world.ts'
import type { World } from './world.ts'

/** Ten batches of two records; each has the same size. */
async function tenBatches(world: World, memory: boolean): Promise<{ log: Log; size: number }> {
  const resources = world.resources(memory ? {} : { tailMemoryBytes: 0 })
  const log = await openLog(world, { resources, config: { indexIntervalBytes: 100 } })
  for (let index = 0; index < 10; index++) append(log, batchOf(['a', 'b']))
  const size = batchSizeBytes(await readAll(log, 0), 0)
  return { log, size }
}

async function read(
  log: Log,
  offset: number,
  maxBytes: number,
  options: { endOffset?: number; minOneBatch?: boolean } = {},
): Promise<LogSlice> {
  const { endOffset = Infinity, minOneBatch = true } = options
  return await log.read({ offset, maxBytes, endOffset, minOneBatch })
}

for (const memory of [true, false]) {
  const where = memory ? 'memory' : 'disk'

  testOnBoth(`a read from ${where} begins with the batch that holds the offset`, async (world) => {
    const { log, size } = await tenBatches(world, memory)
    for (let offset = 0; offset < 20; offset++) {
      const slice = await read(log, offset, size * 3)
      const first = Math.floor(offset / 2)
      const batches = Math.min(3, 10 - first)
      assert.equal(slice.sizeBytes, size * batches)
      assert.equal(slice.nextOffset, (first + batches) * 2)
      assert.equal(Number(bytesOf(slice).readBigInt64BE(0)), first * 2)
      slice.release()
      slice.release()
    }
    await log.close()
  })

  testOnBoth(`a read from ${where} gives whole batches that fit`, async (world) => {
    const { log, size } = await tenBatches(world, memory)
    assert.equal((await read(log, 0, size * 2 - 1)).sizeBytes, size)
    assert.equal((await read(log, 0, size * 2)).sizeBytes, size * 2)
    assert.equal((await read(log, 0, size - 1)).sizeBytes, size)
    assert.equal((await read(log, 0, 0)).sizeBytes, size)
    const none = await read(log, 5, size - 1, { minOneBatch: false })
    assert.deepEqual([none.sizeBytes, none.nextOffset, none.records.length], [0, 5, 0])
    assert.equal((await read(log, 0, 0, { minOneBatch: false })).sizeBytes, 0)
    await log.close()
  })

  testOnBoth(`a read from ${where} stays below its end offset`, async (world) => {
    const { log, size } = await tenBatches(world, memory)
    for (let endOffset = 0; endOffset <= 22; endOffset++) {
      const slice = await read(log, 4, 1_000_000, { endOffset })
      const batches = Math.max(0, Math.floor(Math.min(endOffset, 20) / 2) - 2)
      assert.equal(slice.sizeBytes, batches * size, `end offset ${endOffset}`)
    }
    await log.close()
  })

  testOnBoth(`reads from ${where} go on over the end of a segment`, async (world) => {
    const resources = world.resources(memory ? {} : { tailMemoryBytes: 0 })
    const log = await openLog(world, { resources, config: { segmentBytes: 400 } })
    for (let index = 0; index < 30; index++) append(log, batchOf([`value-${index}`]))
    assert.ok(log.segmentCount > 5)
    const all = await readAll(log, 0, 250)
    assert.equal(all.length, log.sizeBytes)
    for (let from = 0; from < 30; from++) {
      const rest = await readAll(log, from, 1_000)
      assert.ok(all.subarray(all.length - rest.length).equals(rest))
    }
    await log.close()
  })
}

testOnBoth('the ends of the log are named when an offset is outside', async (world) => {
  const { log } = await tenBatches(world, true)
  log.highWatermark = 20
  log.deleteRecordsBefore(6)
  assert.deepEqual((await read(log, 20, 1_000)).sizeBytes, 0)
  for (const offset of [-1, 5, 21]) {
    await assert.rejects(read(log, offset, 1_000), {
      code: 'OFFSET_OUT_OF_RANGE',
      message: /has offsets 6 to 20/,
    })
  }
  await log.close()
})

testOnBoth(
  'what is in memory is read without waiting; what was evicted, from disk',
  async (world) => {
    const resources = world.resources({ tailMemoryBytes: 20_000 })
    const log = await openLog(world, { resources })
    const other = await openLog(world, { resources, directory: `${world.root}/other-0` })
    const batch = () => batchOf(['x'.repeat(1_000)])
    for (let index = 0; index < 40; index++) append(log, batch())
    const request = { maxBytes: 100_000, endOffset: Infinity, minOneBatch: true }
    assert.ok(!(log.read({ ...request, offset: 39 }) instanceof Promise))
    assert.ok(log.read({ ...request, offset: 0 }) instanceof Promise)
    const all = await readAll(log, 0)
    assert.equal(all.length, log.sizeBytes)

    for (let index = 0; index < 40; index++) append(other, batch())
    assert.ok(log.read({ ...request, offset: 39 }) instanceof Promise)
    assert.ok((await readAll(log, 0)).equals(all))
    append(log, batch())
    assert.ok(!(log.read({ ...request, offset: 40 }) instanceof Promise))
    await log.close()
    await other.close()
  },
)

testOnBoth('a slice keeps its bytes while others take the memory', async (world) => {
  const resources = world.resources({ tailMemoryBytes: 30_000, readBuffersBytes: 1 << 20 })
  const log = await openLog(world, { resources })
  const held: { slice: LogSlice; copy: Buffer }[] = []
  for (let index = 0; index < 200; index++) {
    append(log, batchOf([`${index}-${'x'.repeat(1_000)}`]))
    const offset = index % 3 === 0 ? Math.floor(index / 2) : index
    const slice = await read(log, offset, 5_000)
    held.push({ slice, copy: bytesOf(slice) })
    if (index % 7 === 0) held.shift()!.slice.release()
  }
  for (const { slice, copy } of held) assert.ok(bytesOf(slice).equals(copy))
  await log.close()
})

testOnBoth('many partitions keep their tails in the memory they share', async (world) => {
  const resources = world.resources({ tailMemoryBytes: 2 * 1024 * 1024 })
  const logs: Log[] = []
  for (let partition = 0; partition < 50; partition++) {
    logs.push(await openLog(world, { resources, directory: `${world.root}/many-${partition}` }))
  }
  for (let round = 0; round < 10; round++) {
    for (const log of logs) append(log, batchOf([`${round}`]))
  }
  assert.ok(resources.tailMemory.bytes <= 2 * 1024 * 1024)
  for (const log of logs) {
    const slice = log.read({ offset: 0, maxBytes: 10_000, endOffset: Infinity, minOneBatch: true })
    assert.ok(!(slice instanceof Promise))
    assert.equal(slice.nextOffset, 10)
  }
  for (const log of logs) await log.close()
})

testOnBoth('files beyond the limit are closed and opened again as needed', async (world) => {
  const resources = world.resources({ openFilesMax: 4, tailMemoryBytes: 0 })
  const log = await openLog(world, { resources, config: { segmentBytes: 300 } })
  for (let index = 0; index < 60; index++) append(log, batchOf([`value-${index}`]))
  assert.ok(log.segmentCount > 10)
  await log.flush()
  assert.equal((await readAll(log, 0)).length, log.sizeBytes)
  assert.ok(resources.openFiles.openCount <= 4)
  await log.close()
  assert.equal(resources.openFiles.openCount, 0)
})

testOnBoth(
  'a log that nobody reads keeps no more in memory, until somebody does',
  async (world) => {
    const log = await openLog(world)
    const big = 'x'.repeat(500_000)
    const request = { maxBytes: 1_000_000, endOffset: Infinity, minOneBatch: true }
    for (let index = 0; index < 12; index++) append(log, batchOf([big]))
    assert.ok(!(log.read({ ...request, offset: 12 }) instanceof Promise))
    append(log, batchOf([big]))
    assert.ok(!(log.read({ ...request, offset: 5 }) instanceof Promise))
    for (let index = 0; index < 20; index++) append(log, batchOf([big]))
    const cold = log.read({ ...request, offset: 32 })
    assert.ok(cold instanceof Promise)
    assert.equal((await cold).nextOffset, 33)
    append(log, batchOf([big]))
    const warm = log.read({ ...request, offset: 33 })
    assert.ok(!(warm instanceof Promise))
    assert.equal(warm.nextOffset, 34)
    await log.close()
  },
)
