import { KafkaError, NO_ERROR, ZERO_UUID, errorNumber } from '@ottla/protocol'
import {
  MetadataResponse,
  MetadataRequest,
  type MetadataResponseInput,
  type MetadataResponsePartitionInput,
  type MetadataResponseTopicInput,
} from '@ottla/protocol/messages/metadata'
import type { TopicImage } from '@ottla/metadata'
import { isInternalTopic } from '../internal-topics.ts'
import type { Node } from '../metadata.ts'
import { type AnyApi, defineApi } from '../network/api.ts'
import type { RequestContext } from '../network/request-context.ts'
import {
  clusterOperations,
  OPERATIONS_NOT_ASKED,
  topicOperations,
} from '../security/authorized-operations.ts'

/**
 * Metadata (key 3), versions 0–13.
 *
 * The brokers of the cluster on the client's own listener, and topics: all of them, those named, or
 * those whose ids are given. A topic that does not exist is created when the client and
 * `auto.create.topics.enable` allow it; the answer then already describes it.
 *
 *   v0  an empty list means all topics; from v1 null does    v4  the client may forbid creation
 *   v5  offline replicas        v7  leader epoch             v8–10 the client's rights in the cluster
 *   v9  flexible                v10 topic ids                v12 topics asked for by id
 *   v13 a top-level error
 */
export const metadataApi: AnyApi = defineApi({
  request: MetadataRequest,
  response: MetadataResponse,
  handle: describeMetadata,
  // Only the last version has room for an error of the whole.
  refuse: ({ topics }, { errorCode }) => ({
    throttleTimeMs: 0,
    brokers: [],
    clusterId: null,
    controllerId: -1,
    topics: (topics ?? []).map(({ name, topicId }) => ({
      errorCode,
      name: name ?? '',
      topicId,
      isInternal: false,
      partitions: [],
    })),
    errorCode,
  }),
})

async function describeMetadata(
  request: MetadataRequest,
  context: RequestContext,
): Promise<MetadataResponseInput> {
  const { apiVersion, metadata, connection } = context
  const topics = await describeTopics(request, context)
  const nodes = metadata.nodes(connection.listenerName)
  return {
    throttleTimeMs: 0,
    brokers: nodes.map(({ nodeId, host, port, rack }) => ({ nodeId, host, port, rack })),
    clusterId: metadata.clusterId,
    // Clients may send what is for the controller to any broker: it gets there.
    controllerId: nodes[0]?.nodeId ?? -1,
    topics,
    ...(apiVersion >= 8 && apiVersion <= 10
      ? {
          clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
            ? clusterOperations
            : OPERATIONS_NOT_ASKED,
        }
      : {}),
  }
}

async function describeTopics(
  request: MetadataRequest,
  context: RequestContext,
): Promise<MetadataResponseTopicInput[]> {
  const { apiVersion, metadata } = context
  const describe = topicDescriber(request, context)
  if (request.topics === null || (apiVersion === 0 && request.topics.length === 0)) {
    return [...metadata.image.topics()].map(describe)
  }

  const answers: MetadataResponseTopicInput[] = []
  const missing = new Set<string>()
  const named = new Set<string>()
  // A request that names one topic by id is taken to name all of them so.
  const isById = request.topics.some(({ topicId }) => topicId !== ZERO_UUID)
  for (const { topicId, name } of request.topics) {
    if (isById) {
      if (topicId === ZERO_UUID) continue
      if (apiVersion < 12) {
        throw new KafkaError('INVALID_REQUEST', 'topics are asked for by id from version 12 on')
      }
      const topic = metadata.image.topicById(topicId)
      answers.push(
        topic === undefined
          ? failedTopic('', topicId, errorNumber('UNKNOWN_TOPIC_ID'), apiVersion, request)
          : describe(topic),
      )
    } else if (name === null) {
      throw new KafkaError('INVALID_REQUEST', 'a topic is asked for by its name or by its id')
    } else if (!named.has(name)) {
      named.add(name)
      const topic = metadata.topic(name)
      if (topic === undefined) missing.add(name)
      else answers.push(describe(topic))
    }
  }

  if (missing.size === 0) return answers
  const errors = await context.topicCreation.createMissing(missing, {
    isAllowed: request.allowAutoTopicCreation,
  })
  for (const name of missing) {
    const topic = metadata.topic(name)
    answers.push(
      topic === undefined
        ? failedTopic(
            name,
            ZERO_UUID,
            errors.get(name) ?? errorNumber('UNKNOWN_TOPIC_OR_PARTITION'),
            apiVersion,
            request,
          )
        : describe(topic),
    )
  }
  return answers
}

function failedTopic(
  name: string,
  topicId: string,
  errorCode: number,
  apiVersion: number,
  request: MetadataRequest,
): MetadataResponseTopicInput {
  return {
    errorCode,
    name: name === '' && topicId !== ZERO_UUID && apiVersion >= 12 ? null : name,
    topicId,
    isInternal: isInternalTopic(name),
    partitions: [],
    // Of a topic that is asked for by an unknown id nothing is known.
    topicAuthorizedOperations:
      request.includeTopicAuthorizedOperations && topicId === ZERO_UUID
        ? topicOperations
        : OPERATIONS_NOT_ASKED,
  }
}

/** Describes topics as this client sees them: its listener decides which brokers there are. */
function topicDescriber(
  request: MetadataRequest,
  { metadata, connection }: RequestContext,
): (topic: TopicImage) => MetadataResponseTopicInput {
  const alive = new Map<number, Node>(
    metadata.nodes(connection.listenerName).map((node) => [node.nodeId, node]),
  )
  return (topic) => ({
    errorCode: NO_ERROR,
    name: topic.name,
    topicId: topic.id,
    isInternal: isInternalTopic(topic.name),
    partitions: topic.partitions.map((partition, index): MetadataResponsePartitionInput => {
      const offlineReplicas = metadata.offlineReplicas(topic.name, index, partition, alive)
      const hasLeader = alive.has(partition.leader) && !offlineReplicas.includes(partition.leader)
      return {
        errorCode: hasLeader ? NO_ERROR : errorNumber('LEADER_NOT_AVAILABLE'),
        partitionIndex: index,
        leaderId: hasLeader ? partition.leader : -1,
        leaderEpoch: partition.leaderEpoch,
        replicaNodes: [...partition.replicas],
        isrNodes: [...partition.isr],
        offlineReplicas,
      }
    }),
    topicAuthorizedOperations: request.includeTopicAuthorizedOperations
      ? topicOperations
      : OPERATIONS_NOT_ASKED,
  })
}
