import { type KafkaError, throwIfError } from '@ottla/protocol'
import { electionType } from '@ottla/protocol/enums'
import { DescribeClusterApi } from '@ottla/protocol/messages/describe-cluster'
import { ElectLeadersApi } from '@ottla/protocol/messages/elect-leaders'
import { ListPartitionReassignmentsApi } from '@ottla/protocol/messages/list-partition-reassignments'
import { UnregisterBrokerApi } from '@ottla/protocol/messages/unregister-broker'
import type { CallOptions, Cluster } from '../cluster/cluster.ts'
import type { TopicPartition } from '../consumer/consumer-record.ts'
import {
  byPartition,
  byTopic,
  errorOf,
  type PartitionOutcome,
  retryWhenNotController,
} from './outcome.ts'

export interface DescribedBroker {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
  /** Whether it is registered but out of reach. Brokers before 4.0 name no such ones. */
  readonly isFenced: boolean
}

export interface DescribedCluster {
  readonly clusterId: string
  /** Who takes requests for the controller; -1: unknown. */
  readonly controllerId: number
  readonly brokers: readonly DescribedBroker[]
}

export interface Reassignment extends TopicPartition {
  /** All there are until it is done, those that are added and removed among them. */
  readonly replicas: readonly number[]
  readonly adding: readonly number[]
  readonly removing: readonly number[]
}

/** The cluster and its brokers, the fenced ones too (KIP-700, KIP-1073). */
export async function describeCluster(
  cluster: Cluster,
  options: CallOptions = {},
): Promise<DescribedCluster> {
  return cluster.call(async () => {
    const response = await cluster.send(
      'any',
      DescribeClusterApi,
      (version) => ({
        includeClusterAuthorizedOperations: false,
        ...(version >= 2 && { includeFencedBrokers: true }),
      }),
      { signal: options.signal },
    )
    throwIfError(response.errorCode, response.errorMessage)
    const brokers = response.brokers.map(({ brokerId, host, port, rack, isFenced }) => ({
      nodeId: brokerId,
      host,
      port,
      rack,
      isFenced,
    }))
    const { clusterId, controllerId } = response
    return { clusterId, controllerId, brokers: brokers.sort((a, b) => a.nodeId - b.nodeId) }
  }, options)
}

/** Takes a broker that has stopped for good out of the cluster (KIP-631). */
export async function unregisterBroker(
  cluster: Cluster,
  brokerId: number,
  options: CallOptions = {},
): Promise<KafkaError | null> {
  return cluster.call(async () => {
    const body = { brokerId }
    const { signal } = options
    const response = await cluster.send('controller', UnregisterBrokerApi, () => body, { signal })
    retryWhenNotController([response.errorCode])
    cluster.forgetMetadata()
    return errorOf(response.errorCode, response.errorMessage)
  }, options)
}

/**
 * Elects leaders of some partitions or, null, of all (KIP-460): the preferred replicas, or any at all
 * where none in sync is alive. That the right one leads already is ELECTION_NOT_NEEDED; of all
 * partitions those are left out.
 */
export async function electLeaders(
  cluster: Cluster,
  type: 'PREFERRED' | 'UNCLEAN',
  partitions: readonly TopicPartition[] | null,
  options: CallOptions = {},
): Promise<readonly PartitionOutcome[]> {
  const { requestTimeoutMs: timeoutMs } = cluster.options
  return cluster.call(async () => {
    const response = await cluster.send(
      'controller',
      ElectLeadersApi,
      (version) => ({
        ...(version >= 1 && { electionType: electionType[type] }),
        topicPartitions:
          partitions === null
            ? null
            : byTopic(partitions).map(({ topic, entries }) => ({
                topic,
                partitions: entries.map(({ partition }) => partition),
              })),
        timeoutMs,
      }),
      { signal: options.signal },
    )
    throwIfError(response.errorCode)
    cluster.forgetMetadata()
    return response.replicaElectionResults
      .flatMap(({ topic, partitionResult }) =>
        partitionResult.map(({ partitionId, errorCode, errorMessage }) => ({
          topic,
          partition: partitionId,
          error: errorOf(errorCode, errorMessage),
        })),
      )
      .sort(byPartition)
  }, options)
}

/** Partitions whose replicas are on their way to other brokers now (KIP-455). */
export async function listReassignments(
  cluster: Cluster,
  options: CallOptions = {},
): Promise<readonly Reassignment[]> {
  const { requestTimeoutMs: timeoutMs } = cluster.options
  return cluster.call(async () => {
    const body = { timeoutMs, topics: null }
    const { signal } = options
    const response = await cluster.send('controller', ListPartitionReassignmentsApi, () => body, {
      signal,
    })
    throwIfError(response.errorCode, response.errorMessage)
    return response.topics
      .flatMap(({ name, partitions }) =>
        partitions.map(({ partitionIndex, replicas, addingReplicas, removingReplicas }) => ({
          topic: name,
          partition: partitionIndex,
          replicas,
          adding: addingReplicas,
          removing: removingReplicas,
        })),
      )
      .sort(byPartition)
  }, options)
}
