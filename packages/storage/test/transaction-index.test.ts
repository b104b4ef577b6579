import assert from 'node:assert/strict'
import { cpSync, readFileSync, readdirSync } from 'node:fs'
import { test } from 'node:test'
import { encodeEndTransactionMarker } from '@ottla/records'
import { simulation } from '@ottla/runtime/simulated'
import type { Log } from '../src/log.ts'
import { OpenFiles } from '../src/open-files.ts'
import type { AbortedTransaction } from '../src/transaction-index.ts'
import { TransactionIndex } from '../src/transaction-index.ts'
import {
  append,
  batchOf,
  openLog,
  realWorld,
  simulatedWorld,
  testOnBoth,
  worldOn,
} from './world.ts'
import type { World } from './world.ts'

/**
 * Apache Kafka 4.3.1 wrote it (see kafka-files.test.ts): segments from 0, 2, 10 and 13, log end 21.
 * Producer 0 aborted 0–2 and 5–14, producer 1 aborted 6–8 and 15–18; a Java consumer of committed
 * records got offsets 3, 10, 16 and 19.
 */
const fixture = `${import.meta.dirname}/fixtures/kafka-4.3.1/aborted-0`
const config = { segmentBytes: 700 }

const kafkas: readonly AbortedTransaction[] = [
  { producerId: 0, firstOffset: 0, lastOffset: 2, lastStableOffset: 3 },
  { producerId: 1, firstOffset: 6, lastOffset: 8, lastStableOffset: 5 },
  { producerId: 0, firstOffset: 5, lastOffset: 14, lastStableOffset: 15 },
  { producerId: 1, firstOffset: 15, lastOffset: 18, lastStableOffset: 19 },
]

async function openFixture(
  world: World,
  { isClean = true, recoveryPoint = 0 }: { isClean?: boolean; recoveryPoint?: number } = {},
): Promise<Log> {
  const directory = `${world.root}/aborted-0`
  return await openLog(world, { directory, topic: 'aborted', config, isClean, recoveryPoint })
}

function copyFixture(world: World): string {
  const directory = `${world.root}/aborted-0`
  cpSync(fixture, directory, { recursive: true })
  return directory
}

function txnFiles(directory: string): Record<string, string> {
  const names = readdirSync(directory).filter((name) => name.endsWith('.txnindex'))
  return Object.fromEntries(
    names.map((name) => [name, readFileSync(`${directory}/${name}`).toString('hex')]),
  )
}

/** Appends one transactional record, or a marker. */
function data(log: Log, producerId: number, sequence: number): number {
  const producer = { producerId, producerEpoch: 0, baseSequence: sequence, isTransactional: true }
  return append(log, batchOf(['value'], producer))
}

function marker(log: Log, producerId: number, type: 'ABORT' | 'COMMIT'): number {
  const batch = encodeEndTransactionMarker(
    { type, coordinatorEpoch: 0 },
    { producerId, producerEpoch: 0 },
    { baseOffset: 0, timestamp: 1_000 },
  )
  return log.appendAsLeader(batch, { leaderEpoch: 0, origin: 'coordinator' }).baseOffset
}

test("what Kafka's transaction indexes say is found by where it is read", async (t) => {
  const world = realWorld(t)
  copyFixture(world)
  const log = await openFixture(world)
  log.highWatermark = log.logEndOffset
  assert.deepEqual(await log.abortedTransactions(0, 21), kafkas)
  // Up to a marker's own offset a reader must know of its transaction; beyond it no more.
  assert.deepEqual(await log.abortedTransactions(2, 3), [kafkas[0]])
  assert.deepEqual(await log.abortedTransactions(3, 5), [])
  assert.deepEqual(await log.abortedTransactions(3, 6), [kafkas[2]])
  assert.deepEqual(await log.abortedTransactions(3, 7), [kafkas[1], kafkas[2]])
  assert.deepEqual(await log.abortedTransactions(9, 15), [kafkas[2]])
  assert.deepEqual(await log.abortedTransactions(15, 16), [kafkas[3]])
  assert.deepEqual(log.abortedTransactions(19, 21), [], 'at once, without a read')
  await log.close()
})

