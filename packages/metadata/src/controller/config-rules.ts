import type { ConfigEntries } from '../image/metadata-image.ts'

/** What the controller needs to know about settings; the settings tables provide it. */
export interface ConfigRules {
  /**
   * Checks what would be set on a resource, all of it.
   * @param type As in CONFIG_RESOURCE_TYPES.
   * @param name The resource's: a topic, a broker's id, '' for all brokers.
   * @throws {KafkaError} INVALID_CONFIG for a name or value, INVALID_REQUEST for the resource.
   */
  validate(type: number, name: string, entries: ConfigEntries): void

  /** Whether the setting is a list, so that APPEND and SUBTRACT make sense. */
  isList(type: number, setting: string): boolean

  /** What the setting is when nothing is set anywhere; null when that is nothing. */
  defaultValue(type: number, setting: string): string | null

  /** A topic's effective value of one setting. */
  topicValue(setting: string, layers: TopicConfigLayers): string | null

  /** All of a topic's effective settings, sorted by name, as CreateTopics answers them. */
  describeTopic(layers: TopicConfigLayers): readonly TopicConfigDescription[]
}

/** Where a topic's settings come from, besides this node's own file; the first that has one counts. */
export interface TopicConfigLayers {
  readonly topic: ConfigEntries
  /** Set on the broker that asks. */
  readonly broker: ConfigEntries
  /** Set on all brokers. */
  readonly cluster: ConfigEntries
}

export interface TopicConfigDescription {
  readonly name: string
  /** null when it is sensitive, or nothing. */
  readonly value: string | null
  readonly readOnly: boolean
  /** DescribeConfigs' number: 1 topic, 2 broker, 3 all brokers, 4 the node's file, 5 default. */
  readonly configSource: number
  readonly isSensitive: boolean
}
