import type { LogLevels } from './log-levels.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** What an event is about: short names, plain values. An `error` keeps its stack and causes. */
export type LogFields = Readonly<Record<string, unknown>>

/** Where a component writes what happened. A disabled level costs one comparison. */
export interface Logger {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void

  /** A logger that adds the component's name (and fields) to everything it writes. */
  child(component: string, fields?: LogFields): Logger

  /** What each component writes; absent where that cannot be changed. */
  readonly levels?: LogLevels
}

/** Writes nothing: for tests and tools that do not care. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
}
