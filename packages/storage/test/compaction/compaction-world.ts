import { decodeBatch, checkBatch } from '@ottla/records'
import type { Record } from '@ottla/records'
import { silentLogger } from '@ottla/runtime'
import type { Logger } from '@ottla/runtime'
import type { LogCleanerSettings } from '../../src/compaction/log-cleaner.ts'
import { defaultLogConfig } from '../../src/log-config.ts'
import type { LogConfig } from '../../src/log-config.ts'
import type { Log } from '../../src/log.ts'
import { LogManager } from '../../src/log-manager.ts'
import { append, batchOf, readAll } from '../world.ts'
import type { World } from '../world.ts'

export const topicId = 'QNu9Al2AT8SKGqlhkudOHQ'

/** Settings under which every closed segment is compacted as soon as anybody looks. */
export const compacted: LogConfig = {
  ...defaultLogConfig,
  cleanupPolicy: ['compact'],
  minCleanableDirtyRatio: 0,
  messageTimestampAfterMaxMs: Infinity,
  indexIntervalBytes: 200,
  fileDeleteDelayMs: 1,
}

export async function openManager(
  world: Pick<World, 'clock' | 'disk' | 'random'>,
  cleaner: LogCleanerSettings = {},
  logger: Logger = silentLogger,
  root: string = '/data',
): Promise<LogManager> {
  const { clock, disk, random } = world
  return await LogManager.open({
    clock,
    disk,
    random,
    logger,
    directories: [root],
    nodeId: 1,
    producerIdExpirationMs: Infinity,
    // Tests say when.
    cleaner: { backoffMs: 1e9, ...cleaner },
  })
}

export async function ordersOf(manager: LogManager, config: Partial<LogConfig> = {}): Promise<Log> {
  return await manager.getOrCreate({
    topic: 'orders',
    partition: 0,
    topicId,
    config: { ...compacted, ...config },
  })
}

/** Appends one batch of `key=value` records; `key=` alone is a tombstone. */
export function put(log: Log, ...records: readonly string[]): void {
  append(log, keyed(...records))
}

export function keyed(...records: readonly string[]): Buffer {
  return batchOf(records.map((record) => recordOf(record)))
}

export function recordOf(text: string, timestamp: number = 1_000) {
  const [key, value] = text.split('=')
  return {
    timestamp,
    key: Buffer.from(key ?? ''),
    value: value === undefined || value === '' ? null : Buffer.from(value),
  }
}

/** Everything so far may be compacted: it is replicated, and a new segment has begun. */
export function settle(log: Log): void {
  log.highWatermark = log.logEndOffset
  log.roll()
}

export async function recordsIn(log: Log, from: number = log.logStartOffset): Promise<Record[]> {
  const bytes = await readAll(log, from)
  const records: Record[] = []
  for (let at = 0; at < bytes.length; at += checkBatch(bytes, at, bytes.length)) {
    records.push(...decodeBatch(bytes, at).records)
  }
  return records
}

/** `offset:key=value` of all records, in order. */
export async function contentOf(log: Log): Promise<string[]> {
  const records = await recordsIn(log)
  return records.map(({ offset, key, value }) => `${offset}:${String(key)}=${String(value ?? '')}`)
}
