import type { TopicImage } from './topic-image.ts'

/**
 * What changed between two images: names to look up in the new one, and what only the old one
 * still has. Something made and removed in between is not mentioned.
 */
export interface MetadataDelta {
  /** Ids of topics that are new or have a changed partition. */
  readonly changedTopics: ReadonlySet<string>
  /** Topics of the old image that are gone, by id. Their name may be taken by a new one. */
  readonly deletedTopics: ReadonlyMap<string, TopicImage>
  /** Ids of brokers that were registered, changed or unregistered. */
  readonly changedBrokers: ReadonlySet<number>
  /** Resources whose settings changed; a deleted topic's are among them. */
  readonly changedConfigs: readonly ChangedConfig[]
  readonly changedFeatures: ReadonlySet<string>
  readonly haveQuotasChanged: boolean
  readonly haveAclsChanged: boolean
  readonly haveCredentialsChanged: boolean
  readonly haveTokensChanged: boolean
}

export interface ChangedConfig {
  /** As in CONFIG_RESOURCE_TYPES. */
  readonly type: number
  readonly name: string
}
