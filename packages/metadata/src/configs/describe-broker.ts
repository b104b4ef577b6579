import type {
  DescribeConfigsResourceResultInput,
  DescribeConfigsSynonymInput,
} from '@ottla/protocol/messages/describe-configs'
import type { BrokerSettings } from './broker-settings.ts'
import { brokerSynonyms, brokerValue, listenerBaseName } from './broker-values.ts'
import { type ConfigSource, configSourceCode, configTypeCode } from './config-source.ts'
import { defaultValue } from './parse-value.ts'
import type { Setting } from './setting.ts'
import { brokerSettingTable } from './tables.ts'

/** Every setting of this broker that is not internal, and whatever else was given. */
export function describeBroker(source: ConfigSource): DescribeConfigsResourceResultInput[] {
  const names = new Set<string>()
  for (const setting of brokerSettingTable.all.values()) {
    if (!setting.isInternal) names.add(setting.name)
  }
  for (const name of givenSettings(source.settings).keys()) names.add(name)
  return [...names].map((name) => brokerEntry(name, source, brokerSourceSynonyms(name, source)))
}

/** What was changed for all brokers while they run. */
export function describeClusterDefault(source: ConfigSource): DescribeConfigsResourceResultInput[] {
  return [...source.dynamic.clusterDefault.keys()].map((name) => {
    const synonyms = brokerSourceSynonyms(name, source).filter(
      (synonym) => synonym.source === configSourceCode.dynamicDefault,
    )
    const value = source.dynamic.clusterDefault.get(name) ?? null
    const entry = brokerEntry(name, source, synonyms)
    return { ...entry, value: entry.isSensitive ? null : value }
  })
}

function brokerEntry(
  name: string,
  { settings, dynamic }: ConfigSource,
  synonyms: DescribeConfigsSynonymInput[],
): DescribeConfigsResourceResultInput {
  const setting = rowOf(name)
  const isSensitive = isSecret(setting)
  const isListed = brokerSettingTable.get(name) !== undefined
  const value = isListed
    ? brokerText(name, settings, () => brokerValue(name, settings, dynamic).text)
    : (settings.given.get(name) ?? null)
  return {
    name,
    value: isSensitive ? null : value,
    // A listener's own form of a setting is one that Kafka lists nowhere as changeable.
    readOnly: !isListed || setting?.updateMode === 'read-only',
    configSource: synonyms[0]?.source ?? configSourceCode.default,
    isSensitive,
    synonyms,
    configType: setting === undefined ? 0 : configTypeCode[setting.type],
    documentation: setting?.doc ?? null,
  }
}

/** node.id and broker.id are one: whichever was given shows under both names. */
function brokerText(
  name: string,
  settings: BrokerSettings,
  text: () => string | null,
): string | null {
  return name === 'node.id' || name === 'broker.id' ? String(settings.nodeId) : text()
}

function givenSettings(settings: BrokerSettings): ReadonlyMap<string, string> {
  const nodeId = settings.given.get('node.id') ?? settings.given.get('broker.id')
  if (nodeId === undefined) return settings.given
  return new Map([...settings.given, ['node.id', nodeId], ['broker.id', nodeId]])
}

/**
 * Everything that has a say in a broker setting, strongest first; an entry before the setting's own
 * name is left out, so that the base form of a setting does not show a listener's.
 */
export function brokerSourceSynonyms(
  name: string,
  { settings, dynamic }: Pick<ConfigSource, 'settings' | 'dynamic'>,
): DescribeConfigsSynonymInput[] {
  const isSensitive = isSecret(rowOf(name))
  const names = brokerSynonyms(name)
  const synonyms: DescribeConfigsSynonymInput[] = []
  const add = (lookUp: (name: string) => string | null | undefined, source: number): void => {
    for (const synonym of names) {
      const value = lookUp(synonym)
      if (value === null || value === undefined) continue
      synonyms.push({ name: synonym, value: isSensitive ? null : value, source })
    }
  }
  const given = givenSettings(settings)
  add((synonym) => dynamic.broker.get(synonym), configSourceCode.dynamicBroker)
  add((synonym) => dynamic.clusterDefault.get(synonym), configSourceCode.dynamicDefault)
  add((synonym) => given.get(synonym)?.trim(), configSourceCode.staticBroker)
  add(defaultText, configSourceCode.default)
  const first = synonyms.findIndex((synonym) => synonym.name === name)
  return first === -1 ? [] : synonyms.slice(first)
}

function defaultText(name: string): string | null {
  const setting = brokerSettingTable.get(name)
  return setting === undefined ? null : defaultValue(setting).text
}

function rowOf(name: string): Setting | undefined {
  return brokerSettingTable.get(name) ?? brokerSettingTable.get(listenerBaseName(name) ?? '')
}

/** Passwords are never shown, nor anything whose meaning is not known. */
function isSecret(setting: Setting | undefined): boolean {
  return setting === undefined || setting.type === 'password'
}
