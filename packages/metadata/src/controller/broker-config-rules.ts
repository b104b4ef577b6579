import { KafkaError } from '@ottla/protocol'
import { brokerValue } from '../configs/broker-values.ts'
import type { BrokerSettings } from '../configs/broker-settings.ts'
import { checkGroupConfigs, checkTopicConfigs } from '../configs/check-topic-configs.ts'
import { describeTopic } from '../configs/describe-resource.ts'
import { parseValue } from '../configs/parse-value.ts'
import type { SettingTable } from '../configs/setting-table.ts'
import {
  brokerSettingTable,
  clientMetricsSettingTable,
  groupSettingTable,
  topicSettingTable,
} from '../configs/tables.ts'
import { topicValue } from '../configs/topic-config.ts'
import { CONFIG_RESOURCE_TYPES } from '../image/config-resource.ts'
import type { ConfigEntries } from '../image/metadata-image.ts'
import type { ConfigRules, TopicConfigLayers } from './config-rules.ts'

/** The rules of the settings tables, with this node's settings below what was set in the cluster. */
export function brokerConfigRules(settings: BrokerSettings): ConfigRules {
  const dynamic = ({ broker, cluster }: TopicConfigLayers) => ({ broker, clusterDefault: cluster })
  return {
    validate(type, name, entries) {
      if (type === CONFIG_RESOURCE_TYPES.topic) checkTopicConfigs(entries, settings)
      else if (type === CONFIG_RESOURCE_TYPES.group) checkGroupConfigs(entries)
      else if (type === CONFIG_RESOURCE_TYPES.broker) checkDynamicSettings(name, entries)
      else if (type === CONFIG_RESOURCE_TYPES.clientMetrics) checkClientMetrics(entries)
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

/** Settings that a running broker takes on; names that nobody knows may be a plug-in's. */
function checkDynamicSettings(brokerId: string, entries: ConfigEntries): void {
  const fixed = [...entries.keys()].filter(
    (name) => brokerSettingTable.get(name)?.updateMode === 'read-only',
  )
  if (fixed.length > 0) {
    throw new KafkaError(
      'INVALID_REQUEST',
      `Cannot update these configs dynamically: [${fixed.join(', ')}]`,
    )
  }
  const perBroker = [...entries.keys()].filter(
    (name) => brokerSettingTable.get(name)?.updateMode === 'per-broker',
  )
  if (brokerId === '' && perBroker.length > 0) {
    throw new KafkaError(
      'INVALID_REQUEST',
      'Cannot update these configs at default cluster level, broker id must be specified: ' +
        `[${perBroker.join(', ')}]`,
    )
  }
  for (const [name, text] of entries) {
    const setting = brokerSettingTable.get(name)
    const parsed = setting && parseValue(setting, text)
    if (parsed !== undefined && 'refusal' in parsed) {
      throw new KafkaError('INVALID_REQUEST', parsed.refusal)
    }
  }
}

/** KIP-714. */
function checkClientMetrics(entries: ConfigEntries): void {
  for (const [name, text] of entries) {
    const setting = clientMetricsSettingTable.get(name)
    if (setting === undefined) {
      throw new KafkaError('INVALID_REQUEST', `Unknown client metrics configuration: ${name}`)
    }
    const parsed = parseValue(setting, text)
    if ('refusal' in parsed) throw new KafkaError('INVALID_CONFIG', parsed.refusal)
    if (name === 'interval.ms' && (Number(text) < 100 || Number(text) > 3_600_000)) {
      throw new KafkaError(
        'INVALID_REQUEST',
        `Invalid value ${text} for interval.ms, interval must be between 100 and 3600000 (1 hour)`,
      )
    }
    if (name === 'match') checkMatch(text)
  }
}

/** What a subscription may look at in a client. */
const MATCHED = [
  'client_instance_id',
  'client_id',
  'client_software_name',
  'client_software_version',
  'client_source_address',
  'client_source_port',
]

/** `<what>=<regular expression>, …` */
function checkMatch(text: string): void {
  for (const pattern of text.split(',')) {
    if (pattern.trim() === '') continue
    const [what = '', ...expression] = pattern.split('=')
    if (
      !MATCHED.includes(what.trim()) ||
      expression.length === 0 ||
      !isPattern(expression.join('='))
    ) {
      throw new KafkaError('INVALID_CONFIG', `Illegal client matching pattern: ${pattern.trim()}`)
    }
  }
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text.trim()).source !== ''
  } catch {
    return false
  }
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
