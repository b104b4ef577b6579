import type { Logger as PinoLogger } from 'pino'
import { LogLevels } from '../log-levels.ts'
import type { LogFields, Logger, LogLevel } from '../log.ts'
import { isWritten, type LineLoggerOptions } from './line-logger.ts'

/** A logger for machines: pino's JSON lines. Imported only here, since that takes 16 ms. */
export async function jsonLogger(options: LineLoggerOptions = {}): Promise<Logger> {
  const { pino } = await import('pino')
  const write = options.write ?? ((line: string) => void process.stderr.write(line))
  const root = pino(
    {
      // Which of them are written, the levels say.
      level: 'debug',
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: pino.stdSerializers.errWithCause },
    },
    { write },
  )
  return wrap(root, root, '', {}, new LogLevels(options.level ?? 'info'))
}

function wrap(
  root: PinoLogger,
  to: PinoLogger,
  path: string,
  bound: LogFields,
  levels: LogLevels,
): Logger {
  levels.note(path)
  const write = (level: LogLevel, message: string, fields: LogFields = {}): void => {
    if (isWritten(level, levels.of(path))) to[level](fields, message)
  }
  return {
    levels,
    debug: (message, fields) => write('debug', message, fields),
    info: (message, fields) => write('info', message, fields),
    warn: (message, fields) => write('warn', message, fields),
    error: (message, fields) => write('error', message, fields),
    child: (component, fields) => {
      const below = path === '' ? component : `${path}/${component}`
      const all = { ...bound, ...fields }
      // From the root, always: a child's child would write the component twice.
      return wrap(root, root.child({ component: below, ...all }), below, all, levels)
    },
  }
}
