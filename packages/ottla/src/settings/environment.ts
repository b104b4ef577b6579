import type { SettingEntry } from '@ottla/metadata/configs'

/** What the environment says to a broker. */
export interface EnvironmentSettings {
  readonly entries: readonly SettingEntry[]
  readonly clusterId: string | undefined
}

/** Variables that the image keeps for the JVM and its logging; they mean nothing here. */
const notSettings =
  /^KAFKA_(VERSION|HOME|HEAP_OPTS|OPTS|JVM_PERFORMANCE_OPTS|GC_LOG_OPTS|JMX_.*|LOG4J_.*|TOOLS_LOG4J_.*)$/

/**
 * Reads settings from the environment as the Apache Kafka image does: `KAFKA_`, then the name in
 * capitals with `_` for each dot, `__` for an underscore and `___` for a dash. `CLUSTER_ID` is the
 * cluster's id.
 *
 * As in the image, advertised listeners without listeners bind the same ports on all addresses.
 */
export function environmentSettings(
  env: Readonly<Record<string, string | undefined>>,
): EnvironmentSettings {
  const entries: SettingEntry[] = []
  for (const [variable, value] of Object.entries(env)) {
    if (value === undefined || !variable.startsWith('KAFKA_') || notSettings.test(variable))
      continue
    const name = settingName(variable)
    entries.push({ name, value, where: variable, isUnknownHarmless: true })
  }
  const advertised = env['KAFKA_ADVERTISED_LISTENERS']
  if (advertised !== undefined && advertised !== '' && !env['KAFKA_LISTENERS']) {
    const value = advertised.replaceAll(/:\/\/[^:,]*:/g, '://0.0.0.0:')
    entries.push({ name: 'listeners', value, where: 'from KAFKA_ADVERTISED_LISTENERS' })
  }
  return { entries, clusterId: env['CLUSTER_ID'] || undefined }
}

/** `KAFKA_LOG_RETENTION_HOURS` is `log.retention.hours`. */
export function settingName(variable: string): string {
  return variable
    .slice('KAFKA_'.length)
    .toLowerCase()
    .replaceAll('_', '.')
    .replaceAll('...', '-')
    .replaceAll('..', '_')
}
