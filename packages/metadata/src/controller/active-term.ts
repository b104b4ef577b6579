import { KafkaError } from '@ottla/protocol'
import type {
  BrokerHeartbeatRequest,
  BrokerHeartbeatResponseInput,
} from '@ottla/protocol/messages/broker-heartbeat'
import type {
  BrokerRegistrationRequest,
  BrokerRegistrationResponseInput,
} from '@ottla/protocol/messages/broker-registration'
import type {
  UnregisterBrokerRequest,
  UnregisterBrokerResponseInput,
} from '@ottla/protocol/messages/unregister-broker'
import type { Clock, Logger, Timer } from '@ottla/runtime'
import { StateMachine } from '@ottla/state-machine'
import type { Decision } from '@ottla/state-machine'
import { METADATA_VERSION } from '../image/record-versions.ts'
import type { MetadataImage } from '../image/metadata-image.ts'
import type { MetadataLoader } from '../loader/metadata-loader.ts'
import type { MetadataRecord } from '../records/metadata-record.ts'
import { encodeRecord } from '../records/record-frame.ts'
import type { ControllerLease, MetadataStore } from '../stores/metadata-store.ts'
import { bootstrapRecords, supportedFeatures } from './bootstrap.ts'
import { brokerHeartbeat, fenceBroker } from './broker-heartbeat.ts'
import { BrokerSessions } from './broker-sessions.ts'
import { ControllerState } from './controller-state.ts'
import type { ControllerEnvironment } from './environment.ts'
import { registerBroker } from './register-broker.ts'
import { unregisterBroker } from './unregister-broker.ts'

/**
 * The controller while it holds one lease: the state machine over the metadata log, and the sessions of
 * the brokers. It ends when the lease is lost, an append fails or the controller is closed; the next
 * term starts from the log again.
 */
export class ActiveTerm {
  readonly #lease: ControllerLease
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #environment: ControllerEnvironment
  readonly #machine: StateMachine<ControllerState, MetadataRecord>
  readonly #sessions: BrokerSessions
  readonly #isInTransaction: boolean
  #timer: Timer | null = null
  readonly #ended = Promise.withResolvers<Error>()

