import { KafkaError } from '@ottla/protocol'
import { checkBatch, lastOffset, maxTimestamp, baseOffset as baseOffsetOf } from '@ottla/records'

export interface LeaderAppend {
  readonly leaderEpoch: number
  /** Who wrote the batches: a client's are checked in full. */
  readonly origin: 'client' | 'coordinator' | 'admin'
}

export interface AppendResult {
  /** Of the first record, as stored. */
  readonly baseOffset: number
  readonly lastOffset: number
  /** -1 unless the topic has LogAppendTime. Of a duplicate: the stored batch's max timestamp, as in Kafka. */
  readonly logAppendTimeMs: number
  readonly logStartOffset: number
  /** The batch was stored before; nothing was appended. */
  readonly isDuplicate: boolean
  /**
   * Under `flush.messages`: resolves once the append is on the device, and rejects (KAFKA_STORAGE_ERROR)
   * when it cannot be. null: nobody waits for the device.
   */
  readonly durable: Promise<void> | null
}

/** Checks whole replicated batches. @throws KafkaError CORRUPT_MESSAGE, OFFSET_OUT_OF_RANGE */
export function endOfRecords(
  records: Buffer,
  logEndOffset: number,
  name: string,
): { readonly lastOffset: number; readonly maxTimestamp: number } {
  let next = logEndOffset
  let newest = -1
  for (let at = 0; at < records.length;) {
    const size = checkBatch(records, at, records.length)
    const first = baseOffsetOf(records, at)
    if (first < next) {
      throw new KafkaError(
        'OFFSET_OUT_OF_RANGE',
        `${name}: a replicated batch begins at offset ${first}; the next one is ${next}`,
      )
    }
    next = lastOffset(records, at) + 1
    newest = Math.max(newest, maxTimestamp(records, at))
    at += size
  }
  if (next === logEndOffset) {
    throw new KafkaError('INVALID_RECORD', `${name}: there is no record batch to append`)
  }
  return { lastOffset: next - 1, maxTimestamp: newest }
}
