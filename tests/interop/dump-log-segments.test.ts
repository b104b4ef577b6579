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
import { createStorageResources, defaultLogConfig, Log } from '@ottla/storage'
import { kafkaJars, skipUnless } from './installed-peers.ts'

const jars = kafkaJars()
const skip = skipUnless(jars, 'Apache Kafka 4.3.1 for Java')
const codecs: readonly CompressionCodec[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

describe('Kafka’s DumpLogSegments reads our files', { skip, timeout: 180_000 }, () => {
  let root: string
  let directory: string

  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'ottla-dump-'))
    directory = `${root}/dumped-0`
    await writeLog(directory)
  })
  after(() => rmSync(root, { recursive: true, force: true }))

  const filesWith = (suffix: string): string[] =>
    readdirSync(directory)
      .filter((name) => name.endsWith(suffix))
      .map((name) => join(directory, name))

  test('every batch of every segment, record by record', () => {
    const files = filesWith('.log')
    assert.ok(files.length > 3)
    const output = dump('--deep-iteration', '--print-data-log', '--files', files.join())
    const offsets = [...output.matchAll(/\| offset: (\d+) /g)].map((match) => Number(match[1]))
    assert.deepEqual(
      offsets,
      Array.from({ length: RECORDS }, (_, offset) => offset),
    )
    for (const [, valid] of output.matchAll(/isvalid: (\w+)/g)) assert.equal(valid, 'true')
    for (const codec of codecs) assert.match(output, new RegExp(`compresscodec: ${codec}`))
    assert.match(output, /endTxnMarker: COMMIT coordinatorEpoch: 7/)
    assert.match(output, /payload: value-299/)
  })

  test('indexes fit their segments', () => {
    const indexes = [...filesWith('.index'), ...filesWith('.timeindex')]
    assert.ok(indexes.length > 6)
    const verified = dump('--verify-index-only', '--files', indexes.join())
    assert.doesNotMatch(verified, /mismatches|Found|Could not/)
    const checked = dump('--index-sanity-check', '--files', indexes.join())
    assert.equal(checked.match(/passed sanity check/g)?.length, indexes.length)
  })

  test('producer snapshots', () => {
    const output = dump('--files', filesWith('.snapshot').at(-1) ?? '')
    assert.match(
      output,
      /producerId: 11 producerEpoch: 0 coordinatorEpoch: 7 currentTxnFirstOffset: OptionalLong\.empty/,
    )
    assert.match(output, /lastSequence: 299/)
  })
})

/** 300 batches of a record and the marker that ends their transaction. */
const RECORDS = 301

async function writeLog(directory: string): Promise<void> {
  const log = await Log.open({
    resources: createStorageResources({
      disk: new NodeDisk(),
      clock: new NodeClock(),
      random: new NodeRandom(),
      logger: silentLogger,
    }),
    directory,
    topic: 'dumped',
    partition: 0,
    config: { ...defaultLogConfig, segmentBytes: 10_000, indexIntervalBytes: 300 },
  })
  const start = Date.now() - 1_000
  const producer = { producerId: 11, producerEpoch: 0 }
  for (let index = 0; index < RECORDS - 1; index++) {
    const batch = encodeBatch({
      ...producer,
      baseSequence: index,
      isTransactional: true,
      compression: codecs[index % codecs.length] ?? 'none',
      records: [
        {
          timestamp: start + index,
          key: Buffer.from(`key-${index}`),
          value: Buffer.from(`value-${index}`),
          headers: [{ key: 'header', value: null }],
        },
      ],
    })
    log.appendAsLeader(batch, { leaderEpoch: 5, origin: 'client' })
  }
  const marker = encodeEndTransactionMarker({ type: 'COMMIT', coordinatorEpoch: 7 }, producer, {
    timestamp: start,
  })
  log.appendAsLeader(marker, { leaderEpoch: 5, origin: 'coordinator' })
  await log.close()
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
