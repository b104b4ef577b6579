import type { ConfigRecord } from '@ottla/protocol/records/config-record'
import type { FeatureLevelRecord } from '@ottla/protocol/records/feature-level-record'
import type { MetadataRecord } from '../records/metadata-record.ts'
import { quotaRecordKey } from './client-quotas.ts'
import { BrokersDraft } from './brokers-draft.ts'
import { CONFIG_RESOURCE_TYPES, configKey } from './config-resource.ts'
import type { ChangedConfig, MetadataDelta } from './metadata-delta.ts'
import { MetadataImage } from './metadata-image.ts'
import type { ConfigEntries, MetadataImageParts, SmallMap } from './metadata-image.ts'
import { ShardedMapDraft } from './sharded-map.ts'
import { TopicsDraft } from './topics-draft.ts'

/** What is not in a draft of its own. */
type PlainParts = Pick<
  MetadataImageParts,
  SmallMap | 'offset' | 'epoch' | 'timestampMs' | 'producerIds' | 'zkMigrationState'
>

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/**
 * The fold of the metadata log: takes records, gives the next image and what changed.
 *
 * It copies each touched shard, topic and small map once and then changes the copy in place; what
 * no record names is shared with the image it started from. A record that contradicts what came
 * before it is a broken log, not bad input: an InvariantError.
 */
export class ImageDraft {
  readonly #base: MetadataImage
  readonly #parts: Mutable<PlainParts>
  readonly #topics: TopicsDraft
  readonly #brokers: BrokersDraft
  readonly #configs: ShardedMapDraft<ConfigEntries>
  readonly #changedConfigs = new Map<string, ChangedConfig>()
  readonly #changedFeatures = new Set<string>()

  constructor(base: MetadataImage) {
    this.#base = base
    this.#parts = plainParts(base)
    this.#topics = new TopicsDraft(base)
    this.#brokers = new BrokersDraft(base)
    this.#configs = new ShardedMapDraft(base.configs)
  }

  /** Says how far in the log the image is: records are not all there is in it. */
  moveTo(offset: number, epoch: number, timestampMs: number): void {
    this.#parts.offset = offset
    this.#parts.epoch = epoch
    this.#parts.timestampMs = timestampMs
  }

