export { Admin } from './admin/admin.ts'
export type { NewTopic, TopicConfig, TopicOutcome } from './admin/admin.ts'
export { Client } from './client.ts'
export type { ClientOptions, ClientRuntime } from './client-options.ts'
export { Cluster } from './cluster/cluster.ts'
export type { CallOptions, SendOptions, Target } from './cluster/cluster.ts'
export type {
  Broker,
  MetadataSnapshot,
  PartitionState,
  TopicState,
} from './cluster/metadata-snapshot.ts'
export { Consumer } from './consumer/consumer.ts'
export type { ConsumerOptions, PollOptions } from './consumer/consumer.ts'
export type { ConsumerRecord, StartingPoint, TopicPartition } from './consumer/consumer-record.ts'
export { GroupConsumer } from './consumer/group-consumer.ts'
export type { GroupConsumerOptions } from './consumer/group-consumer.ts'
export { commitOffsets, committedOffsets } from './consumer/group-offsets.ts'
export type { OffsetToCommit } from './consumer/group-offsets.ts'
export { offsetOf } from './consumer/list-offsets.ts'
export type { IsolationLevel } from './consumer/list-offsets.ts'
export { assignRanges } from './consumer/range-assignor.ts'
export type { OutgoingRecord, RecordMetadata } from './producer/outgoing-record.ts'
export { Producer } from './producer/producer.ts'
export type { ProducerOptions } from './producer/producer-options.ts'
