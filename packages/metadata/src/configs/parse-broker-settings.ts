import { assert } from '@ottla/runtime'
import type { BrokerSettings, HostAndPort } from './broker-settings.ts'
import { brokerProblems } from './check-broker-settings.ts'
import { readListenerSettings } from './listener-settings.ts'
import { defaultValue, type ParsedValue } from './parse-value.ts'
import type { SettingValue } from './setting.ts'
import { readEntries, type SettingEntry } from './setting-entry.ts'
import { brokerSettingTable } from './tables.ts'
import { topicSettingsFrom } from './topic-config.ts'

export interface ParsedBrokerSettings {
  readonly settings: BrokerSettings
  /** Sentences for the log: what was given and does nothing. */
  readonly warnings: readonly string[]
}

/** Sentences for a person: what is wrong, where it stands, what would be valid. */
export interface SettingProblems {
  readonly problems: readonly string[]
}

/**
 * Reads a broker's settings, as server.properties, the environment and flags give them.
 *
 * @param entries In rising precedence: of two with the same name the later one wins.
 * @param options.clusterId Wanted for a new data directory; not one of Kafka's settings.
 * @returns The settings, or every problem there is: nothing starts on half-understood settings.
 */
export function parseBrokerSettings(
  entries: readonly SettingEntry[],
  options: { readonly clusterId?: string | undefined } = {},
): ParsedBrokerSettings | SettingProblems {
  const { values, given, wheres, problems, warnings } = readEntries(entries)
  if (problems.length > 0) return { problems }

  const reader = new SettingReader(values)
  const listeners = readListenerSettings(reader)
  const found = [...listeners.problems, ...brokerProblems(reader)]
  if (found.length > 0) {
    return { problems: found.map(({ name, message }) => located(name, message, wheres)) }
  }
  const allWarnings = [...warnings, ...listeners.warnings]
  const settings = typedSettings(reader, listeners, given, options.clusterId ?? null)
  return { settings, warnings: allWarnings }
}

function located(name: string, message: string, wheres: ReadonlyMap<string, string>): string {
  const where = wheres.get(name)
  return `${name} (${where ?? 'by default'}): ${message}`
}

/** Settings by name, defaults filled in. */
export class SettingReader {
  readonly #values: ReadonlyMap<string, ParsedValue>

  constructor(values: ReadonlyMap<string, ParsedValue>) {
    this.#values = values
  }

  isSet(name: string): boolean {
    return this.#values.has(name)
  }

  parsed(name: string): ParsedValue {
    const given = this.#values.get(name)
    if (given !== undefined) return given
    const setting = brokerSettingTable.get(name)
    assert(setting !== undefined, 'code asks only for settings that the table has')
    return defaultValue(setting)
  }

  get(name: string): SettingValue {
    return this.parsed(name).value
  }

  number(name: string): number {
    const value = this.get(name)
    assert(typeof value === 'number', 'the setting is a number that has a default')
    return value
  }

  boolean(name: string): boolean {
    return this.get(name) === true
  }

  string(name: string): string | null {
    const value = this.get(name)
    return typeof value === 'string' ? value : null
  }

  list(name: string): readonly string[] {
    const value = this.get(name)
    return Array.isArray(value) ? (value as readonly string[]) : []
  }
}

function cordonedLogDirs(cordoned: readonly string[], all: readonly string[]): readonly string[] {
  return cordoned[0] === '*' ? all : cordoned
}

