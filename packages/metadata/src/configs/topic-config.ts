import { defaultValue, parseValue } from './parse-value.ts'
import type { Setting, SettingValue } from './setting.ts'
import { topicSettingTable } from './tables.ts'
import type { TopicSettings } from './topic-settings.ts'

/** A broker setting's value in force, by name: static, or changed while it runs. */
export type BrokerValue = (name: string) => SettingValue

/**
 * A topic's settings in force.
 *
 * @param overrides The topic's own settings, valid ones (those in the metadata image are).
 * @param brokerValue Gives the defaults.
 */
export function effectiveTopicSettings(
  overrides: ReadonlyMap<string, string>,
  brokerValue: BrokerValue,
): TopicSettings {
  const settings: Record<string, SettingValue> = {}
  for (const setting of topicSettingTable.all.values()) {
    settings[camelCase(setting.name)] = effectiveValue(setting, overrides, brokerValue)
  }
  const { internalSegmentBytes, ...effective } = settings
  if (typeof internalSegmentBytes === 'number') effective['segmentBytes'] = internalSegmentBytes
  // The table's names in camel case are TopicSettings' fields: a test holds them to each other.
  return effective as unknown as TopicSettings
}

function effectiveValue(
  setting: Setting,
  overrides: ReadonlyMap<string, string>,
  brokerValue: BrokerValue,
): SettingValue {
  const own = overrides.get(setting.name)
  if (own !== undefined) {
    // Stored settings were checked before; one that an older Kafka stored may no longer be valid.
    const parsed = parseValue(setting, own)
    if ('value' in parsed) return parsed.value
  }
  return inheritedValue(setting, brokerValue)
}

/** The first of a topic setting's broker synonyms that has a value, in the topic setting's unit. */
export function inheritedValue(setting: Setting, brokerValue: BrokerValue): SettingValue {
  for (const { name, factor } of setting.brokerSynonyms) {
    const value = brokerValue(name)
    if (value === null) continue
    if (factor === 1 || typeof value !== 'number') return value
    return value < 0 ? -1 : value * factor
  }
  return defaultValue(setting).value
}

function camelCase(name: string): string {
  return name.replace(/\.(.)/g, (_, letter: string) => letter.toUpperCase())
}