  constructor(
    lease: ControllerLease,
    loader: MetadataLoader,
    { store, clock }: { readonly store: MetadataStore; readonly clock: Clock },
    environment: ControllerEnvironment,
    logger: Logger,
  ) {
    this.#lease = lease
    this.#clock = clock
    this.#logger = logger
    this.#environment = environment
    this.#sessions = new BrokerSessions(environment.settings.brokerSessionTimeoutMs)
    this.#isInTransaction = loader.isInTransaction
    const state = new ControllerState(loader.image, lease.endOffset)
    this.#machine = new StateMachine<ControllerState, MetadataRecord>({
      state,
      apply: (into, record) => into.apply(record),
      appender: {
        append: (records) => store.append(lease, state.nextOffset, records.map(encodeRecord)),
      },
      onFailure: (error) => this.#end(error),
    })
    lease.lost.addEventListener('abort', () => this.end(lease.lost.reason as Error))
  }

  get epoch(): number {
    return this.#lease.epoch
  }

  /** Resolves when the term is over, with why. */
  get ended(): Promise<Error> {
    return this.#ended.promise
  }

  /** Writes what a new cluster, or a predecessor's interrupted transaction, needs; starts the sessions. */
  async activate(): Promise<void> {
    const { image } = this.#machine.state
    checkFeatures(image)
    // Brokers had another controller until now; each gets a whole session to find this one.
    for (const broker of image.brokers.values()) {
      if (!broker.isFenced) this.#sessions.touch(broker.id, this.#clock.monotonic(), -1)
    }
    await this.submit((now) => ({ records: this.#firstRecords(now), reply: undefined }))
    this.#scheduleFencing()
  }

  submit<Reply>(
    decide: (image: MetadataImage, nextOffset: number) => Decision<MetadataRecord, Reply>,
  ): Promise<Reply> {
    return this.#machine.submit((state) => decide(state.image, state.nextOffset))
  }

  async registerBroker(
    request: BrokerRegistrationRequest,
  ): Promise<BrokerRegistrationResponseInput> {
    const { brokerId, incarnationId } = request
    return this.submit((image, nextOffset) => {
      const broker = image.broker(brokerId)
      const now = this.#clock.monotonic()
      const hasValidSession =
        broker !== undefined && !broker.isFenced && this.#sessions.isValid(brokerId, now)
      const decision = registerBroker(
        image,
        request,
        this.#environment,
        nextOffset,
        hasValidSession,
      )
      if (broker?.incarnationId !== incarnationId) this.#sessions.end(brokerId)
      this.#sessions.touch(brokerId, now, -1)
      this.#logger.info('Registered a broker', { brokerId, epoch: decision.reply.brokerEpoch })
      return decision
    })
  }

  async brokerHeartbeat(request: BrokerHeartbeatRequest): Promise<BrokerHeartbeatResponseInput> {
    const reply = this.submit((image, nextOffset) => {
      const decision = brokerHeartbeat(
        image,
        request,
        this.#environment,
        this.#sessions,
        nextOffset,
      )
      const offset = Number(request.currentMetadataOffset)
      this.#sessions.touch(request.brokerId, this.#clock.monotonic(), offset)
      return decision
    })
    // The decision is applied by now: the broker may be the first that is unfenced.
    if (this.#timer === null) this.#scheduleFencing()
    return reply
  }

  async unregisterBroker(request: UnregisterBrokerRequest): Promise<UnregisterBrokerResponseInput> {
    return this.submit((image) => {
      const decision = unregisterBroker(image, request, this.#environment)
      this.#sessions.end(request.brokerId)
      return decision
    })
  }

  /** Rejects what is not committed. Harmless twice. */
  end(reason: Error): void {
    this.#machine.stop(reason)
  }

  #end(reason: Error): void {
    this.#timer?.cancel()
    this.#timer = null
    this.#ended.resolve(reason)
  }

  #firstRecords(image: MetadataImage): MetadataRecord[] {
    const records: MetadataRecord[] = []
    if (this.#isInTransaction) {
      const reason = 'Controller failover'
      records.push({ type: 'AbortTransactionRecord', version: 0, value: { reason } })
    }
    if (image.featureLevel(METADATA_VERSION) === 0) {
      // This node's own: nothing is set in the cluster yet.
      const layers = { topic: NOTHING, broker: NOTHING, cluster: NOTHING }
      const minIsr = this.#environment.configs.topicValue('min.insync.replicas', layers)
      records.push(...bootstrapRecords(minIsr ?? '1'))
    }
    return records
  }

  /** Looks again when the oldest session would end; heartbeats meanwhile only make that later. */
  #scheduleFencing(): void {
    this.#timer?.cancel()
    this.#timer = null
    const now = this.#clock.monotonic()
    let waitMs = Infinity
    for (const broker of this.#machine.state.image.brokers.values()) {
      if (!broker.isFenced) waitMs = Math.min(waitMs, this.#sessions.remainingMs(broker.id, now))
    }
    if (waitMs === Infinity || this.#machine.failure !== null) return
    this.#timer = this.#clock.schedule(Math.max(waitMs, 0) + 1, () => this.#fenceSilent())
  }

  #fenceSilent(): void {
    const now = this.#clock.monotonic()
    const { brokers } = this.#machine.state.image
    for (const { id, isFenced } of brokers.values()) {
      if (isFenced || this.#sessions.isValid(id, now)) continue
      this.#logger.warn('Fencing a broker that was not heard of in time', { brokerId: id })
      // One at a time: the next decision sees the leaders that this one chose.
      this.submit((image) => ({
        records: fenceBroker(image, image.broker(id)!, this.#environment),
        reply: undefined,
      })).catch((error: Error) => this.end(error))
    }
    this.#scheduleFencing()
  }
}

const NOTHING: ReadonlyMap<string, string> = new Map()

/** A log of a newer version may hold what this one does not understand. */
function checkFeatures(image: MetadataImage): void {
  for (const [name, level] of image.features) {
    const supported = supportedFeatures.get(name)
    if (supported !== undefined && level >= supported.min && level <= supported.max) continue
    throw new KafkaError(
      'UNSUPPORTED_VERSION',
      `The cluster runs with ${name} at level ${level}; this version supports ` +
        (supported === undefined ? 'no such feature' : `${supported.min} to ${supported.max}`),
    )
  }
}