function typedSettings(
  reader: SettingReader,
  listeners: ReturnType<typeof readListenerSettings>,
  given: ReadonlyMap<string, string>,
  clusterId: string | null,
): BrokerSettings {
  const number = (name: string): number => reader.number(name)
  const boolean = (name: string): boolean => reader.boolean(name)
  const logDirs = reader.isSet('log.dirs') ? reader.list('log.dirs') : reader.list('log.dir')
  const nodeId = reader.isSet('node.id') ? number('node.id') : number('broker.id')
  return {
    nodeId: nodeId === -1 ? number('node.id') : nodeId,
    rack: reader.string('broker.rack'),
    clusterId,

    listeners: listeners.listeners,
    advertisedListeners: listeners.advertisedListeners,
    controllerListeners: listeners.controllerListeners,
    interBrokerListenerName: listeners.interBrokerListenerName,

    logDirs,
    cordonedLogDirs: cordonedLogDirs(reader.list('cordoned.log.dirs'), logDirs),
    metadataLogDir: reader.string('metadata.log.dir') ?? logDirs[0] ?? '',

    autoCreateTopicsEnable: boolean('auto.create.topics.enable'),
    deleteTopicEnable: boolean('delete.topic.enable'),
    numPartitions: number('num.partitions'),
    defaultReplicationFactor: number('default.replication.factor'),
    requestTimeoutMs: number('request.timeout.ms'),

    socketRequestMaxBytes: number('socket.request.max.bytes'),
    socketListenBacklogSize: number('socket.listen.backlog.size'),
    connectionsMaxIdleMs: number('connections.max.idle.ms'),
    queuedMaxRequests: number('queued.max.requests'),
    queuedMaxRequestBytes: number('queued.max.request.bytes'),
    fetchMaxBytes: number('fetch.max.bytes'),
    maxIncrementalFetchSessionCacheSlots: number('max.incremental.fetch.session.cache.slots'),
    maxRequestPartitionSizeLimit: number('max.request.partition.size.limit'),
    messageMaxBytes: number('message.max.bytes'),

    brokerHeartbeatIntervalMs: number('broker.heartbeat.interval.ms'),
    brokerSessionTimeoutMs: number('broker.session.timeout.ms'),
    initialBrokerRegistrationTimeoutMs: number('initial.broker.registration.timeout.ms'),
    replicaLagTimeMaxMs: number('replica.lag.time.max.ms'),
    replicaHighWatermarkCheckpointIntervalMs: number(
      'replica.high.watermark.checkpoint.interval.ms',
    ),
    numRecoveryThreadsPerDataDir: number('num.recovery.threads.per.data.dir'),

    logRetentionCheckIntervalMs: number('log.retention.check.interval.ms'),
    logInitialTaskDelayMs: number('log.initial.task.delay.ms'),
    logFlushSchedulerIntervalMs: number('log.flush.scheduler.interval.ms'),
    logDirFailureTimeoutMs: number('log.dir.failure.timeout.ms'),
    logFlushOffsetCheckpointIntervalMs: number('log.flush.offset.checkpoint.interval.ms'),
    logFlushStartOffsetCheckpointIntervalMs: number(
      'log.flush.start.offset.checkpoint.interval.ms',
    ),

    metadataLogSegmentBytes: number('metadata.log.segment.bytes'),
    metadataLogSegmentMs: number('metadata.log.segment.ms'),
    metadataLogMaxRecordBytesBetweenSnapshots: number(
      'metadata.log.max.record.bytes.between.snapshots',
    ),
    metadataLogMaxSnapshotIntervalMs: number('metadata.log.max.snapshot.interval.ms'),
    metadataMaxRetentionBytes: number('metadata.max.retention.bytes'),
    metadataMaxRetentionMs: number('metadata.max.retention.ms'),

    groupInitialRebalanceDelayMs: number('group.initial.rebalance.delay.ms'),
    groupMinSessionTimeoutMs: number('group.min.session.timeout.ms'),
    groupMaxSessionTimeoutMs: number('group.max.session.timeout.ms'),
    groupMaxSize: number('group.max.size'),
    offsetMetadataMaxBytes: number('offset.metadata.max.bytes'),
    offsetsCommitTimeoutMs: number('offsets.commit.timeout.ms'),
    offsetsRetentionMs: number('offsets.retention.minutes') * 60_000,
    offsetsRetentionCheckIntervalMs: number('offsets.retention.check.interval.ms'),
    offsetsTopicNumPartitions: number('offsets.topic.num.partitions'),
    offsetsTopicReplicationFactor: number('offsets.topic.replication.factor'),
    offsetsTopicSegmentBytes: number('offsets.topic.segment.bytes'),
    offsetsTopicCompressionCodec: number('offsets.topic.compression.codec'),

    ottlaHttpListener: hostAndPort(reader.string('ottla.http.listener')),
    ottlaMetricsSeriesMax: number('ottla.metrics.series.max'),

    producerIdExpirationMs: number('producer.id.expiration.ms'),
    producerIdExpirationCheckIntervalMs: number('producer.id.expiration.check.interval.ms'),
    transactionMaxTimeoutMs: number('transaction.max.timeout.ms'),
    transactionalIdExpirationMs: number('transactional.id.expiration.ms'),
    transactionStateLogNumPartitions: number('transaction.state.log.num.partitions'),
    transactionStateLogReplicationFactor: number('transaction.state.log.replication.factor'),
    transactionStateLogSegmentBytes: number('transaction.state.log.segment.bytes'),
    transactionStateLogMinIsr: number('transaction.state.log.min.isr'),

    topicDefaults: topicSettingsFrom(new Map(), (name) => reader.parsed(name)),

    get: (name) => reader.get(name),
    text: (name) => reader.parsed(name).text,
    isSet: (name) => reader.isSet(name),
    given,
  }
}

/** Of a text that its setting's form has let pass. */
function hostAndPort(text: string | null): HostAndPort | null {
  if (text === null || text === '') return null
  const colon = text.lastIndexOf(':')
  return {
    host: text.slice(0, colon).replaceAll(/[[\]]/g, ''),
    port: Number(text.slice(colon + 1)),
  }
}
