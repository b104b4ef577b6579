import type {
  DescribeConfigsResourceResultInput,
  DescribeConfigsSynonymInput,
} from '@ottla/protocol/messages/describe-configs'
import { brokerValue } from './broker-values.ts'
import { type ConfigSource, configSourceCode, configTypeCode } from './config-source.ts'
import { brokerSourceSynonyms } from './describe-broker.ts'
import type { Setting } from './setting.ts'
import { clientMetricsSettingTable, groupSettingTable, topicSettingTable } from './tables.ts'
import { type BrokerLookup, topicValue } from './topic-config.ts'

/** Every setting of a topic, with where its value comes from. */
export function describeTopic(
  overrides: ReadonlyMap<string, string>,
  source: ConfigSource,
): DescribeConfigsResourceResultInput[] {
  return [...topicSettingTable.all.values()]
    .filter((setting) => !setting.isInternal || overrides.has(setting.name))
    .map((setting) => inheritingEntry(setting, overrides, source, configSourceCode.topic))
}

/** Every setting of a group; one that no broker setting stands behind names its own default. */
export function describeGroup(
  overrides: ReadonlyMap<string, string>,
  source: ConfigSource,
): DescribeConfigsResourceResultInput[] {
  return [...groupSettingTable.all.values()].map((setting) => {
    const described = inheritingEntry(setting, overrides, source, configSourceCode.group)
    if (setting.brokerSynonyms.length > 0) return described
    const { name, defaultText: value } = setting
    const own = { name, value, source: configSourceCode.default }
    return { ...described, synonyms: [...described.synonyms, own] }
  })
}

/** Every setting of a client metrics subscription; no broker setting stands behind them. */
export function describeClientMetrics(
  overrides: ReadonlyMap<string, string>,
): DescribeConfigsResourceResultInput[] {
  return [...clientMetricsSettingTable.all.values()].map((setting) => {
    const { text } = topicValue(setting, overrides, noBroker)
    const own = ownSynonym(setting, overrides, text, configSourceCode.clientMetrics)
    return entry(setting, text, own)
  })
}

const noBroker: BrokerLookup = () => ({ value: null, text: null })

/** The level of each logger of this broker. */
export function describeLoggers({ loggers }: ConfigSource): DescribeConfigsResourceResultInput[] {
  return [...loggers].map(([name, value]) => ({
    name,
    value,
    readOnly: false,
    configSource: configSourceCode.dynamicBrokerLogger,
    isSensitive: false,
    synonyms: [],
    configType: 0,
    documentation: '',
  }))
}

function inheritingEntry(
  setting: Setting,
  overrides: ReadonlyMap<string, string>,
  source: ConfigSource,
  ownSource: number,
): DescribeConfigsResourceResultInput {
  const lookUp: BrokerLookup = (name) => brokerValue(name, source.settings, source.dynamic)
  const { text } = topicValue(setting, overrides, lookUp)
  const [first] = setting.brokerSynonyms
  const inherited = first === undefined ? [] : brokerSourceSynonyms(first.name, source)
  const own = ownSynonym(setting, overrides, text, ownSource)
  return entry(setting, text, [...own, ...inherited])
}

function ownSynonym(
  { name }: Setting,
  overrides: ReadonlyMap<string, string>,
  value: string | null,
  source: number,
): DescribeConfigsSynonymInput[] {
  return overrides.has(name) ? [{ name, value, source }] : []
}

function entry(
  setting: Setting,
  value: string | null,
  synonyms: DescribeConfigsSynonymInput[],
): DescribeConfigsResourceResultInput {
  return {
    name: setting.name,
    value,
    readOnly: false,
    configSource: synonyms[0]?.source ?? configSourceCode.default,
    isSensitive: false,
    synonyms,
    configType: configTypeCode[setting.type],
    documentation: setting.doc,
  }
}
