/**
 * What compaction does by itself, without a broker: how fast it goes through a log, and how long it keeps
 * the event loop from everybody else in one go.
 *
 *   node --conditions=ottla-src bench/storage-compaction.ts [--megabytes 200] [--json]
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import type { CompressionCodec } from '@ottla/records'
import { encodeBatch, preloadCrc32c } from '@ottla/records'
import { silentLogger } from '@ottla/runtime'
import { NodeClock, NodeDisk, NodeRandom } from '@ottla/runtime/node'
import { defaultLogConfig, LogManager } from '@ottla/storage'

interface Result {
  readonly name: string
  readonly megabytes: number
  readonly seconds: number
  readonly megabytesPerSecond: number
  readonly recordsPerSecond: number
  /** Of what was read. */
  readonly writtenPercent: number
  readonly cpuSeconds: number
  /** By the clock: on a busy machine most of it is others' work. */
  readonly longestStallMs: number
  readonly p999StallMs: number
  /** The most processor time that one turn of the event loop took. */
  readonly longestTurnCpuMs: number
}

/** Looks at the thread's processor time once in each turn of the event loop. */
class Turns {
  longestMs = 0
  #isStopped = false

  constructor() {
    this.#tick(process.threadCpuUsage())
  }

  stop(): void {
    this.#isStopped = true
  }

  #tick(before: NodeJS.CpuUsage): void {
    setImmediate(() => {
      const now = process.threadCpuUsage()
      const used = now.user + now.system - before.user - before.system
      this.longestMs = Math.max(this.longestMs, used / 1_000)
      if (!this.#isStopped) this.#tick(now)
    })
  }
}

const RESOLUTION_MS = 1
const { values: options } = parseArgs({
  options: {
    megabytes: { type: 'string', default: '200' },
    json: { type: 'boolean', default: false },
  },
})
preloadCrc32c()

const results: Result[] = []
for (const [name, records, bytes, keys, compression] of [
  ['100 bytes, 500 a batch, 1 in 10 stays', 500, 100, 0.1, 'none'],
  ['100 bytes, 500 a batch, all stay', 500, 100, 1, 'none'],
  ['100 bytes, 1 a batch, 1 in 10 stays', 1, 100, 0.1, 'none'],
  ['1 KB, 900 a batch of 1 MB, 1 in 2 stays', 900, 1_024, 0.5, 'none'],
  ['100 bytes, 500 a batch, zstd', 500, 100, 0.1, 'zstd'],
  ['100 bytes, 500 a batch, gzip', 500, 100, 0.1, 'gzip'],
  ['100 bytes, 9,000 a batch, lz4', 9_000, 100, 0.1, 'lz4'],
] as const) {
  results.push(await compaction(name, records, bytes, keys, compression))
}
if (options.json) console.log(JSON.stringify(results, null, 2))
else console.table(results)

async function compaction(
  name: string,
  recordsPerBatch: number,
  valueBytes: number,
  distinct: number,
  compression: CompressionCodec,
): Promise<Result> {
  const root = mkdtempSync(join(tmpdir(), 'ottla-bench-'))
  const manager = await LogManager.open({
    disk: new NodeDisk(),
    clock: new NodeClock(),
    random: new NodeRandom(),
    logger: silentLogger,
    directories: [root],
    nodeId: 1,
    cleaner: { backoffMs: 1e9 },
  })
  try {
    const log = await manager.getOrCreate({
      topic: 'orders',
      partition: 0,
      topicId: 'QNu9Al2AT8SKGqlhkudOHQ',
      config: {
        ...defaultLogConfig,
        cleanupPolicy: ['compact'],
        minCleanableDirtyRatio: 0,
        segmentBytes: 64 * 1024 * 1024,
      },
    })
    const records = Math.floor((Number(options.megabytes) * 1_048_576) / (valueBytes + 20))
    const value = Buffer.alloc(valueBytes, 'x')
    const timestamp = Date.now()
    for (let written = 0; written < records; written += recordsPerBatch) {
      const batch = encodeBatch({
        compression,
        records: Array.from({ length: recordsPerBatch }, (_, index) => ({
          timestamp,
          // Every key as often as all others, in an order of no use.
          key: Buffer.from(String(((written + index) * 7_919) % Math.ceil(records * distinct))),
          value,
        })),
      })
      log.appendAsLeader(batch, { leaderEpoch: 0, origin: 'client' })
    }
    log.roll()
    log.highWatermark = log.logEndOffset
    await log.flush()
    const sizeBytes = log.sizeBytes
    const stalls = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
    stalls.enable()
    const turns = new Turns()
    const cpu = process.cpuUsage()
    const start = performance.now()
    await manager.cleaner.cleanNow()
    const seconds = (performance.now() - start) / 1_000
    const { user, system } = process.cpuUsage(cpu)
    stalls.disable()
    turns.stop()
    // The histogram holds the times between two ticks of a timer: one is its resolution.
    const stallMs = (nanoseconds: number): number => round(nanoseconds / 1e6 - RESOLUTION_MS)
    return {
      name,
      megabytes: round(sizeBytes / 1_048_576),
      seconds: round(seconds),
      megabytesPerSecond: Math.round(sizeBytes / 1_048_576 / seconds),
      recordsPerSecond: Math.round(records / seconds),
      writtenPercent: manager.cleaner.status.recopyPercent,
      cpuSeconds: round((user + system) / 1e6),
      longestStallMs: stallMs(stalls.max),
      p999StallMs: stallMs(stalls.percentile(99.9)),
      longestTurnCpuMs: round(turns.longestMs),
    }
  } finally {
    await manager.close()
    rmSync(root, { recursive: true, force: true })
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
