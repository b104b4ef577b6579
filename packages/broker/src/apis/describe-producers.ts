import { errorNumber, KafkaError, nearestInt64, NO_ERROR } from '@ottla/protocol'
import {
  DescribeProducersRequest,
  DescribeProducersResponse,
  type PartitionResponseInput,
} from '@ottla/protocol/messages/describe-producers'
import { type AnyApi, defineApi } from '../network/api.ts'
import type { RequestContext } from '../network/request-context.ts'

/**
 * DescribeProducers (key 61), version 0 (KIP-664).
 *
 * The idempotent and transactional producers that each partition remembers: who may send what next, and
 * which transaction is open since when. Asked of the partition's leader.
 */
export const describeProducersApi: AnyApi = defineApi({
  request: DescribeProducersRequest,
  response: DescribeProducersResponse,
  handle: ({ topics }, context) => ({
    throttleTimeMs: 0,
    topics: topics.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((index) => describe(name, index, context)),
    })),
  }),
})

function describe(
  topic: string,
  partitionIndex: number,
  context: RequestContext,
): PartitionResponseInput {
  const { metadata, replicas } = context
  if (!metadata.hasPartition(topic, partitionIndex)) {
    // Kafka has a message for a topic that it does not know, and none for a partition.
    const isKnown = metadata.topic(topic) !== undefined
    return {
      partitionIndex,
      errorCode: errorNumber('UNKNOWN_TOPIC_OR_PARTITION'),
      errorMessage: isKnown ? null : new KafkaError('UNKNOWN_TOPIC_OR_PARTITION').message,
      activeProducers: [],
    }
  }
  try {
    const { log } = replicas.leader(topic, partitionIndex, metadata)
    return {
      partitionIndex,
      errorCode: NO_ERROR,
      errorMessage: null,
      activeProducers: Array.from(log.producers.values(), (producer) => ({
        producerId: nearestInt64(producer.producerId),
        producerEpoch: producer.producerEpoch,
        lastSequence: producer.lastSequence,
        lastTimestamp: nearestInt64(producer.lastTimestamp),
        coordinatorEpoch: producer.coordinatorEpoch,
        currentTxnStartOffset: producer.currentTxnFirstOffset,
      })),
    }
  } catch (error) {
    const { errorCode, message } = context.asKafkaError(error)
    return { partitionIndex, errorCode, errorMessage: message, activeProducers: [] }
  }
}
