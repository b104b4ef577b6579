import type { Controller } from '@ottla/metadata'
import type { AllocateProducerIdsResponseInput } from '@ottla/protocol/messages/allocate-producer-ids'
import type {
  AssignReplicasToDirsRequest,
  AssignReplicasToDirsResponseInput,
} from '@ottla/protocol/messages/assign-replicas-to-dirs'

export interface QuorumState {
  /** -1: nobody. */
  readonly leaderId: number
  readonly leaderEpoch: number
  /** Exclusive end of what is committed. */
  readonly highWatermark: number
}

/** What the controller changes for clients, as its own methods take and answer it. */
export type ControllerChanges = Pick<
  Controller,
  | 'createTopics'
  | 'deleteTopics'
  | 'createPartitions'
  | 'alterConfigs'
  | 'incrementalAlterConfigs'
  | 'alterClientQuotas'
  | 'alterPartitionReassignments'
  | 'electLeaders'
  | 'unregisterBroker'
  | 'updateFeatures'
>

/**
 * The active controller, wherever it is: what a broker asks of it. Its changes for clients, and a
 * registration, answer once this broker's own image shows what they changed.
 */
export interface ControllerChannel extends ControllerChanges {
  registerBroker: Controller['registerBroker']
  brokerHeartbeat: Controller['brokerHeartbeat']
  allocateProducerIds(): Promise<AllocateProducerIdsResponseInput>
  assignReplicasToDirs(
    directories: AssignReplicasToDirsRequest['directories'],
  ): Promise<AssignReplicasToDirsResponseInput>

  /** Who leads the metadata log now, and what is committed of it. */
  quorum(): QuorumState
}
