import { KafkaError } from '@ottla/protocol'
import { RecordCursor } from './record-cursor.ts'

/** What every record of a produced batch must keep to; `-Infinity` and `Infinity` bound nothing. */
export interface RecordRules {
  /** Compaction keeps the last value of each key, so every record needs one. */
  readonly isKeyRequired: boolean
  readonly timestampMin: number
  readonly timestampMax: number
}

/** What `checkRecords` found; one per broker is enough, it is filled anew at each call. */
export interface RecordFindings {
  /** The highest of the records' timestamps, or -1. */
  maxTimestamp: number
  /** Whether offset deltas count 0, 1, 2 … as they must for the batch to be kept as it is. */
  isConsecutive: boolean
  /** How many records break a rule: which and why is for `recordErrors` to say. */
  faultCount: number
}

/**
 * Walks through the records in `buffer[start, end)` and makes sure that a reader can do the same: every
 * length fits, there are `count` records and no bytes after them. Allocates nothing.
 *
 * @throws KafkaError INVALID_RECORD when the records do not decode
 */
export function checkRecords(
  buffer: Buffer,
  start: number,
  end: number,
  count: number,
  baseTimestamp: number,
  rules: RecordRules,
  findings: RecordFindings,
): void {
  const { isKeyRequired, timestampMin, timestampMax } = rules
  const cursor = new RecordCursor(buffer, start, end)
  let maxTimestamp = -1
  let isConsecutive = true
  let faultCount = 0
  for (let index = 0; index < count; index++) {
    const length = cursor.varint()
    const recordEnd = cursor.at + length
    if (length < 0 || recordEnd > end) failLength(index, length, end - cursor.at)
    cursor.skipByte()
    const timestamp = baseTimestamp + cursor.varlong()
    if (cursor.varint() !== index) isConsecutive = false
    const hasKey = cursor.skipNullableBytes()
    cursor.skipNullableBytes()
    const headerCount = cursor.varint()
    if (headerCount !== 0) skipHeaders(cursor, headerCount)
    if (cursor.at !== recordEnd) failLength(index, length, cursor.at - recordEnd + length)

    if (timestamp > maxTimestamp) maxTimestamp = timestamp
    const isInTime = (timestamp >= timestampMin && timestamp <= timestampMax) || timestamp === -1
    if (!isInTime || (isKeyRequired && !hasKey)) faultCount++
  }
  if (cursor.at !== end) {
    throw new KafkaError(
      'INVALID_RECORD',
      `${end - cursor.at} bytes are left after the ${count} records that the batch says it has`,
    )
  }
  findings.maxTimestamp = maxTimestamp
  findings.isConsecutive = isConsecutive
  findings.faultCount = faultCount
}

function skipHeaders(cursor: RecordCursor, count: number): void {
  if (count < 0 || count > cursor.end - cursor.at) {
    throw new KafkaError('INVALID_RECORD', `a record says it has ${count} headers`)
  }
  for (let index = 0; index < count; index++) {
    if (!cursor.skipNullableBytes()) {
      throw new KafkaError('INVALID_RECORD', 'a record has a header without key')
    }
    cursor.skipNullableBytes()
  }
}

function failLength(index: number, length: number, actual: number): never {
  throw new KafkaError(
    'INVALID_RECORD',
    `record ${index} of the batch says its length is ${length}; there are ${actual} bytes`,
  )
}
