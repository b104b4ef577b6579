import { inspect } from 'node:util'
import { LogLevels } from '../log-levels.ts'
import type { LogFields, Logger, LogLevel } from '../log.ts'

export interface LineLoggerOptions {
  /** What is written; default 'info'. */
  readonly level?: LogLevel
  /** Takes one line, newline included; default: the process' standard error. */
  readonly write?: (line: string) => void
}

const order: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 }

/** Whether an event of `level` is written by a logger whose level is `lowest`. */
export function isWritten(level: LogLevel, lowest: LogLevel): boolean {
  return order[lowest] <= order[level]
}

/**
 * A logger for people, one line an event; an error's stack and causes follow indented:
 *
 *   2026-11-23T16:24:45.123Z WARN broker/network connection closed peer=127.0.0.1:9092
 *
 * Our own, because it is there from the first millisecond: a log library costs a tenth of the start.
 */
export function lineLogger(options: LineLoggerOptions = {}): Logger {
  const write = options.write ?? ((line: string) => void process.stderr.write(line))
  return new LineLogger('', {}, new LogLevels(options.level ?? 'info'), write)
}

class LineLogger implements Logger {
  readonly #component: string
  readonly #fields: LogFields
  readonly levels: LogLevels
  readonly #write: (line: string) => void

  #lowest: number
  /** Of the levels, when `#lowest` was looked up. */
  #revision: number

  constructor(
    component: string,
    fields: LogFields,
    levels: LogLevels,
    write: (line: string) => void,
  ) {
    this.#component = component
    this.#fields = fields
    this.levels = levels
    this.#write = write
    this.#lowest = order[levels.of(component)]
    this.#revision = levels.revision
    levels.note(component)
  }

  debug(message: string, fields?: LogFields): void {
    if (this.#writes(order.debug)) this.#line('DEBUG', message, fields)
  }

  info(message: string, fields?: LogFields): void {
    if (this.#writes(order.info)) this.#line('INFO', message, fields)
  }

  warn(message: string, fields?: LogFields): void {
    if (this.#writes(order.warn)) this.#line('WARN', message, fields)
  }

  error(message: string, fields?: LogFields): void {
    if (this.#writes(order.error)) this.#line('ERROR', message, fields)
  }

  child(component: string, fields?: LogFields): Logger {
    const path = this.#component === '' ? component : `${this.#component}/${component}`
    return new LineLogger(path, { ...this.#fields, ...fields }, this.levels, this.#write)
  }

  #writes(level: number): boolean {
    if (this.#revision !== this.levels.revision) {
      this.#lowest = order[this.levels.of(this.#component)]
      this.#revision = this.levels.revision
    }
    return this.#lowest <= level
  }

  #line(level: string, message: string, fields: LogFields | undefined): void {
    let line = `${new Date().toISOString()} ${level}`
    if (this.#component !== '') line += ` ${this.#component}`
    line += ` ${oneLine(message)}`
    let error = ''
    for (const [name, value] of Object.entries({ ...this.#fields, ...fields })) {
      if (value === undefined) continue
      if (value instanceof Error) error += `\n    ${inspect(value).replaceAll('\n', '\n    ')}`
      else line += ` ${name}=${fieldText(value)}`
    }
    this.#write(`${line}${error}\n`)
  }
}

/** Text from the wire must not be able to write lines, or terminal commands, of its own. */
function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, (found) =>
    JSON.stringify(found).slice(1, -1),
  )
}

function fieldText(value: unknown): string {
  if (typeof value === 'string')
    return /^[\w.:/@+-]+$/.test(value) ? value : JSON.stringify(oneLine(value))
  if (typeof value !== 'object' || value === null) return String(value)
  return oneLine(inspect(value, { breakLength: Infinity, depth: 4 }))
}