for (const recoveryPoint of [0, 3, 11, 15]) {
  test(`Kafka's transaction indexes are rebuilt as they were, from recovery point ${recoveryPoint}`, async (t) => {
    const world = realWorld(t)
    const directory = copyFixture(world)
    // What is behind the recovery point was not durable: it may be anything.
    const files = recoveryPoint < 13 ? [13] : []
    if (recoveryPoint < 10) files.push(2)
    for (const offset of files) {
      const path = `${directory}/${String(offset).padStart(20, '0')}.txnindex`
      const file = world.disk.open(path, 'write')
      file.truncate(recoveryPoint === 0 ? 40 : 340)
      file.close()
    }
    const log = await openFixture(world, { isClean: false, recoveryPoint })
    assert.deepEqual(await log.abortedTransactions(0, 21), kafkas)
    await log.close()
    assert.deepEqual(txnFiles(directory), txnFiles(fixture))
  })
}

for (const [what, spoil] of [
  ['is cut off', (bytes: Buffer) => bytes.subarray(0, 50)],
  [
    'has an unknown version',
    (bytes: Buffer) => Buffer.concat([Buffer.from([0, 9]), bytes.subarray(2)]),
  ],
  ["is another segment's", (bytes: Buffer) => Buffer.concat([bytes, bytes])],
] as const) {
  test(`a transaction index that ${what} is rebuilt, even after a clean stop`, async (t) => {
    const world = realWorld(t)
    const directory = copyFixture(world)
    for (const name of Object.keys(txnFiles(directory))) {
      const bytes = spoil(readFileSync(`${directory}/${name}`))
      const file = world.disk.open(`${directory}/${name}`, 'write')
      file.truncate(0)
      file.write([bytes], 0)
      file.close()
    }
    const log = await openFixture(world)
    assert.deepEqual(await log.abortedTransactions(0, 21), kafkas)
    await log.close()
    assert.deepEqual(txnFiles(directory), txnFiles(fixture))
  })
}

testOnBoth('a transaction index is made only where a transaction was aborted', async (world) => {
  const log = await openLog(world)
  const indexes = () =>
    world.disk.list(log.directory).filter(({ name }) => name.endsWith('.txnindex'))
  data(log, 1, 0)
  marker(log, 1, 'COMMIT')
  assert.equal(indexes().length, 0)
  assert.deepEqual(log.abortedTransactions(0, 2), [])
  data(log, 1, 1)
  log.roll()
  marker(log, 1, 'ABORT')
  assert.deepEqual(
    indexes().map(({ name }) => name),
    ['00000000000000000003.txnindex'],
  )
  assert.deepEqual(await log.abortedTransactions(2, 3), [
    { producerId: 1, firstOffset: 2, lastOffset: 3, lastStableOffset: 4 },
  ])
  await log.close()
})

testOnBoth('a follower writes the same index as its leader', async (world) => {
  const leader = await openLog(world)
  const follower = await openLog(world, { directory: `${world.root}/orders-1`, partition: 1 })
  data(leader, 1, 0)
  data(leader, 2, 0)
  marker(leader, 1, 'ABORT')
  data(leader, 2, 1)
  marker(leader, 2, 'ABORT')
  const slice = await leader.read({ offset: 0, maxBytes: 1e6, endOffset: 5, minOneBatch: true })
  for (const records of slice.records) follower.appendAsFollower(records)
  slice.release()
  const found = await follower.abortedTransactions(0, 5)
  assert.deepEqual(found, await leader.abortedTransactions(0, 5))
  assert.deepEqual(found, [
    { producerId: 1, firstOffset: 0, lastOffset: 2, lastStableOffset: 1 },
    { producerId: 2, firstOffset: 1, lastOffset: 4, lastStableOffset: 5 },
  ])
  await leader.close()
  await follower.close()
})

