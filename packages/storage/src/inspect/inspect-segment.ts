import type { Disk } from '@ottla/runtime'
import { OFFSET_ENTRY_BYTES } from '../offset-index.ts'
import {
  INDEX_SUFFIX,
  LOG_SUFFIX,
  TIME_INDEX_SUFFIX,
  TXN_INDEX_SUFFIX,
  offsetFileName,
} from '../paths.ts'
import { TIME_ENTRY_BYTES } from '../time-index.ts'
import type { Finding } from './entry.ts'
import { problem } from './entry.ts'
import { inspectOffsetIndex, inspectTimeIndex, inspectTransactionIndex } from './inspect-indexes.ts'
import { inspectLog } from './inspect-log.ts'
import { openSegmentLog } from './segment-log.ts'

export interface SegmentReport {
  readonly baseOffset: number
  readonly sizeBytes: number
  /** The offset after its last good batch. */
  readonly nextOffset: number
  /** Where the first bad batch begins; null when there is none. */
  readonly firstBadByte: number | null
  /** Where no batch follows though the file goes on; null when batches fill it, or it was not read. */
  readonly endOfBatches: number | null
  readonly findings: readonly Finding[]
}

/** How many entries of an index are held against the log when it is only sampled. */
const SAMPLED_ENTRIES = 16

/**
 * A segment's files, held against each other.
 *
 * @param isWhole every batch and every index entry; otherwise the first batch, what comes after the
 *   last index entry, and some entries
 */
export async function inspectSegment(
  disk: Disk,
  directory: string,
  baseOffset: number,
  isWhole: boolean,
): Promise<SegmentReport> {
  const path = (suffix: string): string => `${directory}/${offsetFileName(baseOffset, suffix)}`
  const sizeOf = (suffix: string): number | null => disk.stat(path(suffix))?.sizeBytes ?? null
  const findings: Finding[] = []
  const sizeBytes = sizeOf(LOG_SUFFIX) ?? 0
  const indexBytes = sizeOf(INDEX_SUFFIX)
  const timeIndexBytes = sizeOf(TIME_INDEX_SUFFIX)
  for (const [suffix, bytes] of [
    [INDEX_SUFFIX, indexBytes],
    [TIME_INDEX_SUFFIX, timeIndexBytes],
  ] as const) {
    if (bytes !== null || sizeBytes === 0) continue
    findings.push(problem(path(suffix), null, 'it is missing', 'it is built anew from the log'))
  }
  const every = (bytes: number, entryBytes: number): number =>
    isWhole ? 1 : Math.max(1, Math.floor(bytes / entryBytes / SAMPLED_ENTRIES))
  if (indexBytes !== null) {
    const compareEvery = every(indexBytes, OFFSET_ENTRY_BYTES)
    const entries = inspectOffsetIndex(disk, path(INDEX_SUFFIX), baseOffset, { compareEvery })
    for await (const entry of entries) if (entry.type === 'finding') findings.push(entry)
  }
  if (timeIndexBytes !== null) {
    const compareEvery = every(timeIndexBytes, TIME_ENTRY_BYTES)
    const entries = inspectTimeIndex(disk, path(TIME_INDEX_SUFFIX), baseOffset, { compareEvery })
    for await (const entry of entries) if (entry.type === 'finding') findings.push(entry)
  }
  if (sizeOf(TXN_INDEX_SUFFIX) !== null) {
    const entries = inspectTransactionIndex(disk, path(TXN_INDEX_SUFFIX), baseOffset)
    for await (const entry of entries) if (entry.type === 'finding') findings.push(entry)
  }
  const from = isWhole ? 0 : await lastIndexedPosition(disk, path(INDEX_SUFFIX), baseOffset)
  let nextOffset = baseOffset
  let firstBadByte: number | null = null
  let end = from
  for await (const entry of inspectLog(disk, path(LOG_SUFFIX), baseOffset, { from })) {
    if (entry.type === 'batch' && firstBadByte === null && entry.isValid)
      nextOffset = entry.lastOffset + 1
    if (entry.type === 'batch') end = entry.position + entry.sizeBytes
    if (entry.type !== 'finding') continue
    findings.push(entry)
    firstBadByte ??= entry.position
  }
  const endOfBatches = end < sizeBytes ? end : null
  return { baseOffset, sizeBytes, nextOffset, firstBadByte, endOfBatches, findings }
}

/** Where the last batch that the index names begins; 0 when it cannot be believed. */
async function lastIndexedPosition(
  disk: Disk,
  indexPath: string,
  baseOffset: number,
): Promise<number> {
  const sizeBytes = disk.stat(indexPath)?.sizeBytes ?? 0
  const count = Math.floor(sizeBytes / OFFSET_ENTRY_BYTES)
  if (count === 0) return 0
  using log = openSegmentLog(disk, indexPath)
  if (log === null) return 0
  const { offset, position } = log.lastEntry()
  const fault = await log.indexedBatchFault(baseOffset + offset, position)
  return fault === null ? position : 0
}
