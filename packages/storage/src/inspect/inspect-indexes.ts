import { readInt64 } from '@ottla/records'
import type { Disk, DiskFile } from '@ottla/runtime'
import { OFFSET_ENTRY_BYTES } from '../offset-index.ts'
import { TIME_ENTRY_BYTES } from '../time-index.ts'
import type { Finding, InspectedEntry } from './entry.ts'
import { note, problem, REBUILT_AFTER_CRASH } from './entry.ts'
import { openSegmentLog } from './segment-log.ts'
import { withOpenFile } from './with-open-file.ts'

export interface IndexInspection {
  /** Compare every so manieth entry with the log; default 1, all of them. */
  readonly compareEvery?: number
}

const CHUNK_ENTRIES = 4096

/** The entries of an `.index`, held against the `.log` beside it. */
export async function* inspectOffsetIndex(
  disk: Disk,
  path: string,
  baseOffset: number,
  { compareEvery = 1 }: IndexInspection,
): AsyncGenerator<InspectedEntry> {
  yield* withOpenFile(disk, path, async function* (file) {
    using log = openSegmentLog(disk, path)
    if (log === null) yield noLog(path)
    let before = { offset: baseOffset - 1, position: -1 }
    const entries = entriesOf(file, path, OFFSET_ENTRY_BYTES)
    for await (const entry of entries) {
      if (!('bytes' in entry)) {
        yield entry
        continue
      }
      const offset = baseOffset + entry.bytes.readInt32BE(entry.at)
      const position = entry.bytes.readInt32BE(entry.at + 4)
      yield { type: 'offset-index-entry', offset, position }
      const said = `entry ${entry.number} says offset ${offset} is at ${position}`
      if (offset <= before.offset || position <= before.position) {
        yield problem(
          path,
          entry.position,
          `${said}, after ${before.offset} at ${before.position}: entries ascend`,
          REBUILT_AFTER_CRASH,
        )
      }
      before = { offset, position }
      if (log === null || entry.number % compareEvery !== 0) continue
      const fault = await log.indexedBatchFault(offset, position)
      if (fault !== null)
        yield problem(path, entry.position, `${said}, but ${fault}`, REBUILT_AFTER_CRASH)
    }
  })
}

/** The entries of a `.timeindex`, held against the `.log` and the `.index` beside it. */
export async function* inspectTimeIndex(
  disk: Disk,
  path: string,
  baseOffset: number,
  { compareEvery = 1 }: IndexInspection,
): AsyncGenerator<InspectedEntry> {
  yield* withOpenFile(disk, path, async function* (file) {
    using log = openSegmentLog(disk, path)
    if (log === null) yield noLog(path)
    let before = { timestamp: -1, offset: baseOffset - 1 }
    for await (const entry of entriesOf(file, path, TIME_ENTRY_BYTES)) {
      if (!('bytes' in entry)) {
        yield entry
        continue
      }
      const timestamp = readInt64(entry.bytes, entry.at)
      const offset = baseOffset + entry.bytes.readInt32BE(entry.at + 8)
      yield { type: 'time-index-entry', timestamp, offset }
      const said = `entry ${entry.number} says timestamp ${timestamp} is at offset ${offset}`
      if (timestamp <= before.timestamp || offset < before.offset) {
        yield problem(
          path,
          entry.position,
          `${said}, after ${before.timestamp} at ${before.offset}: entries ascend`,
          REBUILT_AFTER_CRASH,
        )
      }
      before = { timestamp, offset }
      if (log === null || entry.number % compareEvery !== 0) continue
      const fault = await log.timestampFault(offset, timestamp, baseOffset)
      if (fault !== null)
        yield problem(path, entry.position, `${said}, but ${fault}`, REBUILT_AFTER_CRASH)
    }
  })
}

const ABORTED_TXN_BYTES = 34

