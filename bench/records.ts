import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { parseArgs } from 'node:util'
import { Reader, createRecordsBatch, readRecordsBatch } from '@platformatic/kafka'
import type { AppendRules, CompressionCodec } from '@ottla/records'
import {
  COMPRESSION_CODECS,
  checkBatch,
  crc32c,
  decodeBatch,
  encodeBatch,
  lastOffset,
  maxTimestamp,
  preloadCrc32c,
  producerId,
  recordCount,
  validateProduced,
} from '@ottla/records'

/**
 * Record batches: what a broker does to each (header, CRC, the walk through its records), what a client does
 * (encode, decode), and the codecs; beside kafkajs and @platformatic/kafka where they have the like.
 *
 *   node --conditions=ottla-src bench/records.ts [--seconds 0.5] [--json FILE]
 *
 * Batches of 500 records of 100 bytes: 55 KB. `seconds` is the time for each line after a warm-up, in
 * ten parts of which the fastest counts.
 */
interface Result {
  readonly what: string
  readonly library: string
  readonly microsecondsPerBatch: number
  readonly nanosecondsPerRecord: number
  /** Of the batch's uncompressed bytes. */
  readonly gigabytesPerSecond: number
}

interface KafkaJs {
  readonly encode: (batch: object) => Promise<{ readonly buffer: Buffer }>
  readonly record: (record: object) => unknown
  readonly decode: (decoder: unknown) => Promise<{ readonly records: readonly unknown[] }>
  readonly Decoder: new (buffer: Buffer) => unknown
}

const RECORDS_PER_BATCH = 500
const NOW = 1_700_000_000_000

const { values: options } = parseArgs({
  options: { seconds: { type: 'string', default: '0.5' }, json: { type: 'string' } },
})
const budgetMs = Number(options.seconds) * 1000

const value = Buffer.from(
  '{"user":12345678,"path":"/index.html","agent":"Mozilla/5.0"}'.padEnd(100),
)
const records = Array.from({ length: RECORDS_PER_BATCH }, (_, index) => ({
  timestamp: NOW + index,
  key: null,
  value,
}))
const plain = encodeBatch({ records })
const rules: AppendRules = {
  baseOffset: 0,
  partitionLeaderEpoch: 1,
  nowMs: NOW,
  origin: 'client',
  where: 'bench-0',
  maxMessageBytes: 1 << 20,
  compressionType: 'producer',
  timestampType: 'CreateTime',
  timestampBeforeMaxMs: Infinity,
  timestampAfterMaxMs: 3_600_000,
  isCompacted: false,
}
const results: Result[] = []
let sink = 0

preloadCrc32c()
await benchBroker()
await benchClients()
await benchCodecs()
console.table(
  Object.fromEntries(
    results.map((result) => [
      `${result.what} · ${result.library}`,
      {
        'µs a batch': result.microsecondsPerBatch.toFixed(2),
        'ns a record': result.nanosecondsPerRecord.toFixed(1),
        'GB/s': result.gigabytesPerSecond.toFixed(2),
      },
    ]),
  ),
)
if (options.json !== undefined) {
  writeFileSync(options.json, `${JSON.stringify({ batchBytes: plain.length, results }, null, 2)}\n`)
}
if (sink === 0) throw new Error('nothing was measured')

async function benchBroker(): Promise<void> {
  await measure('header fields', 'ottla', () => {
    sink +=
      lastOffset(plain, 0) + maxTimestamp(plain, 0) + producerId(plain, 0) + recordCount(plain, 0)
  })
  await measure('CRC-32C', 'ottla', () => {
    sink += crc32c(plain, 21)
  })
  await measure('check of header and CRC', 'ottla', () => {
    sink += checkBatch(plain, 0, plain.length)
  })
  await measure('append of a client: check, records, offsets', 'ottla', () => {
    sink += validateProduced(plain, rules).recordCount
  })
  await measure('append of the broker itself: check, offsets', 'ottla', () => {
    sink += validateProduced(plain, { ...rules, origin: 'coordinator' }).recordCount
  })
}

