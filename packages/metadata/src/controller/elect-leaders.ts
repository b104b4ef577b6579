import { KafkaError, NO_ERROR } from '@ottla/protocol'
import type {
  ElectLeadersRequest,
  ElectLeadersResponseInput,
  ReplicaElectionResultInput,
} from '@ottla/protocol/messages/elect-leaders'
import type { Decision } from '@ottla/state-machine'
import { isActive } from '../image/broker-image.ts'
import type { MetadataImage } from '../image/metadata-image.ts'
import { NO_LEADER } from '../image/partition-image.ts'
import { areEligibleLeaderReplicasKept, recordVersions } from '../image/record-versions.ts'
import type { MetadataRecord } from '../records/metadata-record.ts'
import type { ControllerEnvironment } from './environment.ts'
import { electionSettings } from './leadership.ts'
import { partitionChange } from './partition-change.ts'

type Election = 'preferred' | 'unclean'

/** By their numbers in the request. */
const ELECTIONS: readonly Election[] = ['preferred', 'unclean']

interface Elected {
  readonly record: MetadataRecord | null
  /** null: the partition has a new leader. */
  readonly error: KafkaError | null
}

/**
 * ElectLeaders (key 43), versions 0–2 (KIP-183, KIP-460).
 *
 * Gives partitions their preferred leader back, or, with an unclean election, any leader rather than none.
 * Where nothing is to be done the answer is ELECTION_NOT_NEEDED; when all partitions are asked for (null)
 * those are left out of the answer.
 *
 *   v1  unclean elections, and an error of the whole request      v2  flexible encoding (KIP-482)
 */
export function electLeaders(
  image: MetadataImage,
  { electionType, topicPartitions }: ElectLeadersRequest,
  environment: ControllerEnvironment,
): Decision<MetadataRecord, ElectLeadersResponseInput> {
  const election = ELECTIONS[electionType]
  const unknown = `Unknown election type ${electionType}`
  const records: MetadataRecord[] = []
  const results: ReplicaElectionResultInput[] = []
  for (const { topic, partitions } of topicPartitions ?? everyPartition(image)) {
    const partitionResult = []
    for (const partitionId of partitions) {
      const { record, error } =
        election === undefined
          ? { record: null, error: new KafkaError('INVALID_REQUEST', unknown) }
          : elect(image, topic, partitionId, election, environment)
      if (record !== null) records.push(record)
      if (topicPartitions === null && error?.code === 'ELECTION_NOT_NEEDED') continue
      partitionResult.push({
        partitionId,
        errorCode: error?.errorCode ?? NO_ERROR,
        errorMessage: error?.message ?? null,
      })
    }
    results.push({ topic, partitionResult })
  }
  const errorCode =
    election === undefined ? new KafkaError('INVALID_REQUEST', unknown).errorCode : NO_ERROR
  return { records, reply: { throttleTimeMs: 0, errorCode, replicaElectionResults: results } }
}

function elect(
  image: MetadataImage,
  topicName: string,
  partitionId: number,
  election: Election,
  environment: ControllerEnvironment,
): Elected {
  const topic = image.topic(topicName)
  if (topic === undefined) {
    return failed('UNKNOWN_TOPIC_OR_PARTITION', `No such topic as ${topicName}`)
  }
  const partition = topic.partitions[partitionId]
  if (partition === undefined) {
    return failed('UNKNOWN_TOPIC_OR_PARTITION', `No such partition as ${topicName}-${partitionId}`)
  }
  const isNeeded =
    election === 'preferred'
      ? partition.leader !== partition.replicas[0]
      : partition.leader === NO_LEADER
  if (!isNeeded) {
    return failed('ELECTION_NOT_NEEDED', 'Leader election not needed for topic partition.')
  }
  const value = partitionChange(partition, {
    topicId: topic.id,
    partitionId,
    isr: partition.isr,
    mayLead: (id) => isActive(image.broker(id)),
    election,
    keepsEligibleLeaderReplicas: areEligibleLeaderReplicasKept(image),
    minInsyncReplicas: electionSettings(image, topic, environment).minInsyncReplicas,
  })
  if (value === null) {
    return election === 'preferred'
      ? failed('PREFERRED_LEADER_NOT_AVAILABLE', 'The preferred leader was not available.')
      : failed(
          'ELIGIBLE_LEADERS_NOT_AVAILABLE',
          'Eligible topic partition leaders are not available.',
        )
  }
  const version = recordVersions(image).partitionChange
  return { record: { type: 'PartitionChangeRecord', version, value }, error: null }
}

function failed(code: ConstructorParameters<typeof KafkaError>[0], message: string): Elected {
  return { record: null, error: new KafkaError(code, message) }
}

function* everyPartition(
  image: MetadataImage,
): Generator<{ readonly topic: string; readonly partitions: Iterable<number> }> {
  for (const { name, partitions } of image.topics()) {
    yield { topic: name, partitions: partitions.keys() }
  }
}
