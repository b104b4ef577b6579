import { type KafkaError, throwIfError } from '@ottla/protocol'
import { AlterReplicaLogDirsApi } from '@ottla/protocol/messages/alter-replica-log-dirs'
import { DescribeLogDirsApi } from '@ottla/protocol/messages/describe-log-dirs'
import type { CallOptions, Cluster } from '../cluster/cluster.ts'
import type { TopicPartition } from '../consumer/consumer-record.ts'
import { byPartition, byTopic, errorOf, type PartitionOutcome } from './outcome.ts'

export interface LogDirReplica extends TopicPartition {
  readonly sizeBytes: number
  /** Records behind the log end, or, of a future replica, behind the one that it will replace. */
  readonly offsetLag: number
  /** Whether it is a copy that will take the other's place once it has caught up (KIP-113). */
  readonly isFuture: boolean
}

export interface LogDir {
  readonly brokerId: number
  readonly path: string
  /** KAFKA_STORAGE_ERROR: it is offline, and what is in it is not known. */
  readonly error: KafkaError | null
  /** Of the file system; null from brokers before 3.3. */
  readonly totalBytes: number | null
  readonly usableBytes: number | null
  readonly replicas: readonly LogDirReplica[]
}

/** The data directories of some brokers, with the replicas of some partitions or, null, of all. */
export async function describeLogDirs(
  cluster: Cluster,
  brokerIds: readonly number[],
  partitions: readonly TopicPartition[] | null,
  options: CallOptions = {},
): Promise<readonly LogDir[]> {
  const dirs = await Promise.all(
    brokerIds.map((brokerId) =>
      cluster.call(() => logDirsOf(cluster, brokerId, partitions, options), options),
    ),
  )
  return dirs.flat()
}

async function logDirsOf(
  cluster: Cluster,
  brokerId: number,
  partitions: readonly TopicPartition[] | null,
  { signal }: CallOptions,
): Promise<readonly LogDir[]> {
  const topics =
    partitions === null
      ? null
      : byTopic(partitions).map(({ topic, entries }) => ({
          topic,
          partitions: entries.map(({ partition }) => partition),
        }))
  const response = await cluster.send(brokerId, DescribeLogDirsApi, () => ({ topics }), { signal })
  throwIfError(response.errorCode)
  return response.results.map((dir) => ({
    brokerId,
    path: dir.logDir,
    error: errorOf(dir.errorCode),
    totalBytes: sizeOrNull(dir.totalBytes),
    usableBytes: sizeOrNull(dir.usableBytes),
    replicas: dir.topics
      .flatMap(({ name, partitions: of }) =>
        of.map((replica) => ({
          topic: name,
          partition: replica.partitionIndex,
          sizeBytes: Number(replica.partitionSize),
          offsetLag: Number(replica.offsetLag),
          isFuture: replica.isFutureKey,
        })),
      )
      .sort(byPartition),
  }))
}

function sizeOrNull(bytes: number | bigint): number | null {
  return bytes < 0 ? null : Number(bytes)
}

/**
 * Moves replicas of one broker to one of its data directories (KIP-113): they are copied while they are
 * used, and the answer does not wait for it.
 */
export async function moveReplicas(
  cluster: Cluster,
  brokerId: number,
  path: string,
  partitions: readonly TopicPartition[],
  options: CallOptions = {},
): Promise<readonly PartitionOutcome[]> {
  return cluster.call(async () => {
    const topics = byTopic(partitions).map(({ topic, entries }) => ({
      name: topic,
      partitions: entries.map(({ partition }) => partition),
    }))
    const body = { dirs: [{ path, topics }] }
    const { signal } = options
    const response = await cluster.send(brokerId, AlterReplicaLogDirsApi, () => body, { signal })
    return response.results
      .flatMap(({ topicName, partitions: of }) =>
        of.map(({ partitionIndex, errorCode }) => ({
          topic: topicName,
          partition: partitionIndex,
          error: errorOf(errorCode),
        })),
      )
      .sort(byPartition)
  }, options)
}
