import assert from 'node:assert/strict'
import { cpSync, readFileSync, readdirSync } from 'node:fs'
import { test } from 'node:test'
import { batchSizeBytes, isControlBatch, lastOffset, setBaseOffset } from '@ottla/records'
import type { Log } from '../src/log.ts'
import { openLog, readAll, realWorld } from './world.ts'
import type { World } from './world.ts'

/**
 * Folders that Apache Kafka 4.3.1 wrote and left cleanly:
 *   fixture-0       one segment, index.interval.bytes=100, an idempotent producer
 *   rolled-0        internal.segment.bytes=1000, index.interval.bytes=200, gzip
 *   transactions-0  internal.segment.bytes=1000, two committed transactions of one producer
 *   aborted-0       internal.segment.bytes=700, two producers whose transactions overlap: aborted ones
 *                   within a segment and across segments, one before and one after a committed one
 */
const fixtures = `${import.meta.dirname}/fixtures/kafka-4.3.1`

const topics = [
  { name: 'fixture', config: { indexIntervalBytes: 100 } },
  { name: 'rolled', config: { indexIntervalBytes: 200, segmentBytes: 1000 } },
  { name: 'transactions', config: { segmentBytes: 1000 } },
  { name: 'aborted', config: { segmentBytes: 700 } },
]

function copyOf(world: World, topic: string): string {
  const directory = `${world.root}/${topic}-0`
  cpSync(`${fixtures}/${topic}-0`, directory, { recursive: true })
  return directory
}

function filesIn(directory: string): string[] {
  return readdirSync(directory).sort()
}

function assertSameFiles(directory: string, expected: string): void {
  const unchanged = filesIn(expected).filter((name) => name !== 'partition.metadata')
  assert.deepEqual(
    filesIn(directory).filter((name) => name !== 'partition.metadata'),
    unchanged,
  )
  for (const name of unchanged) {
    const found = readFileSync(`${directory}/${name}`)
    assert.ok(found.equals(readFileSync(`${expected}/${name}`)), name)
  }
}

function logBytes(topic: string): Buffer {
  const directory = `${fixtures}/${topic}-0`
  const names = readdirSync(directory).filter((name) => name.endsWith('.log'))
  return Buffer.concat(names.sort().map((name) => readFileSync(`${directory}/${name}`)))
}

for (const { name, config } of topics) {
  test(`the same batches make the same files as Kafka's ${name}`, async (t) => {
    const world = realWorld(t)
    const directory = `${world.root}/${name}-0`
    const log = await openLog(world, { directory, topic: name, config })
    appendAgain(log, logBytes(name))
    await log.close()
    assertSameFiles(directory, `${fixtures}/${name}-0`)
  })

  for (const isClean of [true, false]) {
    test(`Kafka's ${name} opens after ${isClean ? 'a clean' : 'an unclean'} stop`, async (t) => {
      const world = realWorld(t)
      const directory = copyOf(world, name)
      const log = await openLog(world, { directory, topic: name, config, isClean })
      const bytes = logBytes(name)
      assert.equal(log.logEndOffset, endOffset(bytes))
      assert.ok((await readAll(log, 0)).equals(bytes))
      await log.close()
      assertSameFiles(directory, `${fixtures}/${name}-0`)
    })
  }
}

for (const [what, sizes] of [
  ['offset index', { index: 10_485_760 }],
  ['time index', { timeindex: 10_485_756 }],
  ['log', { log: 1_073_741_824 }],
  ['everything', { log: 1_073_741_824, index: 10_485_760, timeindex: 10_485_756 }],
] as const) {
  test(`what Kafka had preallocated when it was killed is cut: ${what}`, async (t) => {
    const world = realWorld(t)
    const directory = copyOf(world, 'fixture')
    const open = { directory, topic: 'fixture', config: topics[0]!.config }
    // A kill leaves no clean log with padding; indexes are recognised anyway.
    for (const isClean of 'log' in sizes ? [false] : [true, false]) {
      for (const [suffix, size] of Object.entries(sizes)) {
        const file = world.disk.open(`${directory}/00000000000000000000.${suffix}`, 'write')
        file.truncate(size)
        file.close()
      }
      const log = await openLog(world, { ...open, isClean })
      assert.equal(log.logEndOffset, 40)
      await log.close()
      assertSameFiles(directory, `${fixtures}/fixture-0`)
    }
  })
}

test('an open transaction holds back readers of committed records, across a restart', async (t) => {
  const world = realWorld(t)
  const directory = `${world.root}/transactions-0`
  const bytes = logBytes('transactions')
  const open = { directory, topic: 'transactions', config: { segmentBytes: 1000 } }
  const log = await openLog(world, open)
  // Up to offset 10: the first transaction (0 to 2) is committed, the second (from 3) is open.
  appendAgain(log, bytes.subarray(0, positionOf(bytes, 11)))
  log.highWatermark = log.logEndOffset
  assert.equal(log.logEndOffset, 11)
  assert.equal(log.lastStableOffset, 3)
  await log.close()

  for (const isClean of [true, false]) {
    const again = await openLog(world, { ...open, isClean })
    again.highWatermark = 11
    assert.equal(again.lastStableOffset, 3)
    await again.close()
  }
  const last = await openLog(world, { ...open, isClean: true })
  appendAgain(last, bytes.subarray(positionOf(bytes, 11)))
  assert.equal(last.lastStableOffset, 0)
  last.highWatermark = 13
  // The marker is at 13: it must be replicated before its transaction counts as ended.
  assert.equal(last.lastStableOffset, 3)
  last.highWatermark = 14
  assert.equal(last.lastStableOffset, 14)
  await last.close()
})

/** Appends stored batches as they were appended once: one by one, with base offset 0. */
function appendAgain(log: Log, bytes: Buffer): void {
  const batches = Buffer.from(bytes)
  for (let at = 0; at < batches.length;) {
    const size = batchSizeBytes(batches, at)
    const batch = batches.subarray(at, at + size)
    setBaseOffset(batch, 0, 0)
    const origin = isControlBatch(batch, 0) ? 'coordinator' : 'client'
    log.appendAsLeader(batch, { leaderEpoch: 0, origin })
    at += size
  }
}

function positionOf(bytes: Buffer, offset: number): number {
  let at = 0
  while (at < bytes.length && lastOffset(bytes, at) < offset) at += batchSizeBytes(bytes, at)
  return at
}

function endOffset(bytes: Buffer): number {
  let end = 0
  for (let at = 0; at < bytes.length; at += batchSizeBytes(bytes, at)) {
    end = lastOffset(bytes, at) + 1
  }
  return end
}
