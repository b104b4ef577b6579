import type { ListenerSettings } from './listeners.ts'
import type { SettingValue } from './setting.ts'
import type { TopicSettings } from './topic-settings.ts'

/** An address to listen on. */
export interface HostAndPort {
  readonly host: string
  readonly port: number
}

/**
 * A broker's settings, parsed and checked: those that code acts on as fields, all others by name.
 * Numbers are in the unit of their name; Kafka's 2^63-1 ("never") is about 9.2e18.
 */
export interface BrokerSettings {
  /** `node.id`, or `broker.id`. */
  readonly nodeId: number
  readonly rack: string | null
  /** Wanted for a new data directory; null leaves the choice to it. */
  readonly clusterId: string | null

  /** To bind; those named in `controller.listener.names` are not among them. */
  readonly listeners: readonly ListenerSettings[]
  /** One for each of `listeners`, in the same order; port 0 means the port that was bound. */
  readonly advertisedListeners: readonly ListenerSettings[]
  /** Given, but not bound: this broker's controller is in its own process. */
  readonly controllerListeners: readonly ListenerSettings[]
  readonly interBrokerListenerName: string

  /** At least one. */
  readonly logDirs: readonly string[]
  /** `cordoned.log.dirs`, all of `logDirs` for `*`: they get no new partitions (KIP-1066). */
  readonly cordonedLogDirs: readonly string[]
  readonly metadataLogDir: string

  readonly autoCreateTopicsEnable: boolean
  readonly deleteTopicEnable: boolean
  readonly numPartitions: number
  readonly defaultReplicationFactor: number
  readonly requestTimeoutMs: number

  readonly socketRequestMaxBytes: number
  readonly socketListenBacklogSize: number
  readonly connectionsMaxIdleMs: number
  readonly queuedMaxRequests: number
  /** -1: no limit. */
  readonly queuedMaxRequestBytes: number
  readonly fetchMaxBytes: number
  readonly maxIncrementalFetchSessionCacheSlots: number
  readonly maxRequestPartitionSizeLimit: number
  readonly messageMaxBytes: number

  readonly brokerHeartbeatIntervalMs: number
  readonly brokerSessionTimeoutMs: number
  readonly initialBrokerRegistrationTimeoutMs: number
  readonly replicaLagTimeMaxMs: number
  readonly replicaHighWatermarkCheckpointIntervalMs: number
  readonly numRecoveryThreadsPerDataDir: number

  readonly logRetentionCheckIntervalMs: number
  readonly logInitialTaskDelayMs: number
  readonly logFlushSchedulerIntervalMs: number
  readonly logFlushOffsetCheckpointIntervalMs: number
  readonly logDirFailureTimeoutMs: number
  readonly logFlushStartOffsetCheckpointIntervalMs: number

  readonly metadataLogSegmentBytes: number
  readonly metadataLogSegmentMs: number
  readonly metadataLogMaxRecordBytesBetweenSnapshots: number
  readonly metadataLogMaxSnapshotIntervalMs: number
  readonly metadataMaxRetentionBytes: number
  readonly metadataMaxRetentionMs: number

  readonly groupInitialRebalanceDelayMs: number
  readonly groupMinSessionTimeoutMs: number
  readonly groupMaxSessionTimeoutMs: number
  readonly groupMaxSize: number
  readonly offsetMetadataMaxBytes: number
  readonly offsetsCommitTimeoutMs: number
  /** From `offsets.retention.minutes`. */
  readonly offsetsRetentionMs: number
  readonly offsetsRetentionCheckIntervalMs: number
  readonly offsetsTopicNumPartitions: number
  /** For internal topics ask `internalReplicationFactor` how many replicas to make. */
  readonly offsetsTopicReplicationFactor: number
  readonly offsetsTopicSegmentBytes: number
  /** Kafka's number of the codec. */
  readonly offsetsTopicCompressionCodec: number

  /** Where metrics and health are served; null: nowhere. */
  readonly ottlaHttpListener: HostAndPort | null
  readonly ottlaMetricsSeriesMax: number

  readonly producerIdExpirationMs: number
  readonly producerIdExpirationCheckIntervalMs: number
  readonly transactionMaxTimeoutMs: number
  readonly transactionalIdExpirationMs: number
  readonly transactionStateLogNumPartitions: number
  readonly transactionStateLogReplicationFactor: number
  readonly transactionStateLogSegmentBytes: number
  readonly transactionStateLogMinIsr: number

  /** What a topic without settings of its own has: the `log.*` settings under their topic names. */
  readonly topicDefaults: TopicSettings

  /**
   * Any setting that Kafka knows, by its name.
   * @throws {InvariantError} for a name that Kafka does not know: a bug.
   */
  get(name: string): SettingValue
  /** Its text in Kafka's form; null when not set. */
  text(name: string): string | null
  /** Whether a person gave it: defaults may be softened, a person's word not. */
  isSet(name: string): boolean
  /** What was given, as text, under the names it was given under; DescribeConfigs' static source. */
  readonly given: ReadonlyMap<string, string>
}

/** The setting names that say how many replicas an internal topic gets. */
export type InternalReplicationFactor =
  | 'offsets.topic.replication.factor'
  | 'transaction.state.log.replication.factor'
  | 'share.coordinator.state.topic.replication.factor'

/**
 * How many replicas to make for an internal topic. Kafka's default of 3 would make a cluster of one
 * fail until somebody changes it; so a default shrinks to the brokers that are alive, and only what
 * a person asked for is taken at its word.
 */
export function internalReplicationFactor(
  settings: BrokerSettings,
  name: InternalReplicationFactor,
  liveBrokers: number,
): number {
  const wanted = Number(settings.get(name))
  return settings.isSet(name) ? wanted : Math.max(1, Math.min(wanted, liveBrokers))
}
