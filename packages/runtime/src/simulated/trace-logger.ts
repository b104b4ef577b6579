import type { LogFields, Logger, LogLevel } from '../log.ts'
import type { SimulatedProcess } from './simulated-process.ts'

/** A logger whose lines become part of the trace, down to level 'info'. */
export function traceLogger(process: SimulatedProcess, path: string = process.name): Logger {
  const write = (level: LogLevel, message: string, fields: LogFields | undefined): void => {
    if (process.isAlive) process.scheduler.record(`${path} ${level} ${message}${text(fields)}`)
  }
  return {
    debug: () => {},
    info: (message, fields) => write('info', message, fields),
    warn: (message, fields) => write('warn', message, fields),
    error: (message, fields) => write('error', message, fields),
    child: (component) => traceLogger(process, `${path}/${component}`),
  }
}

/** Only what cannot differ between two runs: an error's stack names the files of this machine. */
function text(fields: LogFields | undefined): string {
  let line = ''
  for (const [name, value] of Object.entries(fields ?? {})) {
    if (value instanceof Error) line += ` ${name}=${value.name}: ${value.message}`
    else if (typeof value !== 'object' || value === null) line += ` ${name}=${String(value)}`
    else
      line += ` ${name}=${JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner))}`
  }
  return line
}