async function benchClients(): Promise<void> {
  await measure('encode', 'ottla', () => {
    sink += encodeBatch({ records }).length
  })
  const messages = records.map(({ timestamp, value: bytes }) => ({
    topic: 'bench',
    timestamp: BigInt(timestamp),
    value: bytes,
  }))
  await measure('encode', '@platformatic/kafka', () => {
    sink += createRecordsBatch(messages, { producerId: -1n }).buffer.length
  })
  const kafkaJs = loadKafkaJs()
  await measure('encode', 'kafkajs', async () => {
    const encoded = await kafkaJs.encode({
      firstTimestamp: NOW,
      maxTimestamp: NOW + RECORDS_PER_BATCH - 1,
      lastOffsetDelta: RECORDS_PER_BATCH - 1,
      records: records.map((record, offsetDelta) =>
        kafkaJs.record({
          offsetDelta,
          timestampDelta: record.timestamp - NOW,
          key: record.key,
          value: record.value,
        }),
      ),
    })
    sink += encoded.buffer.length
  })

  await measure('decode', 'ottla', () => {
    sink += decodeBatch(plain).records.length
  })
  await measure('decode', '@platformatic/kafka', () => {
    sink += readRecordsBatch(Reader.from(plain)).records.length
  })
  await measure('decode', 'kafkajs', async () => {
    sink += (await kafkaJs.decode(new kafkaJs.Decoder(plain))).records.length
  })
}

async function benchCodecs(): Promise<void> {
  for (const compression of COMPRESSION_CODECS) {
    if (compression !== 'none') await benchCodec(compression)
  }
}

async function benchCodec(compression: CompressionCodec): Promise<void> {
  await measure(`encode with ${compression}`, 'ottla', () => {
    sink += encodeBatch({ records, compression }).length
  })
  const encoded = encodeBatch({ records, compression })
  await measure(`decode with ${compression}`, 'ottla', () => {
    sink += decodeBatch(encoded).records.length
  })
  await measure(`append of a client with ${compression}`, 'ottla', () => {
    sink += validateProduced(encoded, rules).recordCount
  })
}

async function measure(
  what: string,
  library: string,
  action: () => void | Promise<void>,
): Promise<void> {
  await runFor(budgetMs / 4, action)
  // The fastest of ten: what else the machine does makes the others slower, nothing makes one faster.
  let microseconds = Infinity
  for (let slice = 0; slice < 10; slice++) {
    microseconds = Math.min(microseconds, await runFor(budgetMs / 10, action))
  }
  results.push({
    what,
    library,
    microsecondsPerBatch: microseconds,
    nanosecondsPerRecord: (microseconds * 1000) / RECORDS_PER_BATCH,
    gigabytesPerSecond: plain.length / microseconds / 1000,
  })
}

/** @returns microseconds a run */
async function runFor(durationMs: number, action: () => void | Promise<void>): Promise<number> {
  const start = performance.now()
  let runs = 0
  let elapsedMs = 0
  while (elapsedMs < durationMs) {
    // Looks at the clock every 16th time; awaits only what is a promise, which would cost the others.
    for (let index = 0; index < 16; index++) {
      const pending = action()
      if (pending !== undefined) await pending
    }
    runs += 16
    elapsedMs = performance.now() - start
  }
  return (elapsedMs * 1000) / runs
}

/** kafkajs has no public face for this; its modules can be required one by one. */
function loadKafkaJs(): KafkaJs {
  const require = createRequire(import.meta.url)
  const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0') as {
    RecordBatch: KafkaJs['encode']
  }
  return {
    encode: RecordBatch,
    record: require('kafkajs/src/protocol/recordBatch/record/v0') as KafkaJs['record'],
    decode: require('kafkajs/src/protocol/recordBatch/v0/decoder') as KafkaJs['decode'],
    Decoder: require('kafkajs/src/protocol/decoder') as KafkaJs['Decoder'],
  }
}
