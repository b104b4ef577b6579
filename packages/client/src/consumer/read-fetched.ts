import type { PartitionData } from '@ottla/protocol/messages/fetch'
import {
  batchSizeBytes,
  checkBatch,
  controlRecordType,
  decodeBatch,
  isControlBatch,
  isTransactional,
  lastOffset,
  producerId,
  wholeBatchSize,
} from '@ottla/records'
import type { ConsumerRecord, TopicPartition } from './consumer-record.ts'

export interface ReadFetched {
  readonly records: readonly ConsumerRecord[]
  /** Where to fetch from next: behind everything that came, whether it holds records or not. */
  readonly nextOffset: number
}

/**
 * The records of a fetch answer from `position` on. A batch holds records before it when the position
 * lies in its middle; the last batch may be cut off, which is no error.
 *
 * @param isReadCommitted Leaves out the records of aborted transactions (KIP-98).
 * @throws {KafkaError} CORRUPT_MESSAGE for a batch whose CRC is wrong.
 */
export function readFetched(
  { topic, partition }: TopicPartition,
  answer: Pick<PartitionData, 'records' | 'abortedTransactions'>,
  position: number,
  isReadCommitted: boolean,
): ReadFetched {
  const bytes = answer.records ?? Buffer.alloc(0)
  const aborted = new AbortedTransactions(isReadCommitted ? (answer.abortedTransactions ?? []) : [])
  const records: ConsumerRecord[] = []
  let nextOffset = position
  let at = 0
  while (wholeBatchSize(bytes, at, bytes.length) > 0) {
    checkBatch(bytes, at, bytes.length)
    const batchEnd = lastOffset(bytes, at) + 1
    if (batchEnd > position && !aborted.holds(bytes, at)) {
      const batch = decodeBatch(bytes, at)
      for (const { offset, timestamp, key, value, headers } of batch.records) {
        if (offset < position) continue
        const { timestampType } = batch
        records.push({ topic, partition, offset, timestamp, timestampType, key, value, headers })
      }
    }
    nextOffset = Math.max(nextOffset, batchEnd)
    at += batchSizeBytes(bytes, at)
  }
  return { records, nextOffset }
}

/** Which producers' transactions are aborted at the batch that is being looked at. */
class AbortedTransactions {
  /** By first offset, those that have not begun yet. */
  readonly #upcoming: { readonly producerId: number; readonly firstOffset: number }[]
  readonly #open = new Set<number>()

  constructor(
    aborted: readonly {
      readonly producerId: number | bigint
      readonly firstOffset: number | bigint
    }[],
  ) {
    this.#upcoming = aborted
      .map((one) => ({ producerId: Number(one.producerId), firstOffset: Number(one.firstOffset) }))
      .sort((one, other) => one.firstOffset - other.firstOffset)
  }

  /** Whether a batch is not for readers: a marker, or part of an aborted transaction. */
  holds(bytes: Buffer, at: number): boolean {
    while ((this.#upcoming[0]?.firstOffset ?? Infinity) <= lastOffset(bytes, at)) {
      const begun = this.#upcoming.shift()
      if (begun !== undefined) this.#open.add(begun.producerId)
    }
    if (isControlBatch(bytes, at)) {
      const marker = decodeBatch(bytes, at).records[0]
      const isAbort = marker !== undefined && controlRecordType(marker.key) === 'ABORT'
      if (isAbort) this.#open.delete(producerId(bytes, at))
      return true
    }
    return isTransactional(bytes, at) && this.#open.has(producerId(bytes, at))
  }
}
