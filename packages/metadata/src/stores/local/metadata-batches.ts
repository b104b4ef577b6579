import { KafkaError } from '@ottla/protocol'
import { checkBatch, decodeBatch, encodeBatch } from '@ottla/records'
import type { StoredBatch } from '../metadata-store.ts'

/** A batch of metadata records as Kafka writes it: no keys, no compression, no producer. */
export function encodeMetadataBatch(
  records: readonly Buffer[],
  place: {
    readonly baseOffset: number
    readonly partitionLeaderEpoch: number
    readonly timestampMs: number
  },
): Buffer {
  return encodeBatch({
    baseOffset: place.baseOffset,
    partitionLeaderEpoch: place.partitionLeaderEpoch,
    records: records.map((value) => ({ timestamp: place.timestampMs, key: null, value })),
  })
}

/**
 * Reads batches of the metadata log; records are views of `bytes`. Control batches come without records.
 * @throws {KafkaError} CORRUPT_MESSAGE, INVALID_RECORD.
 */
export function decodeMetadataBatches(bytes: Buffer): StoredBatch[] {
  const batches: StoredBatch[] = []
  for (let at = 0; at < bytes.length;) {
    const sizeBytes = checkBatch(bytes, at, bytes.length)
    const batch = decodeBatch(bytes, at)
    const { baseOffset, lastOffset } = batch
    if (!batch.isControl && batch.records.length !== lastOffset - baseOffset + 1) {
      throw new KafkaError(
        'INVALID_RECORD',
        `The metadata batch at offset ${baseOffset} has ${batch.records.length} records up to ` +
          `offset ${lastOffset}: a metadata log has no gaps`,
      )
    }
    batches.push({
      baseOffset,
      lastOffset,
      epoch: batch.partitionLeaderEpoch,
      timestampMs: batch.maxTimestamp,
      sizeBytes,
      records: batch.isControl ? [] : batch.records.map(({ value }) => value ?? NO_VALUE),
    })
    at += sizeBytes
  }
  return batches
}

const NO_VALUE = Buffer.alloc(0)
