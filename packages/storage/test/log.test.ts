import assert from 'node:assert/strict'
import { decodeBatch } from '@ottla/records'
import { append, batchOf, bytesOf, openLog, readAll, testOnBoth } from './world.ts'

testOnBoth('what was appended is read back', async (world) => {
  const log = await openLog(world)
  assert.equal(append(log, batchOf(['a', 'b']), 3), 0)
  assert.equal(append(log, batchOf(['c']), 3), 2)
  const slice = await log.read({
    offset: 0,
    maxBytes: 1000,
    endOffset: Infinity,
    minOneBatch: true,
  })
  const bytes = bytesOf(slice)
  const first = decodeBatch(bytes)
  assert.deepEqual(
    first.records.map((record) => [record.offset, String(record.value)]),
    [
      [0, 'a'],
      [1, 'b'],
    ],
  )
  assert.equal(first.partitionLeaderEpoch, 3)
  assert.equal(decodeBatch(bytes, first.sizeBytes).baseOffset, 2)
  assert.equal(slice.nextOffset, 3)
  await log.close()
})

testOnBoth('a closed log opens with all it had', async (world) => {
  const log = await openLog(world, { config: { segmentBytes: 500, indexIntervalBytes: 100 } })
  for (let index = 0; index < 40; index++) append(log, batchOf([`value-${index}`]))
  const bytes = await readAll(log, 0)
  assert.ok(log.segmentCount > 3)
  await log.close()
  for (const isClean of [true, false]) {
    const again = await openLog(world, { isClean, config: { segmentBytes: 500 } })
    assert.equal(again.logEndOffset, 40)
    assert.deepEqual(await readAll(again, 0), bytes)
    assert.deepEqual(await readAll(again, 0, 100), bytes)
    await again.close()
  }
})
