import { KafkaError, throwIfError } from '@ottla/protocol'
import { DescribeQuorumApi } from '@ottla/protocol/messages/describe-quorum'
import type { CallOptions, Cluster } from '../cluster/cluster.ts'

export interface QuorumReplica {
  readonly nodeId: number
  readonly isVoter: boolean
  readonly isLeader: boolean
  readonly logEndOffset: number
  /** Records behind the leader; null while it is not known. */
  readonly lag: number | null
  /** When it last fetched from the leader, in ms since the epoch; -1: unknown, or it is the leader. */
  readonly lastFetchTimestamp: number
  readonly lastCaughtUpTimestamp: number
}

export interface DescribedQuorum {
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly highWatermark: number
  /** Voters first. */
  readonly replicas: readonly QuorumReplica[]
}

/** Who keeps the cluster's metadata (KIP-595). */
export async function describeQuorum(
  cluster: Cluster,
  options: CallOptions = {},
): Promise<DescribedQuorum> {
  return cluster.call(async () => {
    const body = {
      topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }],
    }
    const { signal } = options
    const response = await cluster.send('any', DescribeQuorumApi, () => body, { signal })
    throwIfError(response.errorCode, response.errorMessage)
    const partition = response.topics[0]?.partitions[0]
    if (partition === undefined) {
      throw new KafkaError('UNKNOWN_SERVER_ERROR', 'a DescribeQuorum answer without the partition')
    }
    throwIfError(partition.errorCode, partition.errorMessage)
    const { leaderId, leaderEpoch, currentVoters, observers } = partition
    const leader = currentVoters.find(({ replicaId }) => replicaId === leaderId)
    const leaderEnd = leader === undefined ? null : Number(leader.logEndOffset)
    const rows = (of: typeof currentVoters, isVoter: boolean): readonly QuorumReplica[] =>
      of.map((replica) => {
        const logEndOffset = Number(replica.logEndOffset)
        return {
          nodeId: replica.replicaId,
          isVoter,
          isLeader: isVoter && replica.replicaId === leaderId,
          logEndOffset,
          lag:
            leaderEnd === null || logEndOffset < 0 ? null : Math.max(0, leaderEnd - logEndOffset),
          lastFetchTimestamp: Number(replica.lastFetchTimestamp),
          lastCaughtUpTimestamp: Number(replica.lastCaughtUpTimestamp),
        }
      })
    return {
      leaderId,
      leaderEpoch,
      highWatermark: Number(partition.highWatermark),
      replicas: [...rows(currentVoters, true), ...rows(observers, false)],
    }
  }, options)
}
