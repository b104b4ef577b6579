import { KafkaError } from '@ottla/protocol'
import type {
  AllocateProducerIdsRequest,
  AllocateProducerIdsResponseInput,
} from '@ottla/protocol/messages/allocate-producer-ids'
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
import type {
  AssignReplicasToDirsRequest,
  AssignReplicasToDirsResponseInput,
} from '@ottla/protocol/messages/assign-replicas-to-dirs'
import type { Clock, Logger, Random } from '@ottla/runtime'
import type { MetadataLoader } from '../loader/metadata-loader.ts'
import type { MetadataStore } from '../stores/metadata-store.ts'
import { ActiveTerm } from './active-term.ts'
import { allocateProducerIds } from './allocate-producer-ids.ts'
import { alterClientQuotas } from './alter-client-quotas.ts'
import { alterConfigs } from './alter-configs.ts'
import { alterPartitionReassignments } from './alter-partition-reassignments.ts'
import { assignReplicasToDirs } from './assign-replicas-to-dirs.ts'
import type { ConfigRules } from './config-rules.ts'
import type { ControllerSettings } from './controller-settings.ts'
import { createPartitions } from './create-partitions.ts'
import type { CreatePartitionsPermissions } from './create-partitions.ts'
import { createTopics } from './create-topics.ts'
import type { CreateTopicsPermissions } from './create-topics.ts'
import { deleteTopics } from './delete-topics.ts'
import type { DeleteTopicsPermissions } from './delete-topics.ts'
import { electLeaders } from './elect-leaders.ts'
import type { ControllerEnvironment } from './environment.ts'
import { incrementalAlterConfigs } from './incremental-alter-configs.ts'
import type { MutationCharge } from './mutation-charge.ts'
import { updateFeatures } from './update-features.ts'

export interface ControllerOptions {
  /** This node's id. */
  readonly nodeId: number
  readonly clusterId: string
  readonly store: MetadataStore
  /** Follows the same store. */
  readonly loader: MetadataLoader
  readonly settings: ControllerSettings
  readonly configs: ConfigRules
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /**
   * Called once when this controller can never be active again: the disk failed, an invariant broke, or
   * the cluster runs at a feature level that this version does not know.
   */
  readonly onFailure?: (error: Error) => void
}

/** Who has topics changed. */
export interface TopicsCaller<Permissions> {
  /** What the caller may do; default: everything. */
  readonly permissions?: Permissions
  /** Charges the caller for what is changed; default: nobody. */
  readonly charge?: MutationCharge
}

/** How long a controller that failed waits before it competes again. */
const CAMPAIGN_BACKOFF_MS = 500

/**
 * One node's controller. It competes for the store's lease; while it holds it, it is the one that turns
 * requests into records. Otherwise every method throws NOT_CONTROLLER.
 *
 * Methods take and answer the protocol's messages; an error of the whole request is thrown.
 */
export class Controller implements AsyncDisposable {
  readonly #options: ControllerOptions
  readonly #environment: ControllerEnvironment
  readonly #logger: Logger
  readonly #stopped = new AbortController()
  #term: ActiveTerm | null = null
  #running: Promise<void> | null = null
  readonly #waiting = new Set<() => void>()

  constructor(options: ControllerOptions) {
    this.#options = options
    this.#environment = options
    this.#logger = options.logger.child('controller')
  }

  /** Starts to compete for the lease; does not wait for it. */
  start(): void {
    this.#running ??= this.#run()
  }

  get isActive(): boolean {
    return this.#term !== null
  }

  /** The epoch of the lease it holds; -1 when it holds none. */
  get epoch(): number {
    return this.#term?.epoch ?? -1
  }