  /** @param offset Where the record is in the log. */
  apply(record: MetadataRecord, offset: number): void {
    this.#parts.offset = offset
    switch (record.type) {
      case 'RegisterBrokerRecord':
        return this.#brokers.register(record.value, offset)
      case 'UnregisterBrokerRecord':
        return this.#brokers.unregister(record.value)
      case 'BrokerRegistrationChangeRecord':
        return this.#brokers.change(record.value)
      case 'FenceBrokerRecord':
        return this.#brokers.setFenced(record.value.id, Number(record.value.epoch), true)
      case 'UnfenceBrokerRecord':
        return this.#brokers.setFenced(record.value.id, Number(record.value.epoch), false)
      case 'RegisterControllerRecord':
        return this.#brokers.registerController(record.value)
      case 'TopicRecord':
        return this.#topics.create(record.value)
      case 'PartitionRecord':
        return this.#topics.createPartition(record.value)
      case 'PartitionChangeRecord':
        return this.#topics.changePartition(record.value)
      case 'RemoveTopicRecord':
        // A topic's settings go with it.
        return this.#dropConfigs(CONFIG_RESOURCE_TYPES.topic, this.#topics.remove(record.value))
      case 'ClearElrRecord':
        return this.#topics.clearElr(record.value, this.#base.topics())
      case 'ConfigRecord':
        return this.#setConfig(record.value)
      case 'FeatureLevelRecord':
        return this.#setFeature(record.value)
      case 'ProducerIdsRecord':
        this.#parts.producerIds = {
          nextProducerId: Number(record.value.nextProducerId),
          brokerId: record.value.brokerId,
          brokerEpoch: Number(record.value.brokerEpoch),
        }
        return
      case 'ClientQuotaRecord': {
        const quotas = this.#own('clientQuotas')
        if (record.value.remove)
          quotas.delete(quotaRecordKey(record.value.entity, record.value.key))
        else quotas.set(quotaRecordKey(record.value.entity, record.value.key), record.value)
        return
      }
      case 'AccessControlEntryRecord':
        this.#own('acls').set(record.value.id, record.value)
        return
      case 'RemoveAccessControlEntryRecord':
        this.#own('acls').delete(record.value.id)
        return
      case 'UserScramCredentialRecord': {
        const { salt, storedKey, serverKey } = record.value
        this.#own('scramCredentials').set(scramKey(record.value), {
          ...record.value,
          // They are slices of the log as it was read: keeping one would keep all of it.
          salt: Buffer.from(salt),
          storedKey: Buffer.from(storedKey),
          serverKey: Buffer.from(serverKey),
        })
        return
      }
      case 'RemoveUserScramCredentialRecord':
        this.#own('scramCredentials').delete(scramKey(record.value))
        return
      case 'DelegationTokenRecord':
        this.#own('delegationTokens').set(record.value.tokenId, record.value)
        return
      case 'RemoveDelegationTokenRecord':
        this.#own('delegationTokens').delete(record.value.tokenId)
        return
      case 'ZkMigrationStateRecord':
        this.#parts.zkMigrationState = record.value.zkMigrationState
        return
      // Whoever reads the log sees to it that what lies between these is folded or left out as one.
      case 'BeginTransactionRecord':
      case 'EndTransactionRecord':
      case 'AbortTransactionRecord':
      case 'NoOpRecord':
        return
      default:
        record satisfies never
    }
  }

  /** Ends the draft. */
  finish(): { readonly image: MetadataImage; readonly delta: MetadataDelta } {
    const base = this.#base
    const image = new MetadataImage({
      ...this.#parts,
      ...this.#topics.finish(),
      ...this.#brokers.finish(),
      configs: this.#configs.finish(),
    })
    const delta: MetadataDelta = {
      changedTopics: this.#topics.changed,
      deletedTopics: this.#topics.deletedFrom(base),
      changedBrokers: this.#brokers.changed,
      changedConfigs: [...this.#changedConfigs.values()],
      changedFeatures: this.#changedFeatures,
      haveQuotasChanged: image.clientQuotas !== base.clientQuotas,
      haveAclsChanged: image.acls !== base.acls,
      haveCredentialsChanged: image.scramCredentials !== base.scramCredentials,
      haveTokensChanged: image.delegationTokens !== base.delegationTokens,
    }
    return { image, delta }
  }

  #setConfig({ resourceType, resourceName, name, value }: ConfigRecord): void {
    const key = configKey(resourceType, resourceName)
    const entries = new Map(this.#configs.get(key))
    if (value === null) entries.delete(name)
    else entries.set(name, value)
    if (entries.size === 0) this.#configs.delete(key)
    else this.#configs.set(key, entries)
    this.#changedConfigs.set(key, { type: resourceType, name: resourceName })
  }

  #dropConfigs(type: number, name: string): void {
    const key = configKey(type, name)
    if (this.#configs.get(key) === undefined) return
    this.#configs.delete(key)
    this.#changedConfigs.set(key, { type, name })
  }

  #setFeature({ name, featureLevel }: FeatureLevelRecord): void {
    if (featureLevel === 0) this.#own('features').delete(name)
    else this.#own('features').set(name, featureLevel)
    this.#changedFeatures.add(name)
  }

  /** A small map of the image, copied once. */
  #own<M extends SmallMap>(name: M): Map<string, MapValue<M>> {
    if (this.#parts[name] === this.#base[name]) {
      this.#parts[name] = new Map(this.#base[name] as never) as never
    }
    return this.#parts[name] as never
  }
}

function plainParts(image: MetadataImage): PlainParts {
  return {
    offset: image.offset,
    epoch: image.epoch,
    timestampMs: image.timestampMs,
    features: image.features,
    producerIds: image.producerIds,
    clientQuotas: image.clientQuotas,
    acls: image.acls,
    scramCredentials: image.scramCredentials,
    delegationTokens: image.delegationTokens,
    zkMigrationState: image.zkMigrationState,
  }
}

type MapValue<M extends SmallMap> =
  MetadataImageParts[M] extends ReadonlyMap<string, infer V> ? V : never

function scramKey({ mechanism, name }: { mechanism: number; name: string }): string {
  return `${mechanism}:${name}`
}
