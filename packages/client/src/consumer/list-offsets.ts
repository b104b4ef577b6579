import { KafkaError, throwIfError } from '@ottla/protocol'
import { ListOffsetsApi } from '@ottla/protocol/messages/list-offsets'
import type { CallOptions, Cluster } from '../cluster/cluster.ts'
import type { StartingPoint, TopicPartition } from './consumer-record.ts'

export type IsolationLevel = 'read_uncommitted' | 'read_committed'

export const isolationCode = { read_uncommitted: 0, read_committed: 1 } as const

const LATEST = -1
const EARLIEST = -2

/**
 * The offset of a starting point; a time after the last record is the end of the log.
 * @throws {KafkaError} What the leader says, once retries are of no use.
 */
export async function offsetOf(
  cluster: Cluster,
  { topic, partition }: TopicPartition,
  point: StartingPoint,
  options: CallOptions & { readonly isolationLevel?: IsolationLevel } = {},
): Promise<number> {
  if (typeof point === 'number') return point
  const timestamp = timestampOf(point)
  const isolationLevel = isolationCode[options.isolationLevel ?? 'read_uncommitted']
  const found = await cluster.call(async () => {
    const { leaderId, leaderEpoch } = await cluster.partition(topic, partition)
    const response = await cluster.send(
      leaderId,
      ListOffsetsApi,
      (version) => ({
        replicaId: -1,
        ...(version >= 2 && { isolationLevel }),
        topics: [
          {
            name: topic,
            partitions: [
              {
                partitionIndex: partition,
                timestamp,
                ...(version >= 4 && { currentLeaderEpoch: leaderEpoch }),
              },
            ],
          },
        ],
      }),
      { signal: options.signal },
    )
    const answer = response.topics[0]?.partitions[0]
    if (answer === undefined) {
      throw new KafkaError('UNKNOWN_SERVER_ERROR', 'a ListOffsets answer without the partition')
    }
    throwIfError(answer.errorCode)
    return Number(answer.offset)
  }, options)
  // No record is that young: what comes next will be.
  if (found < 0) return offsetOf(cluster, { topic, partition }, 'latest', options)
  return found
}

function timestampOf(point: Exclude<StartingPoint, number>): number {
  if (point === 'earliest') return EARLIEST
  return point === 'latest' ? LATEST : point.timestamp
}
