import { KafkaError, NO_ERROR } from '@ottla/protocol'
import type {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponseInput,
  ReassignablePartition,
} from '@ottla/protocol/messages/alter-partition-reassignments'
import type { Decision } from '@ottla/state-machine'
import type { MetadataImage } from '../image/metadata-image.ts'
import type { MetadataRecord } from '../records/metadata-record.ts'
import { checkAssignment } from './new-partitions.ts'

/**
 * AlterPartitionReassignments (key 45), versions 0–1 (KIP-455), as a cluster of one broker answers it:
 * replicas can only stay where they are, and there is never a reassignment to call off.
 *
 *   v1  whether the number of replicas may change (KIP-860)
 *
 * What is left out: moving replicas to other brokers, refused with INVALID_REPLICA_ASSIGNMENT.
 */
export function alterPartitionReassignments(
  image: MetadataImage,
  { topics, allowReplicationFactorChange }: AlterPartitionReassignmentsRequest,
): Decision<MetadataRecord, AlterPartitionReassignmentsResponseInput> {
  const responses = topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map((asked) => {
      const error = objection(image, name, asked)
      return {
        partitionIndex: asked.partitionIndex,
        errorCode: error?.errorCode ?? NO_ERROR,
        // Kafka says nothing more of this one.
        errorMessage:
          error?.code === 'NO_REASSIGNMENT_IN_PROGRESS' ? null : (error?.message ?? null),
      }
    }),
  }))
  return {
    records: [],
    reply: {
      throttleTimeMs: 0,
      allowReplicationFactorChange,
      errorCode: NO_ERROR,
      errorMessage: topics.length === 0 ? '' : null,
      responses,
    },
  }
}

/** Why the replicas of a partition cannot become these; null when they are. */
function objection(
  image: MetadataImage,
  topicName: string,
  { partitionIndex, replicas }: ReassignablePartition,
): KafkaError | null {
  const topic = image.topic(topicName)
  if (topic === undefined) {
    return new KafkaError(
      'UNKNOWN_TOPIC_OR_PARTITION',
      `Unable to find a topic named ${topicName}.`,
    )
  }
  const partition = topic.partitions[partitionIndex]
  if (partition === undefined) {
    return new KafkaError(
      'UNKNOWN_TOPIC_OR_PARTITION',
      `Unable to find partition ${topicName}:${partitionIndex}.`,
    )
  }
  if (replicas === null) return new KafkaError('NO_REASSIGNMENT_IN_PROGRESS')
  try {
    checkAssignment(image, replicas, null)
  } catch (error) {
    if (error instanceof KafkaError) return error
    throw error
  }
  const stays =
    replicas.length === partition.replicas.length &&
    replicas.every((id, index) => id === partition.replicas[index])
  if (stays) return null
  return new KafkaError(
    'INVALID_REPLICA_ASSIGNMENT',
    `${topicName}-${partitionIndex} cannot move from brokers ${partition.replicas.join(', ')} to ` +
      `${replicas.join(', ')}: this version does not move replicas between brokers yet.`,
  )
}
