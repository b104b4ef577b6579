import assert from 'node:assert/strict'
import { globSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { encodeBatch, encodeEndTransactionMarker } from '@ottla/records'
import type { CompressionCodec, RecordInput } from '@ottla/records'
import { silentLogger } from '@ottla/runtime'
import { NodeClock, NodeDisk, NodeRandom } from '@ottla/runtime/node'
import { defaultLogConfig, LogManager } from '@ottla/storage'
import type { Log, LogConfig } from '@ottla/storage'
import { assertSameDumps, kafkasDump } from './dump-comparison.ts'
import { kafkaJars, skipUnless } from './installed-peers.ts'

const jars = kafkaJars()
const skip = skipUnless(jars, 'Apache Kafka 4.3.1 for Java')
const codecs: readonly CompressionCodec[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

describe('Kafka’s DumpLogSegments reads our files', { skip, timeout: 180_000 }, () => {
  let root: string

  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'ottla-dump-'))
    await writeLogs(root)
  })
  after(() => rmSync(root, { recursive: true, force: true }))

  const filesWith = (topic: string, suffix: string): string[] =>
    readdirSync(`${root}/${topic}-0`)
      .filter((name) => name.endsWith(suffix))
      .map((name) => join(root, `${topic}-0`, name))

  test('every batch of every segment, record by record', () => {
    const files = filesWith('dumped', '.log')
    assert.ok(files.length > 3)
    const output = kafkasDump('--print-data-log', files)
    const offsets = [...output.matchAll(/\| offset: (\d+) /g)].map((match) => Number(match[1]))
    assert.deepEqual(
      offsets,
      Array.from({ length: RECORDS }, (_, offset) => offset),
    )
    for (const [, valid] of output.matchAll(/isvalid: (\w+)/g)) assert.equal(valid, 'true')
    for (const codec of codecs) assert.match(output, new RegExp(`compresscodec: ${codec}`))
    assert.match(output, /endTxnMarker: COMMIT coordinatorEpoch: 7/)
    assert.match(output, /payload: value-299/)
    assert.match(output, /CreateTime: 1000 keySize: -1 valueSize: -1/)
    assert.match(output, /partitionLeaderEpoch: 9/)
  })

  test('indexes fit their segments', () => {
    const topics = ['dumped', 'compacted']
    const indexes = topics.flatMap((topic) => [
      ...filesWith(topic, '.index'),
      ...filesWith(topic, '.timeindex'),
    ])
    assert.ok(indexes.length > 6)
    const verified = kafkasDump('--verify-index-only', indexes)
    assert.doesNotMatch(verified, /mismatches|Found|Could not/)
    const checked = kafkasDump('--index-sanity-check', indexes)
    assert.equal(checked.match(/passed sanity check|is empty\.$/gm)?.length, indexes.length)
  })

  test('producer snapshots', () => {
    const output = kafkasDump(filesWith('dumped', '.snapshot').slice(-1))
    assert.match(
      output,
      /producerId: 11 producerEpoch: 0 coordinatorEpoch: 7 currentTxnFirstOffset: OptionalLong\.empty/,
    )
    assert.match(output, /lastSequence: 299/)
  })

  test('aborted transactions', () => {
    const files = filesWith('dumped', '.txnindex')
    assert.equal(files.length, 1)
    const aborted = [...kafkasDump(files).matchAll(/version: 0 producerId: 12 .*/g)].join('\n')
    assert.equal(
      aborted,
      `version: 0 producerId: 12 firstOffset: 304 lastOffset: 305 lastStableOffset: 306`,
    )
  })

  test('compacted segments, whose offsets have gaps and whose tombstones have a horizon', () => {
    const output = kafkasDump('--print-data-log', filesWith('compacted', '.log'))
    assert.doesNotMatch(output, /isvalid: false/)
    assert.match(output, /deleteHorizonMs: OptionalLong\[\d+\]/)
    const values = [...output.matchAll(/key: (\S+) payload: (\S+)/g)]
    assert.deepEqual(
      values.slice(0, 9).map(([, key, value]) => `${key}=${value}`),
      Array.from({ length: 9 }, (_, key) => `key-${key + 1}=round-9`),
    )
  })

  test('and ottla dump says of every file what Kafka says', () => {
    const suffixes = 'log,index,timeindex,txnindex,snapshot'
    const files = globSync(`${root}/*-0/*.{${suffixes}}`)
    for (const suffix of suffixes.split(',')) {
      assert.ok(
        files.some((file) => basename(file).endsWith(`.${suffix}`)),
        suffix,
      )
    }
    assertSameDumps(files)
  })
})

