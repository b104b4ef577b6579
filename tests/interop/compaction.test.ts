import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { encodeBatch, encodeEndTransactionMarker } from '@ottla/records'
import type { CompressionCodec } from '@ottla/records'
import { silentLogger } from '@ottla/runtime'
import { NodeClock, NodeDisk, NodeRandom } from '@ottla/runtime/node'
import { defaultLogConfig, LogManager } from '@ottla/storage'
import { kafkaJars, skipUnless } from './installed-peers.ts'

const jars = kafkaJars()
const skip = skipUnless(jars, 'Apache Kafka 4.3.1 for Java')
const codecs: readonly CompressionCodec[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

const BATCHES = 300
const KEYS = 23

describe('Kafka’s DumpLogSegments reads what we compacted', { skip, timeout: 180_000 }, () => {
  let root: string
  let directory: string

  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'ottla-compacted-'))
    directory = `${root}/compacted-0`
    await writeAndCompact(root)
  })
  after(() => rmSync(root, { recursive: true, force: true }))

  const filesWith = (suffix: string): string[] =>
    readdirSync(directory)
      .filter((name) => name.endsWith(suffix))
      .map((name) => join(directory, name))

  test('every batch, record by record, with the last value of every key', () => {
    const output = dump('--deep-iteration', '--print-data-log', '--files', filesWith('.log').join())
    for (const [, valid] of output.matchAll(/isvalid: (\w+)/g)) assert.equal(valid, 'true')
    assert.match(output, /deleteHorizonMs: OptionalLong\[\d+\]/)
    for (const codec of codecs) assert.match(output, new RegExp(`compresscodec: ${codec}`))
    const values = new Map<string, string>()
    const offsets: number[] = []
    for (const [, offset, key, value] of output.matchAll(
      /\| offset: (\d+) .*key: (key-\d+)(?: payload: (\S+))?/g,
    )) {
      offsets.push(Number(offset))
      values.set(key!, value ?? 'deleted')
    }
    assert.deepEqual(
      offsets,
      [...offsets].sort((a, b) => a - b),
    )
    assert.ok(offsets.length < BATCHES / 2, `${offsets.length} records are left`)
    for (let index = BATCHES - KEYS; index < BATCHES; index++) {
      const expected = index % 7 === 0 ? 'deleted' : `value-${index}`
      assert.equal(values.get(`key-${index % KEYS}`), expected)
    }
  })

  test('indexes fit the compacted segments', () => {
    const indexes = [...filesWith('.index'), ...filesWith('.timeindex')]
    const verified = dump('--verify-index-only', '--files', indexes.join())
    assert.doesNotMatch(verified, /mismatches|Found|Could not/)
    const checked = dump('--index-sanity-check', '--files', indexes.join())
    assert.equal(checked.match(/passed sanity check|is empty/g)?.length, indexes.length)
  })
})

async function writeAndCompact(root: string): Promise<void> {
  const manager = await LogManager.open({
    disk: new NodeDisk(),
    clock: new NodeClock(),
    random: new NodeRandom(),
    logger: silentLogger,
    directories: [root],
    nodeId: 1,
    cleaner: { backoffMs: 1e9 },
  })
  const log = await manager.getOrCreate({
    topic: 'compacted',
    partition: 0,
    topicId: 'QNu9Al2AT8SKGqlhkudOHQ',
    config: {
      ...defaultLogConfig,
      cleanupPolicy: ['compact'],
      minCleanableDirtyRatio: 0,
      segmentBytes: 10_000,
      indexIntervalBytes: 300,
      fileDeleteDelayMs: 0,
    },
  })
  const start = Date.now() - 1_000
  const producer = { producerId: 11, producerEpoch: 0 }
  for (let index = 0; index < BATCHES; index++) {
    const batch = encodeBatch({
      ...producer,
      baseSequence: index * 2,
      isTransactional: true,
      compression: codecs[index % codecs.length] ?? 'none',
      records: [
        {
          timestamp: start + index,
          key: Buffer.from(`key-${index % KEYS}`),
          value: index % 7 === 0 ? null : Buffer.from(`value-${index}`),
        },
        // Of its own batch: the first record goes, and the second stays, or the other way round.
        {
          timestamp: start + index,
          key: Buffer.from(`other-${index % 40}`),
          value: Buffer.from('other'),
        },
      ],
    })
    log.appendAsLeader(batch, { leaderEpoch: 5, origin: 'client' })
    if (index % 50 !== 49) continue
    const type = index === 99 ? 'ABORT' : 'COMMIT'
    const marker = encodeEndTransactionMarker({ type, coordinatorEpoch: 7 }, producer, {
      timestamp: start,
    })
    log.appendAsLeader(marker, { leaderEpoch: 5, origin: 'coordinator' })
  }
  log.roll()
  log.highWatermark = log.logEndOffset
  await manager.cleaner.cleanNow()
  assert.equal(log.compaction.cleanedTo, log.logEndOffset)
  await manager.close()
}

function dump(...args: string[]): string {
  const result = spawnSync(
    'java',
    [
      '-Xmx256m',
      '-Dorg.slf4j.simpleLogger.defaultLogLevel=error',
      '-cp',
      `${jars}/*`,
      'org.apache.kafka.tools.DumpLogSegments',
      ...args,
    ],
    { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  )
  assert.equal(result.status, 0, result.stderr)
  return result.stdout
}
