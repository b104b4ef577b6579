import type { MetadataRecord } from '../records/metadata-record.ts'
import type { BrokerImage, Endpoint, FeatureRange } from './broker-image.ts'
import type { MetadataImage } from './metadata-image.ts'
import type { PartitionImage } from './partition-image.ts'
import { METADATA_VERSION, recordVersions } from './record-versions.ts'
import type { TopicImage } from './topic-image.ts'

/** The records that make an image from nothing: what a snapshot holds. Nothing is lost. */
export function* imageRecords(image: MetadataImage): Generator<MetadataRecord, void> {
  // metadata.version first: it says how to read the others.
  const features = [...image.features].sort(([a], [b]) =>
    a === METADATA_VERSION ? -1 : b === METADATA_VERSION ? 1 : a < b ? -1 : 1,
  )
  for (const [name, featureLevel] of features) {
    yield { type: 'FeatureLevelRecord', version: 0, value: { name, featureLevel } }
  }
  for (const broker of image.brokers.values()) yield brokerRecord(image, broker)
  for (const controller of image.controllers.values()) {
    yield {
      type: 'RegisterControllerRecord',
      version: 0,
      value: {
        controllerId: controller.id,
        incarnationId: controller.incarnationId,
        zkMigrationReady: controller.isZkMigrationReady,
        endPoints: endpointList(controller.endpoints),
        features: featureList(controller.features),
      },
    }
  }
  for (const topic of image.topics()) yield* topicRecords(image, topic)
  for (const [key, entries] of image.configs) {
    const [, resourceType, resourceName] = /^(\d+):(.*)$/s.exec(key)!
    for (const [name, value] of entries) {
      yield {
        type: 'ConfigRecord',
        version: 0,
        value: { resourceType: Number(resourceType), resourceName: resourceName!, name, value },
      }
    }
  }
  for (const value of image.clientQuotas.values()) {
    yield { type: 'ClientQuotaRecord', version: 0, value }
  }
  const { nextProducerId, brokerId, brokerEpoch } = image.producerIds
  if (nextProducerId > 0) {
    const value = { nextProducerId, brokerId, brokerEpoch }
    yield { type: 'ProducerIdsRecord', version: 0, value }
  }
  for (const value of image.acls.values()) {
    yield { type: 'AccessControlEntryRecord', version: 0, value }
  }
  for (const value of image.scramCredentials.values()) {
    yield { type: 'UserScramCredentialRecord', version: 0, value }
  }
  for (const value of image.delegationTokens.values()) {
    yield { type: 'DelegationTokenRecord', version: 0, value }
  }
  if (image.zkMigrationState !== null) {
    const value = { zkMigrationState: image.zkMigrationState }
    yield { type: 'ZkMigrationStateRecord', version: 0, value }
  }
}

function brokerRecord(image: MetadataImage, broker: BrokerImage): MetadataRecord {
  return {
    type: 'RegisterBrokerRecord',
    version: recordVersions(image).registerBroker,
    value: {
      brokerId: broker.id,
      isMigratingZkBroker: broker.isMigratingZkBroker,
      incarnationId: broker.incarnationId,
      brokerEpoch: broker.epoch,
      endPoints: endpointList(broker.endpoints),
      features: featureList(broker.features),
      rack: broker.rack,
      fenced: broker.isFenced,
      inControlledShutdown: broker.isInControlledShutdown,
      logDirs: broker.directories,
      cordonedLogDirs: broker.cordonedDirectories,
    },
  }
}

function* topicRecords(image: MetadataImage, topic: TopicImage): Generator<MetadataRecord, void> {
  yield { type: 'TopicRecord', version: 0, value: { name: topic.name, topicId: topic.id } }
  for (const [partitionId, partition] of topic.partitions.entries()) {
    yield partitionRecord(image, topic.id, partitionId, partition)
  }
}

function partitionRecord(
  image: MetadataImage,
  topicId: string,
  partitionId: number,
  partition: PartitionImage,
): MetadataRecord {
  const { partition: version } = recordVersions(image)
  return {
    type: 'PartitionRecord',
    version,
    value: {
      partitionId,
      topicId,
      replicas: partition.replicas,
      isr: partition.isr,
      removingReplicas: partition.removingReplicas,
      addingReplicas: partition.addingReplicas,
      leader: partition.leader,
      leaderRecoveryState: partition.isRecovering ? 1 : 0,
      leaderEpoch: partition.leaderEpoch,
      partitionEpoch: partition.partitionEpoch,
      directories: version >= 1 ? partition.directories : [],
      eligibleLeaderReplicas: nullWhenEmpty(partition.eligibleLeaderReplicas),
      lastKnownElr: nullWhenEmpty(partition.lastKnownEligibleLeaderReplicas),
    },
  }
}

/** These are tagged fields: null takes no space. */
function nullWhenEmpty(list: readonly number[]): readonly number[] | null {
  return list.length === 0 ? null : list
}

function endpointList(
  endpoints: ReadonlyMap<string, Endpoint>,
): { name: string; host: string; port: number; securityProtocol: number }[] {
  return [...endpoints.values()].map(({ listener, host, port, securityProtocol }) => ({
    name: listener,
    host,
    port,
    securityProtocol,
  }))
}

function featureList(
  features: ReadonlyMap<string, FeatureRange>,
): { name: string; minSupportedVersion: number; maxSupportedVersion: number }[] {
  // Sorted, so that the same image always makes the same records.
  return [...features]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { min, max }]) => ({
      name,
      minSupportedVersion: min,
      maxSupportedVersion: max,
    }))
}
