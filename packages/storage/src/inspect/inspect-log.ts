import type { Disk, DiskFile } from '@ottla/runtime'
import { describeBatch } from './describe-batch.ts'
import type { BatchEntry, Finding, InspectedEntry } from './entry.ts'
import { CUT_AFTER_CRASH, note, problem } from './entry.ts'
import { withOpenFile } from './with-open-file.ts'
import type { WalkFault } from './walk-batches.ts'
import { walkBatches } from './walk-batches.ts'

export interface LogInspection {
  /** Decode records too, and check that they do. Default false. */
  readonly records?: boolean
  /** Start at this byte, where a batch must begin. Default 0. */
  readonly from?: number
}

/** A segment holds offsets up to this far from its base: an index entry has an int32 for it. */
const OFFSET_SPAN = 0x7fff_ffff

/** The batches of a `.log` file, and of a metadata snapshot, which has the same form. */
export async function* inspectLog(
  disk: Disk,
  path: string,
  fileBaseOffset: number,
  { records = false, from = 0 }: LogInspection,
): AsyncGenerator<InspectedEntry> {
  yield* withOpenFile(disk, path, async function* (file) {
    const sizeBytes = file.sizeBytes()
    let expected = fileBaseOffset
    const batches = walkBatches(file, from, sizeBytes)
    for (;;) {
      const next = await batches.next()
      if (next.done === true) {
        if (next.value !== null) yield await endFinding(file, path, sizeBytes, next.value)
        return
      }
      const { entry, faults } = describeBatch(next.value, records)
      yield entry
      for (const fault of faults) yield problem(path, entry.position, fault, cut(entry, sizeBytes))
      const misplaced = misplacedOffsets(entry, expected, fileBaseOffset)
      if (misplaced !== null) yield problem(path, entry.position, misplaced, cut(entry, sizeBytes))
      expected = Math.max(expected, entry.lastOffset + 1)
      if (entry.records !== null) {
        const fault = recordsFault(entry)
        if (fault !== null) yield problem(path, entry.position, fault, KEPT_AS_IT_IS)
      }
    }
  })
}

const KEPT_AS_IT_IS = 'recovery checks batches and not their records: it keeps the batch'

function misplacedOffsets(
  entry: BatchEntry,
  expected: number,
  fileBaseOffset: number,
): string | null {
  const { baseOffset, lastOffset } = entry
  const range = `offsets ${baseOffset} to ${lastOffset}`
  if (lastOffset < baseOffset) return `${range}: the last is before the first`
  if (baseOffset < expected) return `${range} where ${expected} or later is expected`
  if (lastOffset - fileBaseOffset <= OFFSET_SPAN) return null
  return `${range} are more than 2^31 - 1 after the file's first, ${fileBaseOffset}`
}

function recordsFault({ records, recordCount, baseOffset, lastOffset }: BatchEntry): string | null {
  let expected = baseOffset
  for (const { offset } of records ?? []) {
    if (offset < expected || offset > lastOffset) {
      return `a record has offset ${offset} where ${expected} to ${lastOffset} is expected`
    }
    expected = offset + 1
  }
  if (recordCount === null || records?.length === recordCount) return null
  return `the header says ${recordCount} records; there are ${records?.length ?? 0}`
}

function cut({ position, baseOffset }: BatchEntry, sizeBytes: number): string {
  return `${CUT_AFTER_CRASH}: ${sizeBytes - position} bytes go, and offset ${baseOffset} and later with them`
}

async function endFinding(
  file: DiskFile,
  path: string,
  sizeBytes: number,
  { position, fault }: WalkFault,
): Promise<Finding> {
  const left = sizeBytes - position
  const then = `${CUT_AFTER_CRASH}: ${left} bytes go`
  if (!(await isZero(file, position, sizeBytes))) return problem(path, position, fault, then)
  return note(
    path,
    position,
    `${left} zero bytes to the end of the file: preallocated, or never written before a crash`,
    then,
  )
}

const CHUNK_BYTES = 1024 * 1024

async function isZero(file: DiskFile, from: number, to: number): Promise<boolean> {
  const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, to - from))
  for (let at = from; at < to;) {
    const filled = await file.readAsync(chunk.subarray(0, Math.min(chunk.length, to - at)), at)
    if (filled === 0) break
    for (let index = 0; index < filled; index++) if (chunk[index] !== 0) return false
    at += filled
  }
  return true
}
