import { DeleteRecordsApi } from '@ottla/protocol/messages/delete-records'
import type { CallOptions, Cluster } from '../cluster/cluster.ts'
import type { TopicPartition } from '../consumer/consumer-record.ts'
import { byPartition, byTopic, errorOf, type PartitionOutcome, retryIfAny } from './outcome.ts'

export interface DeletedRecords extends PartitionOutcome {
  /** The first offset that is left; -1 with an error. */
  readonly lowWatermark: number
}

/**
 * Deletes the records of some partitions that are before an offset; -1 is the high watermark (KIP-107).
 * @throws {KafkaError} LEADER_NOT_AVAILABLE, UNKNOWN_TOPIC_OR_PARTITION.
 */
export async function deleteRecords(
  cluster: Cluster,
  before: readonly (TopicPartition & { readonly offset: number })[],
  options: CallOptions = {},
): Promise<readonly DeletedRecords[]> {
  const { requestTimeoutMs: timeoutMs } = cluster.options
  return cluster.call(async () => {
    const byLeader = new Map<number, (TopicPartition & { readonly offset: number })[]>()
    for (const of of before) {
      const { leaderId } = await cluster.partition(of.topic, of.partition)
      byLeader.set(leaderId, [...(byLeader.get(leaderId) ?? []), of])
    }
    const deleted = await Promise.all(
      [...byLeader].map(async ([leaderId, entries]) => {
        const topics = byTopic(entries).map(({ topic, entries: of }) => ({
          name: topic,
          partitions: of.map(({ partition, offset }) => ({ partitionIndex: partition, offset })),
        }))
        const { signal } = options
        const body = { topics, timeoutMs }
        const response = await cluster.send(leaderId, DeleteRecordsApi, () => body, { signal })
        return response.topics.flatMap(({ name, partitions }) =>
          partitions.map(({ partitionIndex, lowWatermark, errorCode }) => ({
            topic: name,
            partition: partitionIndex,
            lowWatermark: Number(lowWatermark),
            error: errorOf(errorCode),
          })),
        )
      }),
    )
    // Asked again, what was deleted already is as it should be.
    retryIfAny(deleted.flat().map(({ error }) => error))
    return deleted.flat().sort(byPartition)
  }, options)
}
