import type { AccessControlEntryRecord } from '@ottla/protocol/records/access-control-entry-record'
import type { ClientQuotaRecord } from '@ottla/protocol/records/client-quota-record'
import type { DelegationTokenRecord } from '@ottla/protocol/records/delegation-token-record'
import type { UserScramCredentialRecord } from '@ottla/protocol/records/user-scram-credential-record'
import type { BrokerImage, ControllerImage, Endpoint } from './broker-image.ts'
import { CONFIG_RESOURCE_TYPES, configKey } from './config-resource.ts'
import type { PartitionImage } from './partition-image.ts'
import { ShardedMap } from './sharded-map.ts'
import { canCollide, collisionName } from './topic-image.ts'
import type { TopicImage } from './topic-image.ts'

/** Settings of one resource: only what was set on it, by name. */
export type ConfigEntries = ReadonlyMap<string, string>

/** Where the next block of producer ids starts, and who got the last. */
export interface ProducerIdsImage {
  readonly nextProducerId: number
  readonly brokerId: number
  readonly brokerEpoch: number
}

/** Parts of an image that are small, and copied whole when they change. */
export type SmallMap =
  | 'features'
  | 'clientQuotas'
  | 'acls'
  | 'scramCredentials'
  | 'delegationTokens'

/** The plain parts of an image. */
export interface MetadataImageParts {
  /** Offset of the last record folded in; -1 when none was. */
  readonly offset: number
  /** Controller epoch in which that record was written; -1 when there is none. */
  readonly epoch: number
  /** Wall-clock time of that record, milliseconds; -1 when there is none. */
  readonly timestampMs: number
  /** Finalized features: name to level. A feature at level 0 is absent. */
  readonly features: ReadonlyMap<string, number>
  readonly brokers: ReadonlyMap<number, BrokerImage>
  readonly controllers: ReadonlyMap<number, ControllerImage>
  readonly topicsById: ShardedMap<TopicImage>
  readonly topicIds: ShardedMap<string>
  /** Names with '.' or '_', under the name by which they collide. */
  readonly collidingNames: ShardedMap<readonly string[]>
  /** By configKey. */
  readonly configs: ShardedMap<ConfigEntries>
  readonly producerIds: ProducerIdsImage
  /** By entity and quota name, in the records' own form. */
  readonly clientQuotas: ReadonlyMap<string, ClientQuotaRecord>
  /** By id. */
  readonly acls: ReadonlyMap<string, AccessControlEntryRecord>
  /** By mechanism and user. */
  readonly scramCredentials: ReadonlyMap<string, UserScramCredentialRecord>
  /** By token id. */
  readonly delegationTokens: ReadonlyMap<string, DelegationTokenRecord>
  /** 0 NONE in every cluster that never was a ZooKeeper one; null when no record said. */
  readonly zkMigrationState: number | null
}

/**
 * The cluster's metadata at one offset of the metadata log: immutable, so whoever holds one can go
 * on reading it whatever happens meanwhile. An ImageDraft makes the next.
 */
export class MetadataImage implements MetadataImageParts {
  readonly offset: number
  readonly epoch: number
  readonly timestampMs: number
  readonly features: ReadonlyMap<string, number>
  readonly brokers: ReadonlyMap<number, BrokerImage>
  readonly controllers: ReadonlyMap<number, ControllerImage>
  readonly topicsById: ShardedMap<TopicImage>
  readonly topicIds: ShardedMap<string>
  readonly collidingNames: ShardedMap<readonly string[]>
  readonly configs: ShardedMap<ConfigEntries>
  readonly producerIds: ProducerIdsImage
  readonly clientQuotas: ReadonlyMap<string, ClientQuotaRecord>
  readonly acls: ReadonlyMap<string, AccessControlEntryRecord>
  readonly scramCredentials: ReadonlyMap<string, UserScramCredentialRecord>
  readonly delegationTokens: ReadonlyMap<string, DelegationTokenRecord>
  readonly zkMigrationState: number | null

  static readonly empty: MetadataImage = new MetadataImage({
    offset: -1,
    epoch: -1,
    timestampMs: -1,
    features: new Map(),
    brokers: new Map(),
    controllers: new Map(),
    topicsById: new ShardedMap(),
    topicIds: new ShardedMap(),
    collidingNames: new ShardedMap(),
    configs: new ShardedMap(),
    producerIds: { nextProducerId: 0, brokerId: -1, brokerEpoch: -1 },
    clientQuotas: new Map(),
    acls: new Map(),
    scramCredentials: new Map(),
    delegationTokens: new Map(),
    zkMigrationState: null,
  })

  constructor(parts: MetadataImageParts) {
    this.offset = parts.offset
    this.epoch = parts.epoch
    this.timestampMs = parts.timestampMs
    this.features = parts.features
    this.brokers = parts.brokers
    this.controllers = parts.controllers
    this.topicsById = parts.topicsById
    this.topicIds = parts.topicIds
    this.collidingNames = parts.collidingNames
    this.configs = parts.configs
    this.producerIds = parts.producerIds
    this.clientQuotas = parts.clientQuotas
    this.acls = parts.acls
    this.scramCredentials = parts.scramCredentials
    this.delegationTokens = parts.delegationTokens
    this.zkMigrationState = parts.zkMigrationState
  }

  get topicCount(): number {
    return this.topicIds.size
  }

  /** Every topic, in no order that means anything. */
  topics(): IterableIterator<TopicImage> {
    return this.topicsById.values()
  }

  topic(name: string): TopicImage | undefined {
    const id = this.topicIds.get(name)
    return id === undefined ? undefined : this.topicsById.get(id)
  }

  topicById(id: string): TopicImage | undefined {
    return this.topicsById.get(id)
  }

  partition(topic: string, index: number): PartitionImage | undefined {
    return this.topic(topic)?.partitions[index]
  }

  /** A topic other than `name` that metrics would confuse with it ('.' against '_'), if there is one. */
  topicCollidingWith(name: string): string | undefined {
    if (!canCollide(name)) return undefined
    return this.collidingNames.get(collisionName(name))?.find((other) => other !== name)
  }

  broker(id: number): BrokerImage | undefined {
    return this.brokers.get(id)
  }

  /** Brokers that clients may see: the unfenced ones. */
  aliveBrokers(): BrokerImage[] {
    return [...this.brokers.values()].filter((broker) => !broker.isFenced)
  }

  /** Where an unfenced broker listens under that listener's name. */
  endpoint(brokerId: number, listener: string): Endpoint | undefined {
    const broker = this.brokers.get(brokerId)
    return broker === undefined || broker.isFenced ? undefined : broker.endpoints.get(listener)
  }

  /** What was set on a resource; empty when nothing was. A broker's name is its id, '' all brokers. */
  config(type: number, name: string): ConfigEntries {
    return this.configs.get(configKey(type, name)) ?? NO_ENTRIES
  }

  /** The resources of a type that anything is set on. */
  configNames(type: number): string[] {
    const prefix = configKey(type, '')
    const names: string[] = []
    for (const [key, entries] of this.configs) {
      if (key.startsWith(prefix) && entries.size > 0) names.push(key.slice(prefix.length))
    }
    return names
  }

  topicConfig(topic: string): ConfigEntries {
    return this.config(CONFIG_RESOURCE_TYPES.topic, topic)
  }

  /** A finalized feature's level; 0 when it is off. */
  featureLevel(name: string): number {
    return this.features.get(name) ?? 0
  }
}

const NO_ENTRIES: ConfigEntries = new Map()
