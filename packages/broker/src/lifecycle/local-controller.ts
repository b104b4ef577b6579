import type { Controller, MetadataLoader, MetadataStore } from '@ottla/metadata'
import type { AllocateProducerIdsResponseInput } from '@ottla/protocol/messages/allocate-producer-ids'
import type {
  AssignReplicasToDirsRequest,
  AssignReplicasToDirsResponseInput,
} from '@ottla/protocol/messages/assign-replicas-to-dirs'
import type { ControllerChannel, ControllerChanges, QuorumState } from './controller-channel.ts'
import type { ImagePublisher } from './image-publisher.ts'

type Changes = ControllerChanges

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

  registerBroker: ControllerChannel['registerBroker'] = (request) =>
    this.#inEffect(this.#options.controller.registerBroker(request))

  brokerHeartbeat: ControllerChannel['brokerHeartbeat'] = (request) =>
    this.#options.controller.brokerHeartbeat(request)

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

  createTopics: Changes['createTopics'] = (request, caller) =>
    this.#inEffect(this.#options.controller.createTopics(request, caller))

  deleteTopics: Changes['deleteTopics'] = (request, version, caller) =>
    this.#inEffect(this.#options.controller.deleteTopics(request, version, caller))

  createPartitions: Changes['createPartitions'] = (request, caller) =>
    this.#inEffect(this.#options.controller.createPartitions(request, caller))

  alterConfigs: Changes['alterConfigs'] = (request) =>
    this.#inEffect(this.#options.controller.alterConfigs(request))

  incrementalAlterConfigs: Changes['incrementalAlterConfigs'] = (request) =>
    this.#inEffect(this.#options.controller.incrementalAlterConfigs(request))

  alterClientQuotas: Changes['alterClientQuotas'] = (request) =>
    this.#inEffect(this.#options.controller.alterClientQuotas(request))

  alterPartitionReassignments: Changes['alterPartitionReassignments'] = (request) =>
    this.#inEffect(this.#options.controller.alterPartitionReassignments(request))

  electLeaders: Changes['electLeaders'] = (request) =>
    this.#inEffect(this.#options.controller.electLeaders(request))

  unregisterBroker: Changes['unregisterBroker'] = (request) =>
    this.#inEffect(this.#options.controller.unregisterBroker(request))

  updateFeatures: Changes['updateFeatures'] = (request, version) =>
    this.#inEffect(this.#options.controller.updateFeatures(request, version))

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
