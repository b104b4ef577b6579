import * as batch from '@ottla/records'
import { RecordWalk, decodeBatch, recordBytes } from '@ottla/records'
import type { Segment } from '../segment.ts'
import { BatchChunks } from './batch-chunks.ts'
import type { Cleanable } from './cleanable.ts'
import type { CleaningFigures } from './cleaning-figures.ts'
import { DecidedTransactions } from './decided-transactions.ts'
import type { OffsetMap } from './offset-map.ts'
import type { Pace } from './pace.ts'

export interface MapKeysOptions {
  readonly cleanable: Cleanable
  readonly map: OffsetMap
  /** How many keys the map takes. */
  readonly keysMax: number
  readonly readBuffer: Buffer
  readonly pace: Pace
  readonly figures: CleaningFigures
}

const RECORDS_PER_LOOK = 32

/**
 * Enters the last offset of each key of a log's dirty part into the map, up to where it gets full: the
 * map's `latestOffset` says how far that is. Aborted records do not count.
 */
export async function mapKeys(options: MapKeysOptions): Promise<void> {
  const { cleanable, map } = options
  const { compactable, firstDirtyOffset, firstUncleanableOffset } = cleanable
  const { log, segments } = compactable
  const transactions = new DecidedTransactions()
  transactions.expect(await log.abortedTransactions(firstDirtyOffset, firstUncleanableOffset))
  map.latestOffset = firstDirtyOffset - 1
  for (const [index, segment] of segments.entries()) {
    const nextOffset = segments[index + 1]?.baseOffset ?? firstUncleanableOffset
    if (segment.baseOffset >= firstUncleanableOffset) return
    if (nextOffset <= firstDirtyOffset) continue
    if (!(await mapSegment(segment, transactions, options))) return
    // Offsets that are not there are covered too.
    map.latestOffset = Math.min(nextOffset, firstUncleanableOffset) - 1
  }
}

/** @returns false when the map got full. */
async function mapSegment(
  segment: Segment,
  transactions: DecidedTransactions,
  options: MapKeysOptions,
): Promise<boolean> {
  const { cleanable, map, pace, figures } = options
  const from = Math.max(cleanable.firstDirtyOffset, segment.baseOffset)
  const position = from === segment.baseOffset ? 0 : await segment.floorPosition(from)
  const chunks = new BatchChunks(segment, position, options.readBuffer)
  for (;;) {
    pace.beginSlice()
    const sizeBytes = await chunks.next()
    if (sizeBytes === 0) return true
    figures.mapBytesRead += sizeBytes
    await pace.pay(sizeBytes)
    for (let at = 0; at < sizeBytes; at += batch.batchSizeBytes(chunks.buffer, at)) {
      if (pace.isOver()) await pace.rest()
      const { buffer } = chunks
      if (batch.isControlBatch(buffer, at)) transactions.onControl(buffer, at, ignore)
      else if (!transactions.onRecords(buffer, at)) {
        if (!(await mapBatch(buffer, at, options))) return false
      }
      const last = batch.lastOffset(buffer, at)
      if (last >= cleanable.firstDirtyOffset) map.latestOffset = last
    }
  }
}

/** @returns false when the map got full. */
async function mapBatch(buffer: Buffer, at: number, options: MapKeysOptions): Promise<boolean> {
  const { cleanable, map, keysMax, pace, figures } = options
  const { firstDirtyOffset } = cleanable
  const sizeBytes = batch.batchSizeBytes(buffer, at)
  if (batch.magic(buffer, at) < batch.MAGIC_V2) {
    for (const { key, offset } of decodeBatch(buffer.subarray(at, at + sizeBytes)).records) {
      figures.mapMessagesRead++
      if (key === null || offset < firstDirtyOffset) continue
      if (map.size >= keysMax) return false
      map.put(key, 0, key.length, offset)
    }
    return true
  }
  const base = batch.baseOffset(buffer, at)
  const bytes = recordBytes(buffer, at, sizeBytes)
  const walk = new RecordWalk(bytes, 0, bytes.length)
  let read = 0
  while (walk.next()) {
    if (++read % RECORDS_PER_LOOK === 0 && pace.isOver()) await pace.rest()
    const offset = base + walk.offsetDelta
    if (walk.keyStart < 0 || offset < firstDirtyOffset) continue
    if (map.size >= keysMax) return false
    map.put(walk.bytes, walk.keyStart, walk.keyEnd, offset)
  }
  figures.mapMessagesRead += read
  return true
}

function ignore(): void {}
