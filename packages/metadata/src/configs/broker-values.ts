import type { BrokerSettings } from './broker-settings.ts'
import { defaultValue, type ParsedValue, parseValue } from './parse-value.ts'
import { brokerSettingTable } from './tables.ts'

/** Settings changed while brokers run, from the metadata image; a broker's own come first. */
export interface DynamicSettings {
  readonly broker: ReadonlyMap<string, string>
  readonly clusterDefault: ReadonlyMap<string, string>
}

export const noDynamicSettings: DynamicSettings = { broker: new Map(), clusterDefault: new Map() }

/** Names that set one thing; the first that has a value counts. */
const synonymGroups: readonly (readonly string[])[] = [
  ['log.roll.ms', 'log.roll.hours'],
  ['log.roll.jitter.ms', 'log.roll.jitter.hours'],
  ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'],
]

/** All names of what `name` sets, in order of precedence; `name` alone when it is the only one. */
export function brokerSynonyms(name: string): readonly string[] {
  // One way only: the scheduler's interval is the default of the other, not the other name of it.
  if (name === 'log.flush.interval.ms') return [name, 'log.flush.scheduler.interval.ms']
  const group = synonymGroups.find((names) => names.includes(name))
  if (group !== undefined) return group
  const base = listenerBaseName(name)
  return base === null ? [name] : [name, base]
}

/** `ssl.key.password` of `listener.name.internal.ssl.key.password`; null for other names. */
export function listenerBaseName(name: string): string | null {
  const rest = /^listener\.name\.[^.]*\.(.*)$/.exec(name)?.[1]
  if (rest === undefined) return null
  return perMechanism.find((base) => rest.endsWith(base)) ?? rest
}

/** Given per listener and SASL mechanism: `listener.name.<listener>.<mechanism>.<name>`. */
const perMechanism: readonly string[] = [
  'sasl.jaas.config',
  'sasl.login.callback.handler.class',
  'sasl.login.class',
  'sasl.server.callback.handler.class',
  'connections.max.reauth.ms',
]

/**
 * A broker setting in force: changed for this broker, changed for all, given at the start, default.
 * A change hides what was given under another name of the same setting, as in Kafka.
 */
export function brokerValue(
  name: string,
  settings: BrokerSettings,
  dynamic: DynamicSettings,
): ParsedValue {
  const changed = dynamic.broker.get(name) ?? dynamic.clusterDefault.get(name)
  const setting = brokerSettingTable.get(name)
  if (changed !== undefined && setting !== undefined) {
    const parsed = parseValue(setting, changed)
    if ('value' in parsed) return parsed
  }
  const isHidden = brokerSynonyms(name).some(
    (other) => dynamic.broker.has(other) || dynamic.clusterDefault.has(other),
  )
  if (isHidden && setting !== undefined) return defaultValue(setting)
  return { value: settings.get(name), text: settings.text(name) }
}
