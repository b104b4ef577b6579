import {
  type BrokerSettings,
  checkTopicName,
  CONFIG_RESOURCE_TYPES,
  type ConfigSource,
} from '@ottla/metadata'
import type { LogLevels } from '@ottla/runtime'
import { loggersOf } from './broker-loggers.ts'
import type { Metadata } from './metadata.ts'

/** Where DescribeConfigs finds what is in force. */
export function configSource(
  settings: BrokerSettings,
  metadata: Metadata,
  levels: LogLevels | undefined,
): ConfigSource {
  const set = (type: number, name: string) => metadata.image.config(type, name)
  return {
    settings,
    get dynamic() {
      return {
        broker: set(CONFIG_RESOURCE_TYPES.broker, String(settings.nodeId)),
        clusterDefault: set(CONFIG_RESOURCE_TYPES.broker, ''),
      }
    },
    topic(name) {
      checkTopicName(name)
      return metadata.topic(name) === undefined ? null : metadata.image.topicConfig(name)
    },
    group: (name) => set(CONFIG_RESOURCE_TYPES.group, name),
    clientMetrics: (name) => set(CONFIG_RESOURCE_TYPES.clientMetrics, name),
    get loggers() {
      return loggersOf(levels)
    },
  }
}