/** The entries of a `.txnindex`: aborted transactions, as fetches under read_committed are told of them. */
export async function* inspectTransactionIndex(
  disk: Disk,
  path: string,
  baseOffset: number,
): AsyncGenerator<InspectedEntry> {
  yield* withOpenFile(disk, path, async function* (file) {
    let lastOffsetBefore = -1
    for await (const entry of entriesOf(file, path, ABORTED_TXN_BYTES)) {
      if (!('bytes' in entry)) {
        yield entry
        continue
      }
      const { bytes, at } = entry
      const version = bytes.readInt16BE(at)
      const firstOffset = readInt64(bytes, at + 10)
      const lastOffset = readInt64(bytes, at + 18)
      const lastStableOffset = readInt64(bytes, at + 26)
      const producerId = readInt64(bytes, at + 2)
      yield {
        type: 'aborted-transaction',
        version,
        producerId,
        firstOffset,
        lastOffset,
        lastStableOffset,
      }
      const said = `entry ${entry.number} says offsets ${firstOffset} to ${lastOffset} are aborted`
      if (version !== 0) {
        yield problem(
          path,
          entry.position,
          `entry ${entry.number} has version ${version}; 0 is known`,
          REBUILT_AFTER_CRASH,
        )
      } else if (lastOffset < firstOffset || lastOffset < baseOffset) {
        yield problem(
          path,
          entry.position,
          `${said}: a marker is in this segment, after what it ends`,
          REBUILT_AFTER_CRASH,
        )
      } else if (lastOffset <= lastOffsetBefore) {
        yield problem(
          path,
          entry.position,
          `${said}, after ${lastOffsetBefore}: entries ascend`,
          REBUILT_AFTER_CRASH,
        )
      }
      lastOffsetBefore = lastOffset
    }
  })
}

interface RawEntry {
  readonly bytes: Buffer
  readonly at: number
  /** From 0. */
  readonly number: number
  readonly position: number
}

/** The file cut into entries, without the zeros that Kafka fills an index with ahead of its use. */
async function* entriesOf(
  file: DiskFile,
  path: string,
  entryBytes: number,
): AsyncGenerator<RawEntry | Finding> {
  const sizeBytes = file.sizeBytes()
  const count = Math.floor(sizeBytes / entryBytes)
  const used = await usedEntries(file, count, entryBytes)
  const bytes = Buffer.allocUnsafe(CHUNK_ENTRIES * entryBytes)
  for (let number = 0; number < used;) {
    const some = Math.min(CHUNK_ENTRIES, used - number)
    await file.readAsync(bytes.subarray(0, some * entryBytes), number * entryBytes)
    for (let index = 0; index < some; index++, number++) {
      yield { bytes, at: index * entryBytes, number, position: number * entryBytes }
    }
  }
  if (used < count) {
    const what = `${count - used} empty entries to the end: made ahead by a broker that was killed`
    yield note(path, used * entryBytes, what, REBUILT_AFTER_CRASH)
  }
  if (sizeBytes % entryBytes !== 0) {
    const what = `${sizeBytes} bytes are no whole number of entries of ${entryBytes}`
    yield problem(path, count * entryBytes, what, REBUILT_AFTER_CRASH)
  }
}

/** How many entries there are before those that are all zeros. */
async function usedEntries(file: DiskFile, count: number, entryBytes: number): Promise<number> {
  const bytes = Buffer.allocUnsafe(CHUNK_ENTRIES * entryBytes)
  for (let end = count; end > 0;) {
    const start = Math.max(0, end - CHUNK_ENTRIES)
    const size = (end - start) * entryBytes
    await file.readAsync(bytes.subarray(0, size), start * entryBytes)
    for (let at = size - 1; at >= 0; at--) {
      if (bytes[at] !== 0) return start + Math.floor(at / entryBytes) + 1
    }
    end = start
  }
  return 0
}

function noLog(path: string): Finding {
  const what = 'there is no .log of that name beside it: its entries are held against nothing'
  return problem(path, null, what, 'an index without its segment is removed')
}
