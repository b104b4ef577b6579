import { errorNumber, KafkaError, NO_ERROR, ZERO_UUID } from '@ottla/protocol'
import {
  DescribeTopicPartitionsResponse,
  DescribeTopicPartitionsRequest,
  type DescribeTopicPartitionsResponseInput,
  type DescribeTopicPartitionsResponsePartitionInput,
  type DescribeTopicPartitionsResponseTopicInput,
} from '@ottla/protocol/messages/describe-topic-partitions'
import { type TopicImage, isTopicName } from '@ottla/metadata'
import { isInternalTopic } from '../internal-topics.ts'
import { type AnyApi, defineApi } from '../network/api.ts'
import type { RequestContext } from '../network/request-context.ts'
import { topicOperations } from '../security/authorized-operations.ts'

/**
 * DescribeTopicPartitions (key 75), version 0 (KIP-966).
 *
 * Topics in the order of their names, a page at a time: at most `responsePartitionLimit` partitions
 * (and `max.request.partition.size.limit`), then a cursor from which the next page goes on.
 */
export const describeTopicPartitionsApi: AnyApi = defineApi({
  request: DescribeTopicPartitionsRequest,
  response: DescribeTopicPartitionsResponse,
  handle: describeTopicPartitions,
  refuse: ({ topics }, { errorCode }) => ({
    throttleTimeMs: 0,
    topics: topics.map(({ name }) => ({
      errorCode,
      name,
      isInternal: false,
      topicId: ZERO_UUID,
      partitions: [],
    })),
    nextCursor: null,
  }),
})

function describeTopicPartitions(
  request: DescribeTopicPartitionsRequest,
  context: RequestContext,
): DescribeTopicPartitionsResponseInput {
  const { metadata, settings } = context
  const { cursor } = request
  if (cursor !== null && cursor.partitionIndex < 0) {
    throw new KafkaError(
      'INVALID_REQUEST',
      `the cursor's partition is ${cursor.partitionIndex}, it must be 0 or more`,
    )
  }
  const isForAll = request.topics.length === 0
  const names = isForAll
    ? [...metadata.image.topics()].map(({ name }) => name)
    : [...new Set(request.topics.map(({ name }) => name))]
  names.sort()

  const after = cursor?.topicName ?? ''
  const firstPartition = cursor?.partitionIndex ?? 0
  let left = Math.max(
    1,
    Math.min(request.responsePartitionLimit, settings.maxRequestPartitionSizeLimit),
  )
  const topics: DescribeTopicPartitionsResponseTopicInput[] = []
  let nextCursor: { topicName: string; partitionIndex: number } | null = null
  for (const name of names) {
    if (name < after) continue
    if (left <= 0) {
      nextCursor = { topicName: name, partitionIndex: 0 }
      break
    }
    const topic = metadata.topic(name)
    if (topic === undefined) {
      if (!isForAll) topics.push(failedTopic(name))
      continue
    }
    const first = name === after ? firstPartition : 0
    const partitions = describePartitions(topic, first, left, context)
    topics.push({
      errorCode: NO_ERROR,
      name,
      topicId: topic.id,
      isInternal: isInternalTopic(name),
      partitions,
      topicAuthorizedOperations: topicOperations,
    })
    left -= partitions.length
    if (first + partitions.length < topic.partitions.length) {
      nextCursor = { topicName: name, partitionIndex: first + partitions.length }
      break
    }
  }
  return { throttleTimeMs: 0, topics, nextCursor }
}

function failedTopic(name: string): DescribeTopicPartitionsResponseTopicInput {
  const isNameLegal = isTopicName(name)
  return {
    errorCode: errorNumber(isNameLegal ? 'UNKNOWN_TOPIC_OR_PARTITION' : 'INVALID_TOPIC_EXCEPTION'),
    name,
    topicId: ZERO_UUID,
    isInternal: isInternalTopic(name),
    partitions: [],
  }
}

function describePartitions(
  topic: TopicImage,
  first: number,
  limit: number,
  { metadata, connection }: RequestContext,
): DescribeTopicPartitionsResponsePartitionInput[] {
  const alive = new Set(metadata.nodes(connection.listenerName).map(({ nodeId }) => nodeId))
  return topic.partitions.slice(first, first + limit).map((partition, at) => {
    const offlineReplicas = metadata.offlineReplicas(topic.name, first + at, partition, alive)
    const hasLeader = alive.has(partition.leader) && !offlineReplicas.includes(partition.leader)
    return {
      errorCode: hasLeader ? NO_ERROR : errorNumber('LEADER_NOT_AVAILABLE'),
      partitionIndex: first + at,
      leaderId: hasLeader ? partition.leader : -1,
      leaderEpoch: partition.leaderEpoch,
      replicaNodes: [...partition.replicas],
      isrNodes: [...partition.isr],
      eligibleLeaderReplicas: [...partition.eligibleLeaderReplicas],
      lastKnownElr: [...partition.lastKnownEligibleLeaderReplicas],
      offlineReplicas,
    }
  })
}
