import { KafkaError } from '@ottla/protocol'
import type { BrokerSettings } from './broker-settings.ts'
import type { DynamicSettings } from './broker-values.ts'
import { parseValue } from './parse-value.ts'
import type { SettingTable } from './setting-table.ts'
import { groupSettingTable, topicSettingTable } from './tables.ts'
import { effectiveTopicSettings } from './topic-config.ts'

/**
 * Checks settings that somebody wants for a topic, with Kafka's messages.
 *
 * @param configs Name and value; of two with the same name the later one counts.
 * @returns The settings, to be stored as they were given.
 * @throws {KafkaError} INVALID_CONFIG for a null, an unknown name, a value that its setting does not
 *   allow, or values that contradict each other or what the broker can do.
 */
export function checkTopicConfigs(
  configs: Iterable<readonly [string, string | null]>,
  settings: BrokerSettings,
  dynamic?: DynamicSettings,
): ReadonlyMap<string, string> {
  const given = checkEach(configs, topicSettingTable, 'topic')
  const effective = effectiveTopicSettings(given, settings, dynamic)
  const { minCompactionLagMs, maxCompactionLagMs } = effective
  if (minCompactionLagMs > maxCompactionLagMs) {
    throw new KafkaError(
      'INVALID_CONFIG',
      `conflict topic config setting min.compaction.lag.ms (${minCompactionLagMs}) > ` +
        `max.compaction.lag.ms (${maxCompactionLagMs})`,
    )
  }
  if (effective.remoteStorageEnable) {
    throw new KafkaError(
      'INVALID_CONFIG',
      'Tiered Storage functionality is disabled in the broker. ' +
        'Topic cannot be configured with remote log storage.',
    )
  }
  return given
}

/** As `checkTopicConfigs`, for a group's own settings. */
export function checkGroupConfigs(
  configs: Iterable<readonly [string, string | null]>,
): ReadonlyMap<string, string> {
  return checkEach(configs, groupSettingTable, 'group')
}

function checkEach(
  configs: Iterable<readonly [string, string | null]>,
  table: SettingTable,
  kind: 'topic' | 'group',
): ReadonlyMap<string, string> {
  const all = new Map(configs)
  const given = new Map<string, string>()
  const nulls: string[] = []
  for (const [name, value] of all) {
    if (value === null) nulls.push(name)
    else given.set(name, value)
  }
  if (nulls.length > 0) {
    throw new KafkaError(
      'INVALID_CONFIG',
      `Null value not supported for ${kind} configs: ${nulls.join(',')}`,
    )
  }
  for (const name of given.keys()) {
    if (table.get(name) === undefined) {
      throw new KafkaError('INVALID_CONFIG', `Unknown ${kind} config name: ${name}`)
    }
  }
  for (const [name, value] of given) {
    const setting = table.get(name)
    const parsed = setting && parseValue(setting, value)
    if (parsed !== undefined && 'refusal' in parsed) {
      throw new KafkaError('INVALID_CONFIG', parsed.refusal)
    }
  }
  return given
}
