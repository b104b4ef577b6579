import type {
  AssignReplicasToDirsRequest,
  AssignReplicasToDirsResponseInput,
} from '@ottla/protocol/messages/assign-replicas-to-dirs'
import type { MutationCharge } from '@ottla/metadata'
import type { AllocateProducerIdsResponseInput } from '@ottla/protocol/messages/allocate-producer-ids'
import type {
  AlterClientQuotasRequest,
  AlterClientQuotasResponseInput,
} from '@ottla/protocol/messages/alter-client-quotas'
import type {
  AlterConfigsRequest,
  AlterConfigsResponseInput,
} from '@ottla/protocol/messages/alter-configs'
import type {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponseInput,
} from '@ottla/protocol/messages/alter-partition-reassignments'
import type {
  ElectLeadersRequest,
  ElectLeadersResponseInput,
} from '@ottla/protocol/messages/elect-leaders'
import type {
  UnregisterBrokerRequest,
  UnregisterBrokerResponseInput,
} from '@ottla/protocol/messages/unregister-broker'
import type {
  UpdateFeaturesRequest,
  UpdateFeaturesResponseInput,
} from '@ottla/protocol/messages/update-features'
import type {
  BrokerHeartbeatRequest,
  BrokerHeartbeatResponseInput,
} from '@ottla/protocol/messages/broker-heartbeat'
import type {
  BrokerRegistrationRequest,
  BrokerRegistrationResponseInput,
} from '@ottla/protocol/messages/broker-registration'
import type {
  CreatePartitionsRequest,
  CreatePartitionsResponseInput,
} from '@ottla/protocol/messages/create-partitions'
import type {
  CreateTopicsRequest,
  CreateTopicsResponseInput,
} from '@ottla/protocol/messages/create-topics'
import type {
  DeleteTopicsRequest,
  DeleteTopicsResponseInput,
} from '@ottla/protocol/messages/delete-topics'
import type {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponseInput,
} from '@ottla/protocol/messages/incremental-alter-configs'

export interface QuorumState {
  /** -1: nobody. */
  readonly leaderId: number
  readonly leaderEpoch: number
  /** Exclusive end of what is committed. */
  readonly highWatermark: number
}

/** The active controller, wherever it is: what a broker asks of it. */
export interface ControllerChannel {
  registerBroker(request: BrokerRegistrationRequest): Promise<BrokerRegistrationResponseInput>
  brokerHeartbeat(request: BrokerHeartbeatRequest): Promise<BrokerHeartbeatResponseInput>
  allocateProducerIds(): Promise<AllocateProducerIdsResponseInput>
  assignReplicasToDirs(
    directories: AssignReplicasToDirsRequest['directories'],
  ): Promise<AssignReplicasToDirsResponseInput>

  /** These answer once this broker's own image shows what they changed. */
  createTopics(
    request: CreateTopicsRequest,
    charge?: MutationCharge,
  ): Promise<CreateTopicsResponseInput>
  deleteTopics(
    request: DeleteTopicsRequest,
    apiVersion: number,
    charge?: MutationCharge,
  ): Promise<DeleteTopicsResponseInput>
  createPartitions(
    request: CreatePartitionsRequest,
    charge?: MutationCharge,
  ): Promise<CreatePartitionsResponseInput>
  alterConfigs(request: AlterConfigsRequest): Promise<AlterConfigsResponseInput>
  incrementalAlterConfigs(
    request: IncrementalAlterConfigsRequest,
  ): Promise<IncrementalAlterConfigsResponseInput>
  alterClientQuotas(request: AlterClientQuotasRequest): Promise<AlterClientQuotasResponseInput>
  alterPartitionReassignments(
    request: AlterPartitionReassignmentsRequest,
  ): Promise<AlterPartitionReassignmentsResponseInput>
  electLeaders(request: ElectLeadersRequest): Promise<ElectLeadersResponseInput>
  unregisterBroker(request: UnregisterBrokerRequest): Promise<UnregisterBrokerResponseInput>
  updateFeatures(
    request: UpdateFeaturesRequest,
    apiVersion: number,
  ): Promise<UpdateFeaturesResponseInput>

  /** Who leads the metadata log now, and what is committed of it. */
  quorum(): QuorumState
}
