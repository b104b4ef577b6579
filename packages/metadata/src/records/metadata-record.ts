import type { MessageCodec } from '@ottla/protocol'
import { AbortTransactionRecord } from '@ottla/protocol/records/abort-transaction-record'
import { AccessControlEntryRecord } from '@ottla/protocol/records/access-control-entry-record'
import { BeginTransactionRecord } from '@ottla/protocol/records/begin-transaction-record'
import { BrokerRegistrationChangeRecord } from '@ottla/protocol/records/broker-registration-change-record'
import { ClearElrRecord } from '@ottla/protocol/records/clear-elr-record'
import { ClientQuotaRecord } from '@ottla/protocol/records/client-quota-record'
import { ConfigRecord } from '@ottla/protocol/records/config-record'
import { DelegationTokenRecord } from '@ottla/protocol/records/delegation-token-record'
import { EndTransactionRecord } from '@ottla/protocol/records/end-transaction-record'
import { FeatureLevelRecord } from '@ottla/protocol/records/feature-level-record'
import { FenceBrokerRecord } from '@ottla/protocol/records/fence-broker-record'
import { NoOpRecord } from '@ottla/protocol/records/no-op-record'
import { PartitionChangeRecord } from '@ottla/protocol/records/partition-change-record'
import { PartitionRecord } from '@ottla/protocol/records/partition-record'
import { ProducerIdsRecord } from '@ottla/protocol/records/producer-ids-record'
import { RegisterBrokerRecord } from '@ottla/protocol/records/register-broker-record'
import { RegisterControllerRecord } from '@ottla/protocol/records/register-controller-record'
import { RemoveAccessControlEntryRecord } from '@ottla/protocol/records/remove-access-control-entry-record'
import { RemoveDelegationTokenRecord } from '@ottla/protocol/records/remove-delegation-token-record'
import { RemoveTopicRecord } from '@ottla/protocol/records/remove-topic-record'
import { RemoveUserScramCredentialRecord } from '@ottla/protocol/records/remove-user-scram-credential-record'
import { TopicRecord } from '@ottla/protocol/records/topic-record'
import { UnfenceBrokerRecord } from '@ottla/protocol/records/unfence-broker-record'
import { UnregisterBrokerRecord } from '@ottla/protocol/records/unregister-broker-record'
import { UserScramCredentialRecord } from '@ottla/protocol/records/user-scram-credential-record'
import { ZkMigrationStateRecord } from '@ottla/protocol/records/zk-migration-state-record'

/** Every kind of record that Kafka keeps in its metadata log, by the name of its schema. */
export interface MetadataRecordTypes {
  readonly AbortTransactionRecord: AbortTransactionRecord
  readonly AccessControlEntryRecord: AccessControlEntryRecord
  readonly BeginTransactionRecord: BeginTransactionRecord
  readonly BrokerRegistrationChangeRecord: BrokerRegistrationChangeRecord
  readonly ClearElrRecord: ClearElrRecord
  readonly ClientQuotaRecord: ClientQuotaRecord
  readonly ConfigRecord: ConfigRecord
  readonly DelegationTokenRecord: DelegationTokenRecord
  readonly EndTransactionRecord: EndTransactionRecord
  readonly FeatureLevelRecord: FeatureLevelRecord
  readonly FenceBrokerRecord: FenceBrokerRecord
  readonly NoOpRecord: NoOpRecord
  readonly PartitionChangeRecord: PartitionChangeRecord
  readonly PartitionRecord: PartitionRecord
  readonly ProducerIdsRecord: ProducerIdsRecord
  readonly RegisterBrokerRecord: RegisterBrokerRecord
  readonly RegisterControllerRecord: RegisterControllerRecord
  readonly RemoveAccessControlEntryRecord: RemoveAccessControlEntryRecord
  readonly RemoveDelegationTokenRecord: RemoveDelegationTokenRecord
  readonly RemoveTopicRecord: RemoveTopicRecord
  readonly RemoveUserScramCredentialRecord: RemoveUserScramCredentialRecord
  readonly TopicRecord: TopicRecord
  readonly UnfenceBrokerRecord: UnfenceBrokerRecord
  readonly UnregisterBrokerRecord: UnregisterBrokerRecord
  readonly UserScramCredentialRecord: UserScramCredentialRecord
  readonly ZkMigrationStateRecord: ZkMigrationStateRecord
}

export type MetadataRecordType = keyof MetadataRecordTypes

/** One record of the metadata log: its kind, the schema version it is written in, its fields. */
export type MetadataRecord = {
  [T in MetadataRecordType]: {
    readonly type: T
    readonly version: number
    readonly value: MetadataRecordTypes[T]
  }
}[MetadataRecordType]

/** The codec of each kind of record. */
export const metadataCodecs: {
  readonly [T in MetadataRecordType]: MessageCodec<MetadataRecordTypes[T]>
} = {
  AbortTransactionRecord,
  AccessControlEntryRecord,
  BeginTransactionRecord,
  BrokerRegistrationChangeRecord,
  ClearElrRecord,
  ClientQuotaRecord,
  ConfigRecord,
  DelegationTokenRecord,
  EndTransactionRecord,
  FeatureLevelRecord,
  FenceBrokerRecord,
  NoOpRecord,
  PartitionChangeRecord,
  PartitionRecord,
  ProducerIdsRecord,
  RegisterBrokerRecord,
  RegisterControllerRecord,
  RemoveAccessControlEntryRecord,
  RemoveDelegationTokenRecord,
  RemoveTopicRecord,
  RemoveUserScramCredentialRecord,
  TopicRecord,
  UnfenceBrokerRecord,
  UnregisterBrokerRecord,
  UserScramCredentialRecord,
  ZkMigrationStateRecord,
}
