import { NO_ERROR } from '@ottla/protocol'
import {
  type EpochEndOffsetInput,
  OffsetForLeaderEpochResponse,
  OffsetForLeaderEpochRequest,
  type OffsetForLeaderEpochResponseInput,
} from '@ottla/protocol/messages/offset-for-leader-epoch'
import { type AnyApi, defineApi } from '../network/api.ts'
import type { RequestContext } from '../network/request-context.ts'

/**
 * OffsetForLeaderEpoch (key 23), versions 2–4.
 *
 * Where a leader epoch ended in this log: a consumer, or a follower, learns from it whether what it
 * has read was cut off by a leader change (KIP-101, KIP-320). Epoch and offset are -1 where this log
 * knows of no epoch up to the one asked for.
 *
 *   v2  the epoch in which the asker believes      v3  replica id      v4  flexible
 */
export const offsetForLeaderEpochApi: AnyApi = defineApi({
  request: OffsetForLeaderEpochRequest,
  response: OffsetForLeaderEpochResponse,
  handle: offsetForLeaderEpoch,
})

function offsetForLeaderEpoch(
  request: OffsetForLeaderEpochRequest,
  context: RequestContext,
): OffsetForLeaderEpochResponseInput {
  const { replicas, metadata } = context
  const topics = request.topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map(
      ({ partition: index, currentLeaderEpoch, leaderEpoch }): EpochEndOffsetInput => {
        try {
          const partition = replicas.leader(topic, index, metadata)
          partition.checkLeaderEpoch(currentLeaderEpoch)
          const end = partition.log.endOffsetForEpoch(leaderEpoch)
          return {
            errorCode: NO_ERROR,
            partition: index,
            leaderEpoch: end.epoch,
            endOffset: end.endOffset,
          }
        } catch (error) {
          const { errorCode } = context.asKafkaError(error)
          return { errorCode, partition: index, leaderEpoch: -1, endOffset: -1 }
        }
      },
    ),
  }))
  return { throttleTimeMs: 0, topics }
}
