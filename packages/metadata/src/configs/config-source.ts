import type { BrokerSettings } from './broker-settings.ts'
import type { DynamicSettings } from './broker-values.ts'

/** Where DescribeConfigs finds what there is: this broker's settings and the metadata image's. */
export interface ConfigSource {
  readonly settings: BrokerSettings
  readonly dynamic: DynamicSettings
  /**
   * A topic's own settings; null when there is no such topic.
   * @throws {KafkaError} INVALID_TOPIC_EXCEPTION for a name that no topic can have.
   */
  topic(name: string): ReadonlyMap<string, string> | null
  /** A group's own settings; empty when it has none, or is not there. */
  group(name: string): ReadonlyMap<string, string>
  /** A client metrics subscription's settings; empty when it is not there. */
  clientMetrics(name: string): ReadonlyMap<string, string>
  /** Level by name of logger. */
  readonly loggers: ReadonlyMap<string, string>
}

/** Kafka's numbers for where a value comes from (DescribeConfigs' ConfigSource). */
export const configSourceCode = {
  topic: 1,
  dynamicBroker: 2,
  dynamicDefault: 3,
  staticBroker: 4,
  default: 5,
  dynamicBrokerLogger: 6,
  clientMetrics: 7,
  group: 8,
} as const

/** Kafka's numbers for types of settings; a name without a row has type 0. */
export const configTypeCode = {
  boolean: 1,
  string: 2,
  int: 3,
  short: 4,
  long: 5,
  double: 6,
  list: 7,
  class: 8,
  password: 9,
} as const
