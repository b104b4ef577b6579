import type {
  AssignReplicasToDirsRequest,
  AssignReplicasToDirsResponseInput,
} from '@ottla/protocol/messages/assign-replicas-to-dirs'
import type { Controller, MetadataLoader, MetadataStore, MutationCharge } from '@ottla/metadata'
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
import type { ControllerChannel, QuorumState } from './controller-channel.ts'
import type { ImagePublisher } from './image-publisher.ts'

export interface LocalControllerOptions {
  readonly brokerId: number
  readonly controller: Controller
  readonly store: MetadataStore
  readonly loader: MetadataLoader
  readonly publisher: ImagePublisher
  /** Known once the broker is registered. */
  readonly brokerEpoch: () => number
}

/** The controller in this broker's own process. */
export class LocalController implements ControllerChannel {
  readonly #options: LocalControllerOptions

  constructor(options: LocalControllerOptions) {
    this.#options = options
  }

  registerBroker(request: BrokerRegistrationRequest): Promise<BrokerRegistrationResponseInput> {
    return this.#inEffect(this.#options.controller.registerBroker(request))
  }

  brokerHeartbeat(request: BrokerHeartbeatRequest): Promise<BrokerHeartbeatResponseInput> {
    return this.#options.controller.brokerHeartbeat(request)
  }

  allocateProducerIds(): Promise<AllocateProducerIdsResponseInput> {
    const { controller, brokerId, brokerEpoch } = this.#options
    return controller.allocateProducerIds({ brokerId, brokerEpoch: brokerEpoch() })
  }

  assignReplicasToDirs(
    directories: AssignReplicasToDirsRequest['directories'],
  ): Promise<AssignReplicasToDirsResponseInput> {
    const { controller, brokerId, brokerEpoch } = this.#options
    return controller.assignReplicasToDirs({ brokerId, brokerEpoch: brokerEpoch(), directories })
  }

  createTopics(
    request: CreateTopicsRequest,
    charge?: MutationCharge,
  ): Promise<CreateTopicsResponseInput> {
    return this.#inEffect(this.#options.controller.createTopics(request, undefined, charge))
  }

  deleteTopics(
    request: DeleteTopicsRequest,
    apiVersion: number,
    charge?: MutationCharge,
  ): Promise<DeleteTopicsResponseInput> {
    return this.#inEffect(
      this.#options.controller.deleteTopics(request, apiVersion, undefined, charge),
    )
  }

  createPartitions(
    request: CreatePartitionsRequest,
    charge?: MutationCharge,
  ): Promise<CreatePartitionsResponseInput> {
    return this.#inEffect(this.#options.controller.createPartitions(request, undefined, charge))
  }

  alterConfigs(request: AlterConfigsRequest): Promise<AlterConfigsResponseInput> {
    return this.#inEffect(this.#options.controller.alterConfigs(request))
  }

  incrementalAlterConfigs(
    request: IncrementalAlterConfigsRequest,
  ): Promise<IncrementalAlterConfigsResponseInput> {
    return this.#inEffect(this.#options.controller.incrementalAlterConfigs(request))
  }

  alterClientQuotas(request: AlterClientQuotasRequest): Promise<AlterClientQuotasResponseInput> {
    return this.#inEffect(this.#options.controller.alterClientQuotas(request))
  }

  alterPartitionReassignments(
    request: AlterPartitionReassignmentsRequest,
  ): Promise<AlterPartitionReassignmentsResponseInput> {
    return this.#inEffect(this.#options.controller.alterPartitionReassignments(request))
  }

  electLeaders(request: ElectLeadersRequest): Promise<ElectLeadersResponseInput> {
    return this.#inEffect(this.#options.controller.electLeaders(request))
  }

  unregisterBroker(request: UnregisterBrokerRequest): Promise<UnregisterBrokerResponseInput> {
    return this.#inEffect(this.#options.controller.unregisterBroker(request))
  }

  updateFeatures(
    request: UpdateFeaturesRequest,
    apiVersion: number,
  ): Promise<UpdateFeaturesResponseInput> {
    return this.#inEffect(this.#options.controller.updateFeatures(request, apiVersion))
  }

  quorum(): QuorumState {
    const { store } = this.#options
    const active = store.activeController
    return {
      leaderId: active?.controllerId ?? -1,
      leaderEpoch: active?.epoch ?? -1,
      highWatermark: store.endOffset,
    }
  }

  /** Answers once this broker itself has seen and done what the controller decided. */
  async #inEffect<Answer>(answering: Promise<Answer>): Promise<Answer> {
    const { store, loader, publisher } = this.#options
    const answer = await answering
    await loader.caughtUpTo(store.endOffset)
    await publisher.caughtUp()
    return answer
  }
}
