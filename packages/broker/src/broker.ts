import {
  type BrokerSettings,
  brokerConfigRules,
  Controller,
  LocalMetadataStore,
  MetadataLoader,
  type MetadataStore,
  noDynamicSettings,
} from '@ottla/metadata'
import { KafkaError } from '@ottla/protocol'
import { assert, DiskError, InvariantError, type Logger, type Runtime } from '@ottla/runtime'
import { describeFailure, LogManager, type OfflineDirectory } from '@ottla/storage'
import { ByteBudget } from '@ottla/transport'
import {
  brokerHealth,
  type BrokerHealth,
  type BrokerState,
  brokerStateNumbers,
} from './broker-health.ts'
import type { BrokerParts } from './broker-parts.ts'
import { configSource } from './config-source.ts'
import { FetchSessions } from './fetching/fetch-sessions.ts'
import { GroupCoordinators } from './groups/group-coordinators.ts'
import { BrokerLifecycle } from './lifecycle/broker-lifecycle.ts'
import type { ControllerChannel } from './lifecycle/controller-channel.ts'
import { ImagePublisher } from './lifecycle/image-publisher.ts'
import { warnOfUnserved } from './lifecycle/unserved-metadata.ts'
import { LocalController } from './lifecycle/local-controller.ts'
import { Metadata } from './metadata.ts'
import { BrokerCounters } from './metrics/broker-counters.ts'
import { BrokerMetrics } from './metrics/broker-metrics.ts'
import { type DescriptorShares, shareDescriptors } from './network/descriptor-shares.ts'
import { Dispatcher } from './network/dispatcher.ts'
import { ConnectionGate } from './network/connection-gate.ts'
import { BrokerListener } from './network/listener.ts'
import { OFFSETS_TOPIC } from './internal-topics.ts'
import { giveUpReplicas } from './partitions/offline-replicas.ts'
import { cleanerSettings } from './partitions/cleaner-settings.ts'
import { DirectoryAssignments } from './partitions/directory-assignments.ts'
import { ReplicaAssigner } from './partitions/replica-assigner.ts'
import { Replicas } from './partitions/replicas.ts'
import { ProducerIds } from './producer-ids.ts'
import { ClientQuotas } from './quotas/client-quotas.ts'
import { rateWindow } from './quotas/rate.ts'
import { connectionLimits, RunningSettings } from './running-settings.ts'
import { servedApis } from './served-apis.ts'
import { TopicCreation } from './topic-creation.ts'

export interface BrokerOptions {
  readonly runtime: Runtime
  readonly settings: BrokerSettings
  /** Called once when the broker has stopped by itself, after an error that it cannot go on from. */
  readonly onFailure?: (error: Error) => void
}

/** The controller in this process, and the log that it writes. */
interface Quorum {
  readonly store: MetadataStore
  readonly loader: MetadataLoader
  readonly controller: Controller
}

/** An address that clients can use. */
export interface BoundListener {
  readonly name: string
  readonly host: string
  readonly port: number
}

const SECURITY_PROTOCOLS = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL']

/** A fetch session used within this time is not given up for another (KIP-227). */
const FETCH_SESSION_EVICTION_MS = 120_000

/**
 * A running broker: the one place that makes the parts and hands them to each other.
 *
 * It starts from the bottom (data directories, metadata log, controller) to the top (listeners that
 * answer), and stops in the opposite order, so that what is in flight is answered and what was
 * acknowledged is on disk.
 */
export class Broker implements AsyncDisposable {
  readonly #settings: BrokerSettings
  readonly #logger: Logger
  readonly #runtime: Runtime
  readonly #onFailure: ((error: Error) => void) | undefined
  readonly #stack = new AsyncDisposableStack()
  #listeners: BrokerListener[] = []
  #advertised: BoundListener[] = []
  #logs: LogManager | undefined
  #clusterId = ''
  readonly #counters = new BrokerCounters()
  readonly #budget: ByteBudget
  readonly #descriptors: DescriptorShares
  readonly #gate: ConnectionGate
  #quotas: ClientQuotas | undefined
  #state: BrokerState = 'starting'
  #metrics: BrokerMetrics | undefined
  #metadata: Metadata | undefined
  #closing: Promise<void> | undefined
  #isStarted = false
  /** Why it stops by itself. */
  #failure: Error | undefined
  /** Gives up what is in a directory that failed. Until the broker has replicas: nothing. */
  #giveUp: (offline: OfflineDirectory) => void = () => {}

