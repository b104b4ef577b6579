import { KafkaError } from '@ottla/protocol'
import { type LogLevel, type LogLevels, ROOT_LOGGER } from '@ottla/runtime'

/** Kafka's names of levels; ours are fewer. */
const LEVELS: ReadonlyMap<string, LogLevel> = new Map([
  ['TRACE', 'debug'],
  ['DEBUG', 'debug'],
  ['INFO', 'info'],
  ['WARN', 'warn'],
  ['ERROR', 'error'],
  ['FATAL', 'error'],
])

export interface LoggerChange {
  readonly name: string
  /** null takes away the logger's own level: it has that of the one above it. */
  readonly level: string | null
}

/** The loggers of a broker and their levels, as BROKER_LOGGER resources show them (KIP-412). */
export function loggersOf(levels: LogLevels | undefined): ReadonlyMap<string, string> {
  return new Map(Array.from(levels?.all ?? [], ([name, level]) => [name, level.toUpperCase()]))
}

/**
 * Changes all of the levels, or none.
 *
 * @throws {KafkaError} INVALID_CONFIG for a logger or level that there is not, INVALID_REQUEST for the
 *   removal of the root's
 */
export function alterLoggers(
  levels: LogLevels | undefined,
  changes: readonly LoggerChange[],
): void {
  for (const { name, level } of changes) {
    if (levels?.has(name) !== true) {
      throw new KafkaError('INVALID_CONFIG', `Logger ${name} does not exist!`)
    }
    if (level === null && name === ROOT_LOGGER) {
      throw new KafkaError(
        'INVALID_REQUEST',
        'Removing the log level of the root logger is not allowed',
      )
    }
    if (level !== null && !LEVELS.has(level.toUpperCase())) {
      throw new KafkaError(
        'INVALID_CONFIG',
        `Cannot set the log level of ${name} to ${level} as it is not a supported log level. ` +
          `Valid log levels are ${[...LEVELS.keys()].join(', ')}`,
      )
    }
  }
  for (const { name, level } of changes) {
    if (level === null) levels?.reset(name)
    else levels?.set(name, LEVELS.get(level.toUpperCase())!)
  }
}