testOnBoth('markers that are cut off leave the index with them', async (world) => {
  const log = await openLog(world)
  for (let sequence = 0; sequence < 5; sequence++) {
    data(log, 1, sequence)
    marker(log, 1, 'ABORT')
    if (sequence === 2) log.roll()
  }
  const markers = async (): Promise<number[]> =>
    (await log.abortedTransactions(0, log.logEndOffset)).map(({ lastOffset }) => lastOffset)
  assert.deepEqual(await markers(), [1, 3, 5, 7, 9])
  await log.truncateTo(8)
  assert.deepEqual(await markers(), [1, 3, 5, 7])
  await log.truncateTo(3)
  assert.deepEqual(await markers(), [1])
  // The transaction is open again, and its next marker takes the place of the one that was cut off.
  assert.equal(marker(log, 1, 'ABORT'), 3)
  assert.deepEqual(await markers(), [1, 3])
  await log.close()
  const again = await openLog(world, { isClean: true })
  assert.equal((await again.abortedTransactions(0, 4)).length, 2)
  await again.close()
})

testOnBoth('an index goes with its segment', async (world) => {
  const log = await openLog(world, { config: { retentionMs: 1, fileDeleteDelayMs: 0 } })
  data(log, 1, 0)
  marker(log, 1, 'ABORT')
  log.roll()
  append(log, batchOf(['value']))
  log.highWatermark = 2
  assert.equal(log.deleteOldSegments(), 1)
  assert.deepEqual(log.abortedTransactions(2, 3), [])
  await log.close()
  assert.equal(world.disk.stat(`${log.directory}/00000000000000000000.txnindex`), null)
  assert.equal(world.disk.stat(`${log.directory}/00000000000000000000.txnindex.deleted`), null)
})

test('what was aborted before a flush is known after a power cut', async () => {
  for (let seed = 1; seed <= 30; seed++) {
    const sim = simulation({ seed })
    const world = worldOn(sim)
    let recoveryPoint = 0
    await sim.run(async () => {
      const log = await openLog(world, { config: { segmentBytes: 500 } })
      for (let sequence = 0; sequence < 12; sequence++) {
        data(log, 1, sequence)
        marker(log, 1, 'ABORT')
        if (sequence === 8) await log.flush()
      }
      recoveryPoint = log.recoveryPoint
      assert.ok(recoveryPoint >= 18)
    })
    sim.crash('a', 'some')
    const after = worldOn(sim)
    await sim.run(async () => {
      const log = await openLog(after, { recoveryPoint, config: { segmentBytes: 500 } })
      const found = await log.abortedTransactions(0, log.logEndOffset)
      assert.equal(found.length, Math.floor(log.logEndOffset / 2), `seed ${seed}`)
      await log.close()
    })
  }
})

test('an index of many entries is read from where it matters', async () => {
  const world = simulatedWorld()
  await world.run(async () => {
    world.disk.makeDirectory(world.root)
    const index = new TransactionIndex(new OpenFiles(world.disk, 10), `${world.root}/t`, 0, null)
    const count = 5_000
    for (let number = 0; number < count; number++) {
      const firstOffset = number * 2
      const lastOffset = firstOffset + 1
      index.append({
        producerId: number,
        firstOffset,
        lastOffset,
        lastStableOffset: lastOffset + 1,
      })
    }
    const found: AbortedTransaction[] = []
    assert.equal(await index.collect(7_001, 7_004, found), true)
    assert.deepEqual(
      found.map(({ producerId }) => producerId),
      [3_500, 3_501],
    )
    assert.equal(await index.fault(Infinity), null)
    await index.truncateTo(7_001)
    assert.equal(index.count, 3_500)
    index.close()
  })
})