  private constructor({ runtime, settings, onFailure }: BrokerOptions) {
    this.#runtime = runtime
    this.#settings = settings
    this.#logger = runtime.logger
    this.#onFailure = onFailure
    const { queuedMaxRequestBytes } = settings
    this.#budget = new ByteBudget(queuedMaxRequestBytes < 0 ? Infinity : queuedMaxRequestBytes)
    this.#descriptors = shareDescriptors(runtime.health.read().openFilesMax)
    this.#gate = new ConnectionGate({
      clock: runtime.clock,
      limits: connectionLimits(settings, noDynamicSettings),
      descriptorsMax: this.#descriptors.connectionsMax,
      window: rateWindow(settings, 'quota'),
      newPerSecondFrom: (address) => this.#quotas?.newConnectionsPerSecond(address) ?? null,
    })
  }

  /**
   * Resolves when clients are answered.
   * @throws {DiskError} LOCKED when another broker has the data directory.
   * @throws {NetworkError} ADDRESS_IN_USE when another program has the port.
   */
  static async start(options: BrokerOptions): Promise<Broker> {
    const broker = new Broker(options)
    try {
      await broker.#start()
      if (broker.#failure !== undefined) throw broker.#failure
      broker.#isStarted = true
      return broker
    } catch (error) {
      await broker.close()
      throw broker.#failure ?? error
    }
  }

  get nodeId(): number {
    return this.#settings.nodeId
  }

  get clusterId(): string {
    return this.#clusterId
  }

  /** What clients are told to connect to, the port that was bound in place of 0. */
  get listeners(): readonly BoundListener[] {
    return this.#advertised
  }

  /** A look at its numbers. */
  get metrics(): BrokerMetrics {
    assert(this.#metrics !== undefined, 'a broker that was started has metrics')
    return this.#metrics
  }

  /** How it is, for those who decide whether to send it clients, or to start it anew. */
  get health(): BrokerHealth {
    return brokerHealth({ state: this.#state, nodeId: this.nodeId, image: this.#metadata?.image })
  }

  /** Answers what is in flight, syncs, marks the clean shutdown. Harmless twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    if (this.#state !== 'failed') this.#state = 'stopping'
    await this.#stack.disposeAsync()
    if (this.#state !== 'failed') this.#state = 'stopped'
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #start(): Promise<void> {
    const logs = await this.#openLogs()
    this.#logs = logs
    this.#stack.use(logs)
    this.#clusterId = logs.clusterId
    await this.#bind()
    const quorum = await this.#openMetadata(logs)
    const dispatcher = await this.#join(logs, quorum)
    for (const listener of this.#listeners) listener.serve(dispatcher)
    this.#state = 'running'
  }

  /** The metadata log, the controller that writes it, and the loader that folds it. */
  async #openMetadata(logs: LogManager): Promise<Quorum> {
    const { clock, random } = this.#runtime
    const settings = this.#settings
    const logger = this.#logger
    logs.resources.directoryFailures.watch(settings.metadataLogDir)
    const store = await LocalMetadataStore.open({
      resources: logs.resources,
      directory: settings.metadataLogDir,
      segmentBytes: settings.metadataLogSegmentBytes,
    })
    this.#stack.defer(() => store.close())
    const loader = new MetadataLoader({
      store,
      clock,
      logger,
      bytesBetweenSnapshotsMax: settings.metadataLogMaxRecordBytesBetweenSnapshots,
      snapshotIntervalMs: settings.metadataLogMaxSnapshotIntervalMs,
      onFailure: (error) => this.stopAfter(error),
    })
    this.#stack.use(loader)
    const controller = new Controller({
      nodeId: settings.nodeId,
      clusterId: logs.clusterId,
      store,
      loader,
      settings,
      configs: brokerConfigRules(settings),
      clock,
      random,
      logger,
      onFailure: (error) => this.stopAfter(error),
    })
    this.#stack.use(controller)
    controller.start()
    await loader.start()
    await controller.whenActive()
    warnOfUnserved(loader.image, logger)
    return { store, loader, controller }
  }

  /** Registers with the controller, takes the leaderships it gives, and is ready to serve. */
  async #join(logs: LogManager, { store, loader, controller }: Quorum): Promise<Dispatcher> {
    const { clock, random } = this.#runtime
    const settings = this.#settings
    const logger = this.#logger
    const brokerId = settings.nodeId

    const metadata = new Metadata(logs.clusterId)
    this.#metadata = metadata
    const replicas = new Replicas(logger)
    metadata.here = {
      brokerId,
      isOffline: (topic, index) => replicas.isOffline(topic, index),
    }
    const publisher = new ImagePublisher(loader, metadata, (error) => this.stopAfter(error))
    const channel = new LocalController({
      brokerId,
      controller,
      store,
      loader,
      publisher,
      brokerEpoch: () => lifecycle.brokerEpoch,
    })
    const lifecycle = this.#makeLifecycle(channel, metadata, logs)
    const topicCreation = new TopicCreation({ controller: channel, metadata, settings, logger })
    const groups = new GroupCoordinators({
      clock,
      random,
      logger,
      settings,
      metadata,
      topicCreation,
      isOffline: (index) => replicas.isOffline(OFFSETS_TOPIC, index),
    })
    this.#giveUp = (offline) => {
      const count = giveUpReplicas(offline, replicas, groups)
      if (offline.id !== null) lifecycle.directoryFailed(offline.id)
      logger.warn('replicas are offline', { directory: offline.directory, count })
    }
    const directories = new DirectoryAssignments(channel, clock, logger)
    this.#stack.defer(() => directories.stop())
    this.#stack.defer(
      logs.moves.subscribe((log) => {
        const partition = replicas.find(log.topic, log.partition)
        const directoryId = logs.directoryOf(log.topic, log.partition)
        if (partition === undefined || directoryId === undefined) return
        partition.moveTo(log)
        directories.note(partition.topicId, partition.index, directoryId)
      }),
    )
    const assigner = new ReplicaAssigner({
      directories,
      brokerId,
      settings,
      logs,
      replicas,
      groups,
      traffic: this.#counters.traffic,
      running: new RunningSettings({ settings, logs, gate: this.#gate }),
      logger,
    })

    this.#stack.defer(() => groups.close())
    this.#stack.defer(publisher.start(assigner))
    this.#stack.defer(() => lifecycle.stop())
    // Whoever waits for a rebalance is answered at once, so that connections can drain.
    this.#stack.defer(async () => {
      const drained = this.#listeners.map((listener) => listener.close())
      await groups.close()
      await Promise.all(drained)
    })
    await lifecycle.start()
    logs.brokerEpoch = lifecycle.brokerEpoch
    await publisher.caughtUp()
    // Their topics were deleted while this broker was away, or are another cluster's.
    for (const { topic, partition } of logs.unclaimed()) await logs.setAside(topic, partition)

    const fetchSessions = new FetchSessions({
      clock,
      random,
      sessionsMax: settings.maxIncrementalFetchSessionCacheSlots,
      evictionMs: FETCH_SESSION_EVICTION_MS,
    })
    this.#metrics = new BrokerMetrics({
      clock,
      health: this.#runtime.health,
      counters: this.#counters,
      listeners: this.#listeners,
      budget: this.#budget,
      replicas,
      fetchSessions,
      groups,
      metadata,
      controller,
      store,
      loader,
      logs,
      brokerState: () => brokerStateNumbers[this.#state],
      shownMax: settings.ottlaMetricsSeriesMax,
    })

    this.#quotas = new ClientQuotas({
      clock,
      metadata,
      window: rateWindow(settings, 'quota'),
      mutationWindow: rateWindow(settings, 'controller.quota'),
    })
    const parts: BrokerParts = {
      clock,
      random,
      logger,
      settings,
      metadata,
      configs: configSource(settings, metadata, logger.levels),
      controller: channel,
      replicas,
      logStarts: logs,
      directories: logs,
      fetchSessions,
      groups,
      producerIds: new ProducerIds(channel),
      topicCreation,
      metrics: this.#counters,
      quotas: this.#quotas,
      reportBug: (error, request) => this.#reportBug(error, request),
    }
    return new Dispatcher(parts, servedApis)
  }

  #openLogs(): Promise<LogManager> {
    const { clock, random, disk } = this.#runtime
    const settings = this.#settings
    return LogManager.open({
      disk,
      clock,
      random,
      logger: this.#logger,
      openFilesMax: this.#descriptors.openFilesMax,
      onFlushed: (tookMs) => this.#counters.flushMs.record(tookMs),
      directories: settings.logDirs,
      cordonedDirectories: settings.cordonedLogDirs,
      nodeId: settings.nodeId,
      clusterId: settings.clusterId,
      retentionCheckIntervalMs: settings.logRetentionCheckIntervalMs,
      recoveryPointCheckpointIntervalMs: settings.logFlushOffsetCheckpointIntervalMs,
      logStartOffsetCheckpointIntervalMs: settings.logFlushStartOffsetCheckpointIntervalMs,
      highWatermarkCheckpointIntervalMs: settings.replicaHighWatermarkCheckpointIntervalMs,
      producerIdExpirationMs: settings.producerIdExpirationMs,
      producerIdExpirationCheckIntervalMs: settings.producerIdExpirationCheckIntervalMs,
      onDirectoryFailure: (offline) => this.#onDirectoryFailure(offline),
      cleaner: cleanerSettings(settings, noDynamicSettings),
    })
  }

  /** Binds every listener; a taken port is known before anything else happens. */
  async #bind(): Promise<void> {
    const { clock, network } = this.#runtime
    const settings = this.#settings
    for (const [index, { name, host, port }] of settings.listeners.entries()) {
      const listener = await BrokerListener.bind({
        name,
        host,
        port,
        network,
        clock,
        logger: this.#logger,
        limits: {
          frameBytesMax: settings.socketRequestMaxBytes,
          idleMsMax: settings.connectionsMaxIdleMs,
        },
        budget: this.#budget,
        gate: this.#gate,
      })
      this.#listeners.push(listener)
      this.#stack.defer(() => listener.close())
      const advertised = settings.advertisedListeners[index]
      assert(advertised !== undefined, 'each listener has an advertised one')
      this.#advertised.push({
        name,
        host: advertised.host,
        port: advertised.port === 0 ? listener.port : advertised.port,
      })
    }
  }

  #makeLifecycle(
    controller: ControllerChannel,
    metadata: Metadata,
    logs: LogManager,
  ): BrokerLifecycle {
    const { clock, random } = this.#runtime
    const settings = this.#settings
    return new BrokerLifecycle({
      brokerId: settings.nodeId,
      clusterId: logs.clusterId,
      incarnationId: random.uuid(),
      rack: settings.rack,
      listeners: this.#advertised.map(({ name, host, port }, index) => ({
        name,
        host,
        port,
        securityProtocol: SECURITY_PROTOCOLS.indexOf(settings.listeners[index]?.protocol ?? ''),
      })),
      directories: logs.directoryIds,
      cordonedDirectories: () => logs.cordonedDirectoryIds,
      previousBrokerEpoch: logs.previousBrokerEpoch,
      heartbeatIntervalMs: settings.brokerHeartbeatIntervalMs,
      directoryFailureTimeoutMs: settings.logDirFailureTimeoutMs,
      onUnheard: (error) => this.stopAfter(error),
      startTimeoutMs: settings.initialBrokerRegistrationTimeoutMs,
      controller,
      metadata,
      clock,
      logger: this.#logger,
    })
  }

  /** Our own mistakes: logged with their stack; one that breaks an invariant ends the broker. */
  #reportBug(
    error: unknown,
    { apiKey, apiVersion }: { apiKey: number; apiVersion: number },
  ): KafkaError {
    const api = servedApis.get(apiKey)?.name ?? apiKey
    this.#logger.error('a request failed unexpectedly', { api, apiVersion, error })
    if (error instanceof InvariantError) this.stopAfter(error)
    return new KafkaError('UNKNOWN_SERVER_ERROR', 'the broker failed; its log says more', {
      cause: error,
    })
  }

  /**
   * Stops because of an error that it cannot go on from: state that broke an invariant is rebuilt from
   * the log, by the next start.
   */
  stopAfter(error: Error): void {
    if (this.#closing !== undefined) return
    this.#state = 'failed'
    this.#failure = error
    // What a failed disk has is left as it is; what the others have is as good as ever.
    if (!isOfDisk(error)) this.#logs?.distrust()
    this.#logger.error('the broker stops', { error })
    const stopped = (): void => {
      const failed = this.#logs?.offlineDirectories.at(-1)
      const reason = failed === undefined ? error.message : describeFailure(failed)
      this.#logger.error('the broker has stopped', { reason })
      if (this.#isStarted) this.#onFailure?.(error)
    }
    this.close().then(stopped, stopped)
  }

  /** Goes on with the other directories, where the metadata log is not in this one. */
  #onDirectoryFailure(offline: OfflineDirectory): void {
    this.#giveUp(offline)
    const { metadataLogDir } = this.#settings
    const isLast = this.#logs?.directoryIds.length === 0
    if (!isLast && !isSamePath(offline.directory, metadataLogDir)) return
    this.stopAfter(
      new KafkaError(
        'KAFKA_STORAGE_ERROR',
        isLast ? describeFailure(offline) : `the metadata log is lost: ${describeFailure(offline)}`,
        { cause: offline.error },
      ),
    )
  }
}

/** Whether an error is a disk's, and no mistake of ours. */
function isOfDisk(error: Error): boolean {
  return (
    error instanceof DiskError ||
    (error instanceof KafkaError && error.code === 'KAFKA_STORAGE_ERROR')
  )
}

function isSamePath(one: string, other: string): boolean {
  return one.replace(/\/+$/, '') === other.replace(/\/+$/, '')
}
