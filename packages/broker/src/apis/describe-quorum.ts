import { errorNumber, KafkaError, NO_ERROR, ZERO_UUID } from '@ottla/protocol'
import {
  DescribeQuorumRequest,
  DescribeQuorumResponse,
  type DescribeQuorumResponseInput,
} from '@ottla/protocol/messages/describe-quorum'
import { METADATA_TOPIC } from '../internal-topics.ts'
import { type AnyApi, defineApi } from '../network/api.ts'
import type { RequestContext } from '../network/request-context.ts'

/**
 * DescribeQuorum (key 55), versions 0–2 (KIP-595, KIP-836, KIP-853).
 *
 * Who leads the metadata log and how far everybody is with it. There are as many voters as the metadata
 * store has controllers: one, for the `local` store, with all of it.
 *
 *   v1  when a voter fetched last, and was caught up last (KIP-836): now, for the leader itself
 *   v2  error messages, and where the controllers listen (KIP-853)
 */
export const describeQuorumApi: AnyApi = defineApi({
  request: DescribeQuorumRequest,
  response: DescribeQuorumResponse,
  handle: describeQuorum,
  refuse: (_request, { errorCode, message }) => ({ errorCode, errorMessage: message, topics: [] }),
})

function describeQuorum(
  { topics }: DescribeQuorumRequest,
  { controller, settings, clock, apiVersion }: RequestContext,
): DescribeQuorumResponseInput {
  const quorum = controller.quorum()
  let isDescribed = false
  const answers = topics.map(({ topicName, partitions }) => ({
    topicName,
    partitions: partitions.map(({ partitionIndex }) => {
      if (topicName !== METADATA_TOPIC || partitionIndex !== 0) return notHere(partitionIndex)
      isDescribed = true
      const now = clock.now()
      return {
        partitionIndex,
        errorCode: NO_ERROR,
        errorMessage: '',
        leaderId: quorum.leaderId,
        leaderEpoch: quorum.leaderEpoch,
        highWatermark: quorum.highWatermark,
        currentVoters: [
          {
            replicaId: quorum.leaderId,
            ...(apiVersion >= 2 && { replicaDirectoryId: ZERO_UUID }),
            logEndOffset: quorum.highWatermark,
            lastFetchTimestamp: now,
            lastCaughtUpTimestamp: now,
          },
        ],
        observers: [],
      }
    }),
  }))
  return {
    errorCode: NO_ERROR,
    errorMessage: '',
    topics: answers,
    ...(apiVersion >= 2 && {
      nodes: isDescribed
        ? [{ nodeId: quorum.leaderId, listeners: [...settings.controllerListeners] }]
        : [],
    }),
  }
}

function notHere(partitionIndex: number) {
  return {
    partitionIndex,
    errorCode: errorNumber('UNKNOWN_TOPIC_OR_PARTITION'),
    errorMessage: new KafkaError('UNKNOWN_TOPIC_OR_PARTITION').message,
    leaderId: 0,
    leaderEpoch: 0,
    highWatermark: 0,
    currentVoters: [],
    observers: [],
  }
}
