import type { MetadataResponse, MetadataResponseTopic } from '@ottla/protocol/messages/metadata'
import type { Address } from './address.ts'

export interface Broker extends Address {
  readonly nodeId: number
  readonly rack: string | null
}

export interface PartitionState {
  readonly partition: number
  /** -1: none at present. */
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly offline: readonly number[]
}

export interface TopicState {
  readonly name: string
  readonly topicId: string
  readonly isInternal: boolean
  /** By number, all of them. */
  readonly partitions: readonly PartitionState[]
  /** 0, or why nothing is known of the topic. */
  readonly errorCode: number
}

/** What a broker last said about the cluster; never changed, only replaced. */
export interface MetadataSnapshot {
  readonly clusterId: string | null
  /** -1: unknown. */
  readonly controllerId: number
  readonly brokers: ReadonlyMap<number, Broker>
  readonly topics: ReadonlyMap<string, TopicState>
}

export const emptySnapshot: MetadataSnapshot = {
  clusterId: null,
  controllerId: -1,
  brokers: new Map(),
  topics: new Map(),
}

/**
 * Takes in an answer: the brokers are all there are; the topics replace what was known of them, or
 * everything when all were asked for.
 */
export function takeIn(
  snapshot: MetadataSnapshot,
  response: MetadataResponse,
  isAboutAllTopics: boolean,
): MetadataSnapshot {
  const topics = new Map(isAboutAllTopics ? [] : snapshot.topics)
  for (const topic of response.topics) {
    if (topic.name !== null) topics.set(topic.name, topicState(topic, topic.name))
  }
  return {
    clusterId: response.clusterId,
    controllerId: response.controllerId,
    brokers: new Map(
      response.brokers.map(({ nodeId, host, port, rack }) => [
        nodeId,
        { nodeId, host, port, rack },
      ]),
    ),
    topics,
  }
}

function topicState(topic: MetadataResponseTopic, name: string): TopicState {
  const partitions = topic.partitions
    .map((partition) => ({
      partition: partition.partitionIndex,
      leaderId: partition.leaderId,
      leaderEpoch: partition.leaderEpoch,
      replicas: partition.replicaNodes,
      isr: partition.isrNodes,
      offline: partition.offlineReplicas,
    }))
    .sort((one, other) => one.partition - other.partition)
  const { topicId, isInternal, errorCode } = topic
  return { name, topicId, isInternal, partitions, errorCode }
}