/** 300 batches of a record and the marker that ends their transaction, three more, and one that is aborted. */
const RECORDS = 306
const topicId = 'QNu9Al2AT8SKGqlhkudOHQ'

async function writeLogs(root: string): Promise<void> {
  const manager = await LogManager.open({
    disk: new NodeDisk(),
    clock: new NodeClock(),
    random: new NodeRandom(),
    logger: silentLogger,
    directories: [root],
    nodeId: 1,
  })
  const config = { ...defaultLogConfig, segmentBytes: 10_000, indexIntervalBytes: 300 }
  writeTransactions(await logOf(manager, 'dumped', config))
  const compacted = await logOf(manager, 'compacted', {
    ...config,
    cleanupPolicy: ['compact'],
    minCleanableDirtyRatio: 0,
    fileDeleteDelayMs: 0,
  })
  for (let round = 0; round < 10; round++) writeKeys(compacted, round)
  compacted.highWatermark = compacted.logEndOffset
  compacted.roll()
  writeKeys(compacted, 10)
  await manager.cleaner.cleanNow()
  await manager.close()
}

async function logOf(manager: LogManager, topic: string, config: LogConfig): Promise<Log> {
  return await manager.getOrCreate({ topic, partition: 0, topicId, config })
}

function writeTransactions(log: Log): void {
  const start = Date.now() - 1_000
  const first = { producerId: 11, producerEpoch: 0 }
  for (let index = 0; index < 300; index++) {
    const headers = [
      { key: 'header', value: null },
      { key: 'é', value: Buffer.from([0, 255]) },
    ]
    const record = {
      timestamp: start + index,
      key: Buffer.from(`key-${index}`),
      value: Buffer.from(`value-${index}`),
      headers,
    }
    append(log, { ...first, baseSequence: index, codec: codecs[index % codecs.length]! }, [record])
  }
  end(log, 'COMMIT', first)
  append(log, { epoch: 9 }, [
    { timestamp: 1000, key: null, value: null },
    { timestamp: 1000, key: Buffer.alloc(0), value: Buffer.alloc(0) },
    { timestamp: start, key: Buffer.from([0, 255]), value: Buffer.alloc(9_000, 'x') },
  ])
  const second = { producerId: 12, producerEpoch: 3 }
  append(log, { ...second, baseSequence: 0, epoch: 9 }, [{ timestamp: start, value: null }])
  end(log, 'ABORT', second)
}

function writeKeys(log: Log, round: number): void {
  const records = Array.from({ length: 10 }, (_, key) => ({
    timestamp: Date.now() + round,
    key: Buffer.from(`key-${key}`),
    value: key === 0 ? null : Buffer.from(`round-${round}`),
  }))
  append(log, { codec: codecs[round % codecs.length]! }, records)
}

interface AppendOptions {
  readonly producerId?: number
  readonly producerEpoch?: number
  readonly baseSequence?: number
  readonly codec?: CompressionCodec
  readonly epoch?: number
}

function append(log: Log, options: AppendOptions, records: readonly RecordInput[]): void {
  const { codec = 'none', epoch = 5, ...producer } = options
  const isTransactional = producer.producerId !== undefined
  const batch = encodeBatch({ ...producer, isTransactional, compression: codec, records })
  log.appendAsLeader(batch, { leaderEpoch: epoch, origin: 'client' })
}

function end(
  log: Log,
  type: 'COMMIT' | 'ABORT',
  producer: { readonly producerId: number; readonly producerEpoch: number },
): void {
  const marker = encodeEndTransactionMarker({ type, coordinatorEpoch: 7 }, producer, {
    timestamp: Date.now(),
  })
  log.appendAsLeader(marker, { leaderEpoch: 9, origin: 'coordinator' })
}
