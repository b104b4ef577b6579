import { errorNumber, KafkaError, NO_ERROR } from '@ottla/protocol'
import type {
  AssignReplicasToDirsRequest,
  AssignReplicasToDirsResponseInput,
} from '@ottla/protocol/messages/assign-replicas-to-dirs'
import type { Decision } from '@ottla/state-machine'
import type { MetadataImage } from '../image/metadata-image.ts'
import { areDirectoriesAssigned, recordVersions } from '../image/record-versions.ts'
import type { MetadataRecord } from '../records/metadata-record.ts'
import { checkBrokerEpoch } from './broker-heartbeat.ts'
import { unchanged } from './partition-change.ts'

/**
 * AssignReplicasToDirs (key 73), version 0: a broker says in which of its data directories its replicas
 * are (KIP-858).
 *
 * What is left out: a replica in a directory that is offline keeps its leadership.
 */
export function assignReplicasToDirs(
  image: MetadataImage,
  request: AssignReplicasToDirsRequest,
): Decision<MetadataRecord, AssignReplicasToDirsResponseInput> {
  if (!areDirectoriesAssigned(image)) {
    throw new KafkaError('UNSUPPORTED_VERSION', 'Directory assignment is not supported yet.')
  }
  const { brokerId } = request
  checkBrokerEpoch(image, brokerId, Number(request.brokerEpoch))
  const version = recordVersions(image).partitionChange
  const records: MetadataRecord[] = []
  const assign = (topicId: string, partitionId: number, directory: string): number => {
    const topic = image.topicById(topicId)
    if (topic === undefined) return errorNumber('UNKNOWN_TOPIC_ID')
    const partition = topic.partitions[partitionId]
    if (partition === undefined) return errorNumber('UNKNOWN_TOPIC_OR_PARTITION')
    const at = partition.replicas.indexOf(brokerId)
    if (at === -1) return errorNumber('NOT_LEADER_OR_FOLLOWER')
    if (partition.directories[at] !== directory) {
      const directories = partition.directories.with(at, directory)
      const value = { ...unchanged(topicId, partitionId), directories }
      records.push({ type: 'PartitionChangeRecord', version, value })
    }
    return NO_ERROR
  }
  const directories = request.directories.map(({ id, topics }) => ({
    id,
    topics: topics.map(({ topicId, partitions }) => ({
      topicId,
      partitions: partitions.map(({ partitionIndex }) => ({
        partitionIndex,
        errorCode: assign(topicId, partitionIndex, id),
      })),
    })),
  }))
  return { records, reply: { throttleTimeMs: 0, errorCode: NO_ERROR, directories } }
}
