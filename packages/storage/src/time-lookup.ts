import { MAGIC_V2, decodeBatch, lastOffset, magic, maxTimestamp, recordCount } from '@ottla/records'
import type { Record } from '@ottla/records'
import type { SegmentList } from './segment-list.ts'
import type { Segment } from './segment.ts'

/** A record found by its time. */
export interface TimestampedOffset {
  readonly offset: number
  /** Ms since 1970. */
  readonly timestamp: number
  /** Of the record's batch; -1: not known. */
  readonly leaderEpoch: number
}

/** The first record at or after `fromOffset` whose timestamp is `timestamp` or later; null: none. */
export async function findByTimestamp(
  segments: SegmentList,
  timestamp: number,
  fromOffset: number,
): Promise<TimestampedOffset | null> {
  for (const segment of segments.all) {
    if (segment.isDeleted || segment.newestTimestamp.timestamp < timestamp) continue
    const { timeIndex } = segment
    if (!timeIndex.isInMemory()) await timeIndex.entries.load()
    const from = Math.max(timeIndex.lookup(timestamp).offset, fromOffset)
    const found = await firstRecord(
      segment,
      from,
      (batchTimestamp) => batchTimestamp >= timestamp,
      (record) => record.timestamp >= timestamp && record.offset >= fromOffset,
    )
    if (found !== null) return found
  }
  return null
}

/** The first record that has the greatest timestamp of the log; null when no record has any. */
export async function findMaxTimestamp(segments: SegmentList): Promise<TimestampedOffset | null> {
  let newest = segments.first
  for (const segment of segments.all) {
    if (segment.newestTimestamp.timestamp > newest.newestTimestamp.timestamp) newest = segment
  }
  const { timestamp, offset } = newest.newestTimestamp
  if (timestamp < 0) return null
  const found = await firstRecordAt(newest, offset, timestamp)
  return found ?? (await findMaxTimestampOfRecords(segments))
}

/** As above, where compaction has emptied the batch with the greatest timestamp: all batches are looked at. */
async function findMaxTimestampOfRecords(segments: SegmentList): Promise<TimestampedOffset | null> {
  let newest = segments.first
  let newestTimestamp = -1
  let fromOffset = 0
  for (const segment of segments.all) {
    if (segment.newestTimestamp.timestamp <= newestTimestamp) continue
    await segment.scan(0, false, (buffer, at) => {
      const timestamp = maxTimestamp(buffer, at)
      const isEmpty = magic(buffer, at) === MAGIC_V2 && recordCount(buffer, at) === 0
      if (isEmpty || timestamp <= newestTimestamp) return true
      newest = segment
      newestTimestamp = timestamp
      fromOffset = lastOffset(buffer, at)
      return true
    })
  }
  return newestTimestamp < 0 ? null : await firstRecordAt(newest, fromOffset, newestTimestamp)
}

async function firstRecordAt(
  segment: Segment,
  fromOffset: number,
  timestamp: number,
): Promise<TimestampedOffset | null> {
  return await firstRecord(
    segment,
    fromOffset,
    (batchTimestamp) => batchTimestamp === timestamp,
    (record) => record.timestamp === timestamp,
  )
}

/** The first record that fits, of the batches from the one that holds `fromOffset` on. */
async function firstRecord(
  segment: Segment,
  fromOffset: number,
  batchFits: (maxTimestamp: number) => boolean,
  recordFits: (record: Record) => boolean,
): Promise<TimestampedOffset | null> {
  let found: TimestampedOffset | null = null
  await segment.scan(await segment.floorPosition(fromOffset), false, (buffer, at) => {
    if (!batchFits(maxTimestamp(buffer, at))) return true
    const batch = decodeBatch(buffer, at)
    const record = batch.records.find(recordFits)
    if (record === undefined) return true
    found = {
      offset: record.offset,
      timestamp: record.timestamp,
      leaderEpoch: batch.partitionLeaderEpoch,
    }
    return false
  })
  return found
}
