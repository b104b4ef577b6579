import type { EndTransactionMarker } from '@ottla/records'
import { controlRecordType, decodeBatch, decodeEndTransactionMarker } from '@ottla/records'

export interface StoredMarker extends EndTransactionMarker {
  readonly timestamp: number
}

/**
 * The transaction marker in a control batch; null when it has none: a batch that compaction emptied, or
 * a control record of another type.
 */
export function endTransactionMarker(buffer: Buffer, at: number): StoredMarker | null {
  const record = decodeBatch(buffer, at).records[0]
  if (record === undefined) return null
  const type = controlRecordType(record.key)
  if (type !== 'ABORT' && type !== 'COMMIT') return null
  return { ...decodeEndTransactionMarker(record), timestamp: record.timestamp }
}
