import { type BrokerSettings } from './broker-settings.ts'
import { brokerValue, type DynamicSettings, noDynamicSettings } from './broker-values.ts'
import { defaultValue, type ParsedValue, parseValue } from './parse-value.ts'
import type { Setting, SettingValue } from './setting.ts'
import { topicSettingTable } from './tables.ts'
import type { TopicSettings } from './topic-settings.ts'

/** A broker setting in force, by name. */
export type BrokerLookup = (name: string) => ParsedValue

/**
 * A topic's settings in force: its own, else the broker's, else Kafka's defaults.
 *
 * @param overrides The topic's own settings, valid ones (those in the metadata image are).
 */
export function effectiveTopicSettings(
  overrides: ReadonlyMap<string, string>,
  settings: BrokerSettings,
  dynamic: DynamicSettings = noDynamicSettings,
): TopicSettings {
  return topicSettingsFrom(overrides, (name) => brokerValue(name, settings, dynamic))
}

/** As `effectiveTopicSettings`, with any source of the broker's values. */
export function topicSettingsFrom(
  overrides: ReadonlyMap<string, string>,
  lookUp: BrokerLookup,
): TopicSettings {
  const settings: Record<string, SettingValue> = {}
  for (const setting of topicSettingTable.all.values()) {
    settings[camelCase(setting.name)] = topicValue(setting, overrides, lookUp).value
  }
  const { internalSegmentBytes, ...effective } = settings
  if (typeof internalSegmentBytes === 'number') effective['segmentBytes'] = internalSegmentBytes
  // The table's names in camel case are TopicSettings' fields: a test holds them to each other.
  return effective as unknown as TopicSettings
}

/** One topic setting in force. */
export function topicValue(
  setting: Setting,
  overrides: ReadonlyMap<string, string>,
  lookUp: BrokerLookup,
): ParsedValue {
  const own = overrides.get(setting.name)
  if (own !== undefined) {
    // Stored settings were checked before; one that an older Kafka stored may no longer be valid.
    const parsed = parseValue(setting, own)
    if ('value' in parsed) return parsed
  }
  return inheritedValue(setting, lookUp)
}

/** The first of a setting's broker synonyms that has a value, in the setting's own unit. */
export function inheritedValue(setting: Setting, lookUp: BrokerLookup): ParsedValue {
  for (const { name, factor } of setting.brokerSynonyms) {
    const parsed = lookUp(name)
    if (parsed.value === null) continue
    if (factor === 1 || typeof parsed.value !== 'number') return parsed
    const scaled = parsed.value < 0 ? -1 : parsed.value * factor
    return { value: scaled, text: String(scaled) }
  }
  return defaultValue(setting)
}

function camelCase(name: string): string {
  return name.replace(/\.(.)/g, (_, letter: string) => letter.toUpperCase())
}