  /**
   * Resolves once this controller is active; rejects with the signal's reason when it aborts first, or
   * with what makes it impossible.
   */
  async whenActive(options: { signal?: AbortSignal } = {}): Promise<void> {
    while (this.#term === null) {
      options.signal?.throwIfAborted()
      if (this.#stopped.signal.aborted) throw this.#stopped.signal.reason as Error
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#waiting.delete(wake)
          options.signal?.removeEventListener('abort', wake)
          resolve()
        }
        this.#waiting.add(wake)
        options.signal?.addEventListener('abort', wake, { once: true })
      })
    }
  }

  registerBroker(request: BrokerRegistrationRequest): Promise<BrokerRegistrationResponseInput> {
    return this.#active().registerBroker(request)
  }

  brokerHeartbeat(request: BrokerHeartbeatRequest): Promise<BrokerHeartbeatResponseInput> {
    return this.#active().brokerHeartbeat(request)
  }

  createTopics(
    request: CreateTopicsRequest,
    { permissions, charge }: TopicsCaller<CreateTopicsPermissions> = {},
  ): Promise<CreateTopicsResponseInput> {
    return this.#active().submit((image) =>
      createTopics(image, request, this.#environment, permissions, charge),
    )
  }

  /** @param version Of the request: what a refusal is called depends on it. */
  deleteTopics(
    request: DeleteTopicsRequest,
    version: number,
    { permissions, charge }: TopicsCaller<DeleteTopicsPermissions> = {},
  ): Promise<DeleteTopicsResponseInput> {
    return this.#active().submit((image) =>
      deleteTopics(image, request, version, this.#environment, permissions, charge),
    )
  }

  createPartitions(
    request: CreatePartitionsRequest,
    { permissions, charge }: TopicsCaller<CreatePartitionsPermissions> = {},
  ): Promise<CreatePartitionsResponseInput> {
    return this.#active().submit((image) =>
      createPartitions(image, request, this.#environment, permissions, charge),
    )
  }

  alterConfigs(request: AlterConfigsRequest): Promise<AlterConfigsResponseInput> {
    return this.#active().submit((image) => alterConfigs(image, request, this.#environment))
  }

  incrementalAlterConfigs(
    request: IncrementalAlterConfigsRequest,
  ): Promise<IncrementalAlterConfigsResponseInput> {
    return this.#active().submit((image) =>
      incrementalAlterConfigs(image, request, this.#environment),
    )
  }

  alterClientQuotas(request: AlterClientQuotasRequest): Promise<AlterClientQuotasResponseInput> {
    return this.#active().submit((image) => alterClientQuotas(image, request))
  }

  alterPartitionReassignments(
    request: AlterPartitionReassignmentsRequest,
  ): Promise<AlterPartitionReassignmentsResponseInput> {
    return this.#active().submit((image) => alterPartitionReassignments(image, request))
  }

  electLeaders(request: ElectLeadersRequest): Promise<ElectLeadersResponseInput> {
    return this.#active().submit((image) => electLeaders(image, request, this.#environment))
  }

  unregisterBroker(request: UnregisterBrokerRequest): Promise<UnregisterBrokerResponseInput> {
    return this.#active().unregisterBroker(request)
  }

  /** @param version Of the request: what is answered depends on it. */
  updateFeatures(
    request: UpdateFeaturesRequest,
    version: number,
  ): Promise<UpdateFeaturesResponseInput> {
    return this.#active().submit((image) =>
      updateFeatures(image, request, version, this.#environment),
    )
  }

  assignReplicasToDirs(
    request: AssignReplicasToDirsRequest,
  ): Promise<AssignReplicasToDirsResponseInput> {
    return this.#active().submit((image) => assignReplicasToDirs(image, request))
  }

  allocateProducerIds(
    request: AllocateProducerIdsRequest,
  ): Promise<AllocateProducerIdsResponseInput> {
    return this.#active().submit((image) => allocateProducerIds(image, request))
  }

  /** Gives up the lease. What was submitted and is not committed rejects. Harmless twice. */
  async close(): Promise<void> {
    this.#stop(new KafkaError('NOT_CONTROLLER', 'The controller was closed'))
    await this.#running
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #active(): ActiveTerm {
    if (this.#term !== null) return this.#term
    const active = this.#options.store.activeController
    throw new KafkaError(
      'NOT_CONTROLLER',
      active === null
        ? 'There is no active controller at the moment'
        : `The active controller is node ${active.controllerId}`,
    )
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped
    while (!signal.aborted) {
      try {
        await this.#serve(signal)
      } catch (error) {
        if (signal.aborted) return
        if (isFinal(error)) {
          this.#logger.error('The controller failed and gives up', { error })
          this.#stop(error as Error)
          this.#options.onFailure?.(error as Error)
          return
        }
        this.#logger.error('The controller failed; it will compete for the lease again', { error })
        await this.#options.clock.sleep(CAMPAIGN_BACKOFF_MS, { signal }).catch(() => {})
      }
    }
  }

  #stop(reason: Error): void {
    if (this.#stopped.signal.aborted) return
    this.#stopped.abort(reason)
    this.#term?.end(reason)
    for (const wake of this.#waiting) wake()
  }

  /** One term, from the campaign to the loss of the lease. */
  async #serve(signal: AbortSignal): Promise<void> {
    const { store, loader, nodeId } = this.#options
    const lease = await store.campaign(nodeId, { signal })
    try {
      // Everything that earlier controllers appended, and nobody will append any more.
      await loader.caughtUpTo(lease.earlierEndOffset, { signal })
      signal.throwIfAborted()
      lease.lost.throwIfAborted()
      const term = new ActiveTerm(lease, loader, this.#options, this.#environment, this.#logger)
      try {
        await term.activate()
        signal.throwIfAborted()
        this.#term = term
        this.#logger.info('Became the active controller', { epoch: lease.epoch })
        for (const wake of this.#waiting) wake()
        throw await term.ended
      } finally {
        this.#term = null
        term.end(new KafkaError('NOT_CONTROLLER', 'The controller is not active any more'))
      }
    } finally {
      lease.release()
    }
  }
}

/** Whether trying again would end the same way. */
function isFinal(error: unknown): boolean {
  if (!(error instanceof KafkaError)) return true
  return error.code === 'UNSUPPORTED_VERSION' || error.code === 'KAFKA_STORAGE_ERROR'
}
