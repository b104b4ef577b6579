import type { Logger as PinoLogger } from 'pino'
import type { LogFields, Logger } from '../log.ts'
import type { LineLoggerOptions } from './line-logger.ts'

/** A logger for machines: pino's JSON lines. Imported only here, since that takes 16 ms. */
export async function jsonLogger(options: LineLoggerOptions = {}): Promise<Logger> {
  const { pino } = await import('pino')
  const write = options.write ?? ((line: string) => void process.stderr.write(line))
  const root = pino(
    {
      level: options.level ?? 'info',
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: pino.stdSerializers.errWithCause },
    },
    { write },
  )
  return wrap(root, root, '', {})
}

function wrap(root: PinoLogger, to: PinoLogger, path: string, bound: LogFields): Logger {
  return {
    debug: (message, fields?: LogFields) => to.debug(fields ?? {}, message),
    info: (message, fields?: LogFields) => to.info(fields ?? {}, message),
    warn: (message, fields?: LogFields) => to.warn(fields ?? {}, message),
    error: (message, fields?: LogFields) => to.error(fields ?? {}, message),
    child: (component, fields) => {
      const below = path === '' ? component : `${path}/${component}`
      const all = { ...bound, ...fields }
      // From the root, always: a child's child would write the component twice.
      return wrap(root, root.child({ component: below, ...all }), below, all)
    },
  }
}
