import { KafkaError } from '@ottla/protocol'
import type {
  CreatePartitionsRequest,
  CreatePartitionsResponseInput,
  CreatePartitionsTopic,
  CreatePartitionsTopicResultInput,
} from '@ottla/protocol/messages/create-partitions'
import type { Decision } from '@ottla/state-machine'
import type { MetadataImage } from '../image/metadata-image.ts'
import type { MetadataRecord } from '../records/metadata-record.ts'
import { recordsPerRequestMax } from './controller-settings.ts'
import type { ControllerEnvironment } from './environment.ts'
import { type MutationCharge, noCharge } from './mutation-charge.ts'
import {
  assignedToBrokers,
  partitionRecords,
  placedOnBrokers,
  type NewPartition,
} from './new-partitions.ts'

/** What the caller may do; without it, everything. */
export interface CreatePartitionsPermissions {
  /** Whether the topic of this name may be altered. */
  readonly mayAlter: (topic: string) => boolean
}

/**
 * CreatePartitions (key 37), versions 0–3. Each topic gets all the partitions that were asked for, or
 * is refused on its own; all that are created are one batch of the log.
 *
 *   v2  flexible encoding (KIP-482)
 *   v3  THROTTLING_QUOTA_EXCEEDED above the mutation quota (KIP-599)
 *
 * `count` is how many the topic has afterwards. The new partitions have as many replicas as its first
 * one. Topics named twice are answered first, once each, then the others in the request's order.
 */
export function createPartitions(
  image: MetadataImage,
  request: CreatePartitionsRequest,
  environment: ControllerEnvironment,
  permissions?: CreatePartitionsPermissions,
  charge: MutationCharge = noCharge,
): Decision<MetadataRecord, CreatePartitionsResponseInput> {
  const byName = Map.groupBy(request.topics, (topic) => topic.name)
  if (byName.size > recordsPerRequestMax) {
    throw new KafkaError(
      'POLICY_VIOLATION',
      `${byName.size} topics in one request; no more than ${recordsPerRequestMax} can be altered`,
    )
  }
  const records: MetadataRecord[] = []
  const twice: CreatePartitionsTopicResultInput[] = []
  const results: CreatePartitionsTopicResultInput[] = []

  for (const [name, [topic, ...others]] of byName) {
    if (others.length > 0) {
      twice.push(failure(name, new KafkaError('INVALID_REQUEST', 'Duplicate topic name.')))
      continue
    }
    try {
      if (permissions?.mayAlter(name) === false) throw new KafkaError('TOPIC_AUTHORIZATION_FAILED')
      const room = recordsPerRequestMax - records.length
      records.push(...addPartitions(image, topic!, room, environment, charge))
      results.push({ name, errorCode: 0, errorMessage: null })
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      results.push(failure(name, error))
    }
  }
  return {
    records: request.validateOnly ? [] : records,
    reply: { throttleTimeMs: 0, results: [...twice, ...results] },
  }
}

/** @param room How many more this request may create. */
function addPartitions(
  image: MetadataImage,
  { name, count, assignments }: CreatePartitionsTopic,
  room: number,
  { random }: ControllerEnvironment,
  charge: MutationCharge,
): MetadataRecord[] {
  const topic = image.topic(name)
  if (topic === undefined) {
    throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `The topic '${name}' does not exist.`)
  }
  const existing = topic.partitions.length
  const additional = count - existing
  if (additional === 0) {
    throw new KafkaError('INVALID_PARTITIONS', `Topic already has ${existing} partition(s).`)
  }
  if (additional < 0) {
    throw new KafkaError(
      'INVALID_PARTITIONS',
      `The topic ${name} currently has ${existing} partition(s); ${count} would not be an increase.`,
    )
  }
  if (assignments !== null && assignments.length !== additional) {
    throw new KafkaError(
      'INVALID_REPLICA_ASSIGNMENT',
      `Attempted to add ${additional} additional partition(s), but only ${assignments.length} ` +
        'assignment(s) were specified.',
    )
  }
  // Before any is placed: the count may be anything that fits an int32.
  if (additional > room) {
    throw new KafkaError(
      'POLICY_VIOLATION',
      `${additional} more partitions for ${name}; one request can create ${recordsPerRequestMax}`,
    )
  }

  const replicationFactor = topic.partitions[0]!.replicas.length
  const partitions: readonly NewPartition[] =
    assignments === null
      ? placedOnBrokers(image, additional, replicationFactor, random)
      : assignments.map(({ brokerIds }, index) =>
          assignedToBrokers(image, existing + index, brokerIds, replicationFactor),
        )
  charge(additional)
  return partitionRecords(image, topic.id, existing, partitions)
}

function failure(name: string, error: KafkaError): CreatePartitionsTopicResultInput {
  return { name, errorCode: error.errorCode, errorMessage: error.message }
}
