import { type BrokerSettings, brokerValue, type DynamicSettings } from '@ottla/metadata'
import type { LogCleanerSettings } from '@ottla/storage'

/** `log.cleaner.*` in force: all but the first may change while the broker runs. */
export function cleanerSettings(
  settings: BrokerSettings,
  dynamic: DynamicSettings,
): Required<LogCleanerSettings> {
  const number = (name: string): number => Number(brokerValue(name, settings, dynamic).value)
  return {
    isEnabled: settings.get('log.cleaner.enable') === true,
    backoffMs: number('log.cleaner.backoff.ms'),
    dedupeBufferBytes: number('log.cleaner.dedupe.buffer.size'),
    loadFactor: number('log.cleaner.io.buffer.load.factor'),
    ioBufferBytes: number('log.cleaner.io.buffer.size'),
    ioBytesPerSecond: number('log.cleaner.io.max.bytes.per.second'),
  }
}
