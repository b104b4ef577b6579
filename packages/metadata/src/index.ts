export * from './configs/index.ts'
export { brokerConfigRules } from './controller/broker-config-rules.ts'
export { bootstrapFeatures, supportedFeatures } from './controller/bootstrap.ts'
export type {
  ConfigRules,
  TopicConfigDescription,
  TopicConfigLayers,
} from './controller/config-rules.ts'
export { Controller } from './controller/controller.ts'
export type { ControllerOptions } from './controller/controller.ts'
export { defaultControllerSettings, producerIdBlockSize } from './controller/controller-settings.ts'
export type { ControllerSettings } from './controller/controller-settings.ts'
export type { CreatePartitionsPermissions } from './controller/create-partitions.ts'
export type { CreateTopicsPermissions } from './controller/create-topics.ts'
export type { DeleteTopicsPermissions } from './controller/delete-topics.ts'
export type { MutationCharge } from './controller/mutation-charge.ts'
export { checkTopicName, isTopicName, topicNameLengthMax } from './controller/topic-name.ts'
export { hasOnlineDirectory, isActive } from './image/broker-image.ts'
export type { BrokerImage, ControllerImage, Endpoint, FeatureRange } from './image/broker-image.ts'
export { quotaRecordKey, quotasByEntity } from './image/client-quotas.ts'
export type { EntityQuotas, QuotaEntity, QuotaEntityPart } from './image/client-quotas.ts'
export { CONFIG_RESOURCE_TYPES } from './image/config-resource.ts'
export type { ConfigResourceType } from './image/config-resource.ts'
export { ImageDraft } from './image/image-draft.ts'
export { imageRecords } from './image/image-records.ts'
export type { ChangedConfig, MetadataDelta } from './image/metadata-delta.ts'
export { MetadataImage } from './image/metadata-image.ts'
export type { ConfigEntries, ProducerIdsImage } from './image/metadata-image.ts'
export { directoryOf, NO_LEADER } from './image/partition-image.ts'
export type { PartitionImage } from './image/partition-image.ts'
export type { TopicImage } from './image/topic-image.ts'
export { MetadataLoader } from './loader/metadata-loader.ts'
export type {
  ImageListener,
  MadeSnapshot,
  MetadataLoaderOptions,
} from './loader/metadata-loader.ts'
export type { MetadataRecord, MetadataRecordType } from './records/metadata-record.ts'
export { decodeRecord, encodeRecord } from './records/record-frame.ts'
export { LocalMetadataStore } from './stores/local/local-metadata-store.ts'
export type { LocalMetadataStoreOptions } from './stores/local/local-metadata-store.ts'
export { MemoryMetadataLog } from './stores/memory/memory-metadata-store.ts'
export type {
  ActiveController,
  ControllerLease,
  MetadataStore,
  StoredBatch,
  StoredSnapshot,
} from './stores/metadata-store.ts'
