import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { test } from 'node:test'
import { batchSizeBytes, decodeBatch, deleteHorizonMs } from '@ottla/records'
import { simulation } from '@ottla/runtime/simulated'
import { openManager, ordersOf, topicId } from './compaction-world.ts'

/**
 * A topic's segments as Apache Kafka 4.3.1 had them before and after its cleaner ran, twice, with
 * internal.segment.bytes=1500, index.interval.bytes=200: every codec, headers, tombstones, an idempotent
 * producer, transactions of two producers, committed and aborted, across segments.
 *   kept     delete.retention.ms of a day
 *   short    delete.retention.ms=1500: what the first round gave a horizon goes in the second
 */
const fixtures = `${import.meta.dirname}/../fixtures/kafka-4.3.1/compacted-by-kafka`

const vectors = [
  { name: 'kept', deleteRetentionMs: 86_400_000 },
  { name: 'short', deleteRetentionMs: 1_500 },
]

function filesIn(folder: string): Map<string, Buffer> {
  const names = readdirSync(folder).sort()
  return new Map(names.map((name) => [name, readFileSync(`${folder}/${name}`)]))
}

/** The newest delete horizon in the files: the time of the last cleaning, and the retention. */
function newestHorizon(files: ReadonlyMap<string, Buffer>): number {
  let newest = -1
  for (const [name, bytes] of files) {
    if (!name.endsWith('.log')) continue
    for (let at = 0; at < bytes.length; at += batchSizeBytes(bytes, at)) {
      newest = Math.max(newest, deleteHorizonMs(bytes, at) ?? -1)
    }
  }
  return newest
}

/** All there is in a segment: of batches that are not compressed the very bytes, of others what is in them. */
function describe(bytes: Buffer): unknown[] {
  const batches: unknown[] = []
  for (let at = 0; at < bytes.length; at += batchSizeBytes(bytes, at)) {
    const { crc: _, sizeBytes, ...batch } = decodeBatch(bytes, at)
    const isPlain = batch.compression === 'none'
    const stored = isPlain ? bytes.toString('hex', at, at + sizeBytes) : null
    const records = batch.records.map(({ key, value, ...record }) => ({
      ...record,
      key: String(key),
      value: value === null ? null : String(value),
    }))
    batches.push({ ...batch, records, stored })
  }
  return batches
}

for (const { name, deleteRetentionMs } of vectors) {
  test(`what compaction leaves is what Kafka's leaves: tombstones ${name}`, async () => {
    for (const [from, to] of [
      ['before', 'once'],
      ['before-twice', 'twice'],
    ] as const) {
      const expected = filesIn(`${fixtures}/${name}/${to}`)
      const sim = simulation({ seed: 1 })
      await sim.run(async () => {
        const { clock, disk } = sim.node('a')
        disk.makeDirectory('/data/orders-0')
        disk.replaceFile('/data/orders-0/partition.metadata', `version: 0\ntopic_id: ${topicId}\n`)
        for (const [file, bytes] of filesIn(`${fixtures}/${name}/${from}`)) {
          disk.replaceFile(`/data/orders-0/${file}`, bytes)
        }
        const manager = await openManager(sim.node('a'))
        const log = await ordersOf(manager, {
          segmentBytes: 1_500,
          indexIntervalBytes: 200,
          deleteRetentionMs,
          fileDeleteDelayMs: 0,
        })
        log.highWatermark = log.logEndOffset
        clock.skew(newestHorizon(expected) - deleteRetentionMs - clock.now())
        await manager.cleaner.cleanNow()
        assert.equal(manager.cleaner.status.logs[0]?.cleanings, 1)
        await manager.close()
        const found = disk
          .list('/data/orders-0')
          .map((entry) => entry.name)
          .filter((file) => /\.(log|txnindex)$/.test(file))
        assert.deepEqual(found, [...expected.keys()])
        for (const [file, bytes] of expected) {
          const mine = disk.readFile(`/data/orders-0/${file}`)
          if (file.endsWith('.log')) assert.deepEqual(describe(mine), describe(bytes), file)
          else assert.ok(mine.equals(bytes), file)
        }
      })
    }
  })
}
