/**
 * What a partition's log does by itself, without network: appends of 56 KB and of 1 KB batches, reads of
 * its tail in memory and of its files.
 *
 *   node --conditions=ottla-src bench/storage.ts [--json]
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { computeCrc, encodeBatch, preloadCrc32c, setBaseOffset } from '@ottla/records'
import { silentLogger } from '@ottla/runtime'
import { NodeClock, NodeDisk, NodeRandom } from '@ottla/runtime/node'
import { createStorageResources, defaultLogConfig, Log } from '@ottla/storage'

interface Result {
  readonly name: string
  readonly megabytes: number
  readonly seconds: number
  readonly megabytesPerSecond: number
  readonly callsPerSecond: number
  readonly cpuSecondsPerGigabyte: number
}

const { values: options } = parseArgs({ options: { json: { type: 'boolean', default: false } } })
const root = mkdtempSync(join(tmpdir(), 'ottla-bench-'))
const resources = createStorageResources({
  disk: new NodeDisk(),
  clock: new NodeClock(),
  random: new NodeRandom(),
  logger: silentLogger,
})
preloadCrc32c()

try {
  const results: Result[] = []
  results.push(await appends('append 56 KB batches', batchOf(500), 1_000))
  results.push(await appends('append 56 KB batches, idempotent', batchOf(500), 1_000, true))
  results.push(await appends('append 1 KB batches', batchOf(9), 100))
  results.push(await appends('append 1 KB batches, idempotent', batchOf(9), 100, true))
  results.push(await reads('read the tail, 1 MB at a time', batchOf(500), 'tail', 1 << 20))
  results.push(await reads('read the tail, 1 KB batches', batchOf(9), 'tail', 1 << 20))
  results.push(await reads('read files, 1 MB at a time', batchOf(500), 'files', 1 << 20))
  results.push(await reads('read files, 1 KB batches', batchOf(9), 'files', 1 << 20))
  if (options.json) console.log(JSON.stringify(results, null, 2))
  else console.table(results)
} finally {
  rmSync(root, { recursive: true, force: true })
}

/** `records` of 100 bytes. */
function batchOf(records: number): Buffer {
  const value = Buffer.alloc(100, 'x')
  const now = Date.now()
  return encodeBatch({
    records: Array.from({ length: records }, () => ({ timestamp: now, key: null, value })),
  })
}

async function openLog(name: string): Promise<Log> {
  return await Log.open({
    resources,
    directory: join(root, `${name.replaceAll(/\W+/g, '-')}-0`),
    topic: 'bench',
    partition: 0,
    config: { ...defaultLogConfig, segmentBytes: 256 * 1024 * 1024 },
  })
}

async function appends(
  name: string,
  template: Buffer,
  perTurn: number,
  isIdempotent = false,
): Promise<Result> {
  const log = await openLog(name)
  const batch = Buffer.from(template)
  const rounds = Math.ceil((512 * 1024 * 1024) / batch.length / perTurn)
  let sequence = 0
  const once = (): void => {
    // As a client sends it: the log has written its offset here.
    setBaseOffset(batch, 0, 0)
    if (isIdempotent) sequence = nextOf(batch, sequence)
    log.appendAsLeader(batch, { leaderEpoch: 0, origin: 'client' })
  }
  for (let index = 0; index < 1_000; index++) once()
  const result = await measured(name, rounds * perTurn, batch.length, async () => {
    for (let round = 0; round < rounds; round++) {
      for (let index = 0; index < perTurn; index++) once()
      await new Promise((turn) => setImmediate(turn))
    }
  })
  await log.close()
  rmSync(log.directory, { recursive: true })
  return result
}

/** Numbers a batch as its producer does; the CRC is part of the price. */
function nextOf(batch: Buffer, sequence: number): number {
  batch.writeInt32BE(0, 43)
  batch.writeInt32BE(7, 47)
  batch.writeInt16BE(0, 51)
  batch.writeInt32BE(sequence, 53)
  batch.writeUInt32BE(computeCrc(batch, 0), 17)
  return sequence + batch.readInt32BE(23) + 1
}

async function reads(
  name: string,
  batch: Buffer,
  from: 'tail' | 'files',
  maxBytes: number,
): Promise<Result> {
  const log = await openLog(name)
  const total = from === 'tail' ? 32 * 1024 * 1024 : 512 * 1024 * 1024
  for (let bytes = 0; bytes < total; bytes += batch.length) {
    setBaseOffset(batch, 0, 0)
    log.appendAsLeader(batch, { leaderEpoch: 0, origin: 'client' })
    // A log that nobody reads keeps no tail.
    const { logEndOffset: offset } = log
    if (from === 'tail') {
      void log.read({ offset, maxBytes, endOffset: offset, minOneBatch: true })
    }
  }
  const source =
    from === 'tail'
      ? log
      : await (async () => {
          await log.close()
          return await openLog(name)
        })()
  const rounds = from === 'tail' ? 64 : 4
  let calls = 0
  let bytes = 0
  const once = async (): Promise<void> => {
    let offset = 0
    while (offset < source.logEndOffset) {
      const reading = source.read({ offset, maxBytes, endOffset: Infinity, minOneBatch: true })
      const slice = reading instanceof Promise ? await reading : reading
      offset = slice.nextOffset
      bytes += slice.sizeBytes
      calls++
      slice.release()
    }
  }
  await once()
  calls = 0
  bytes = 0
  const result = await measured(name, 0, 0, async () => {
    for (let round = 0; round < rounds; round++) await once()
  })
  await source.close()
  rmSync(source.directory, { recursive: true })
  return finish(name, bytes, calls, result.seconds, result.cpuSecondsPerGigabyte)
}

/** With no bytes given, `cpuSecondsPerGigabyte` is plain CPU seconds. */
async function measured(
  name: string,
  calls: number,
  callBytes: number,
  work: () => Promise<void>,
): Promise<Result> {
  const cpu = process.cpuUsage()
  const start = performance.now()
  await work()
  const seconds = (performance.now() - start) / 1_000
  const { user, system } = process.cpuUsage(cpu)
  const cpuSeconds = (user + system) / 1_000_000
  return finish(name, calls * callBytes, calls, seconds, cpuSeconds)
}

function finish(
  name: string,
  bytes: number,
  calls: number,
  seconds: number,
  cpuSeconds: number,
): Result {
  return {
    name,
    megabytes: Math.round(bytes / 1e6),
    seconds: round(seconds, 3),
    megabytesPerSecond: Math.round(bytes / 1e6 / seconds),
    callsPerSecond: Math.round(calls / seconds),
    cpuSecondsPerGigabyte: round(bytes === 0 ? cpuSeconds : cpuSeconds / (bytes / 1e9), 3),
  }
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
