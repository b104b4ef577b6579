import type { RecordRules } from './check-records.ts'
import { baseTimestamp, recordCount, timestampType } from './batch-header.ts'
import { RecordCursor } from './record-cursor.ts'
import { readRecord } from './record.ts'
import type { RecordError } from './record-validation-error.ts'
import { RECORD_ERRORS_MAX, RecordValidationError } from './record-validation-error.ts'

/**
 * Names the records of a batch that break a rule. Called only when `checkRecords` has counted some: a
 * second walk, which may allocate.
 *
 * @param plain the batch's records, decompressed
 */
export function recordValidationError(
  plain: Buffer,
  batch: Buffer,
  recordRules: RecordRules,
  { where, timestampType: topicType }: TopicRules,
): RecordValidationError {
  const errors: RecordError[] = []
  let faultCount = 0
  let hasTimeFault = false
  const claimsAppendTime =
    topicType === 'LogAppendTime' && timestampType(batch, 0) === 'LogAppendTime'
  const cursor = new RecordCursor(plain, 0, plain.length)
  for (let batchIndex = 0; batchIndex < recordCount(batch, 0); batchIndex++) {
    const record = readRecord(cursor, 0, baseTimestamp(batch, 0), null)
    const keyFault = keyFaultOf(record.key, recordRules, where)
    const fault = keyFault ?? timeFaultOf(record.timestamp, recordRules, claimsAppendTime)
    if (fault === null) continue
    faultCount++
    if (keyFault === null) hasTimeFault = true
    if (errors.length < RECORD_ERRORS_MAX) errors.push({ batchIndex, message: fault })
  }
  const first = errors[0]!
  const summary =
    `${faultCount} of ${recordCount(batch, 0)} records for ${where} were refused, and so all of the batch; ` +
    `the first was record ${first.batchIndex}: ${first.message}`
  return new RecordValidationError(
    hasTimeFault ? 'INVALID_TIMESTAMP' : 'INVALID_RECORD',
    summary,
    errors,
  )
}

interface TopicRules {
  readonly where: string
  readonly timestampType: 'CreateTime' | 'LogAppendTime'
}

function keyFaultOf(key: Buffer | null, rules: RecordRules, where: string): string | null {
  if (!rules.isKeyRequired || key !== null) return null
  return `it has no key, and ${where} is compacted, which needs one in every record`
}

function timeFaultOf(
  timestamp: number,
  { timestampMin, timestampMax }: RecordRules,
  claimsAppendTime: boolean,
): string | null {
  if (claimsAppendTime) {
    return 'its timestamp type is LogAppendTime, which only the broker sets'
  }
  if (timestamp === -1 || (timestamp >= timestampMin && timestamp <= timestampMax)) return null
  return `its timestamp ${timestamp} is out of range, which is [${timestampMin}, ${timestampMax}]`
}
