import { type BrokerSettings, brokerValue, type DynamicSettings } from '@ottla/metadata'
import type { LogManager } from '@ottla/storage'
import type { ConnectionGate, ConnectionLimits } from './network/connection-gate.ts'
import { cleanerSettings } from './partitions/cleaner-settings.ts'

export interface RunningSettingsOptions {
  readonly settings: BrokerSettings
  readonly logs: LogManager
  readonly gate: ConnectionGate
}

/**
 * What follows a broker's settings while it runs, besides its topics' defaults: those go from the image
 * straight to the partitions.
 */
export class RunningSettings {
  readonly #options: RunningSettingsOptions

  constructor(options: RunningSettingsOptions) {
    this.#options = options
  }

  /** Takes on what was set for this broker, and for all. */
  follow(dynamic: DynamicSettings): void {
    const { settings, logs, gate } = this.#options
    logs.cleaner.configure(cleanerSettings(settings, dynamic))
    logs.producerIdExpirationMs = numberIn(settings, dynamic, 'producer.id.expiration.ms')
    logs.cordon(cordonedDirectories(settings, dynamic))
    logs.moves.throttle.bytesPerSecond = moveThrottle(dynamic)
    gate.limits = connectionLimits(settings, dynamic)
  }
}

/**
 * `replica.alter.log.dirs.io.max.bytes.per.second`: it can be set while the broker runs only, and none of
 * Kafka's tables has it (KIP-113).
 */
function moveThrottle({ broker, clusterDefault }: DynamicSettings): number {
  const name = 'replica.alter.log.dirs.io.max.bytes.per.second'
  const limit = Number(broker.get(name) ?? clusterDefault.get(name))
  return limit > 0 ? limit : Infinity
}

/** `cordoned.log.dirs`; `*` stands for all. */
function cordonedDirectories(
  settings: BrokerSettings,
  dynamic: DynamicSettings,
): readonly string[] {
  const { value } = brokerValue('cordoned.log.dirs', settings, dynamic)
  const paths = Array.isArray(value) ? value.map(String) : []
  return paths[0] === '*' ? settings.logDirs : paths
}

export function connectionLimits(
  settings: BrokerSettings,
  dynamic: DynamicSettings,
): ConnectionLimits {
  return {
    connectionsMax: numberIn(settings, dynamic, 'max.connections'),
    perAddressMax: numberIn(settings, dynamic, 'max.connections.per.ip'),
    perAddressOverrides: overridesIn(
      String(brokerValue('max.connections.per.ip.overrides', settings, dynamic).value ?? ''),
    ),
    newPerSecondMax: numberIn(settings, dynamic, 'max.connection.creation.rate'),
  }
}

/** `host:count, …`; of hosts that are names only `localhost` is known. */
function overridesIn(text: string): Map<string, number> {
  const overrides = new Map<string, number>()
  for (const part of text.split(',')) {
    const [, host, count] = /^\s*(.*?)\s*:\s*(\d+)\s*$/.exec(part) ?? []
    if (host === undefined || count === undefined) continue
    const addresses = host === 'localhost' ? ['127.0.0.1', '::1'] : [host.replace(/^\[|\]$/g, '')]
    for (const address of addresses) overrides.set(address, Number(count))
  }
  return overrides
}

function numberIn(settings: BrokerSettings, dynamic: DynamicSettings, name: string): number {
  return Number(brokerValue(name, settings, dynamic).value)
}
