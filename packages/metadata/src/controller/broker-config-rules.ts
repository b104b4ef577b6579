import { KafkaError } from '@ottla/protocol'
import { brokerValue } from '../configs/broker-values.ts'
import type { BrokerSettings } from '../configs/broker-settings.ts'
import { checkGroupConfigs, checkTopicConfigs } from '../configs/check-topic-configs.ts'
import { describeTopic } from '../configs/describe-resource.ts'
import type { SettingTable } from '../configs/setting-table.ts'
import {
  brokerSettingTable,
  clientMetricsSettingTable,
  groupSettingTable,
  topicSettingTable,
} from '../configs/tables.ts'
import { topicValue } from '../configs/topic-config.ts'
import { CONFIG_RESOURCE_TYPES } from '../image/config-resource.ts'
import type { ConfigRules, TopicConfigLayers } from './config-rules.ts'

/** The rules of the settings tables, with this node's settings below what was set in the cluster. */
export function brokerConfigRules(settings: BrokerSettings): ConfigRules {
  const dynamic = ({ broker, cluster }: TopicConfigLayers) => ({ broker, clusterDefault: cluster })
  return {
    validate(type, _name, entries) {
      if (type === CONFIG_RESOURCE_TYPES.topic) checkTopicConfigs(entries, settings)
      else if (type === CONFIG_RESOURCE_TYPES.group) checkGroupConfigs(entries)
      else throw new KafkaError('INVALID_REQUEST', `Unexpected resource type ${type}.`)
    },
    isList: (type, setting) => tableOf(type)?.get(setting)?.type === 'list',
    defaultValue: (type, setting) => tableOf(type)?.get(setting)?.defaultText ?? null,
    topicValue(setting, layers) {
      const row = topicSettingTable.get(setting)
      if (row === undefined) return null
      return topicValue(row, layers.topic, (name) => brokerValue(name, settings, dynamic(layers)))
        .text
    },
    describeTopic(layers) {
      const source = { ...NOTHING, settings, dynamic: dynamic(layers) }
      return describeTopic(layers.topic, source)
        .map(({ name, value, readOnly, configSource, isSensitive }) => ({
          name,
          value: isSensitive ? null : value,
          readOnly,
          configSource: configSource ?? -1,
          isSensitive,
        }))
        .sort((a, b) => (a.name < b.name ? -1 : 1))
    },
  }
}

/** Other resources than the one that is described. */
const NOTHING = {
  topic: () => null,
  group: () => new Map<string, string>(),
  clientMetrics: () => new Map<string, string>(),
  loggers: new Map<string, string>(),
}

function tableOf(type: number): SettingTable | undefined {
  switch (type) {
    case CONFIG_RESOURCE_TYPES.topic:
      return topicSettingTable
    case CONFIG_RESOURCE_TYPES.broker:
      return brokerSettingTable
    case CONFIG_RESOURCE_TYPES.group:
      return groupSettingTable
    case CONFIG_RESOURCE_TYPES.clientMetrics:
      return clientMetricsSettingTable
    default:
      return undefined
  }
}
