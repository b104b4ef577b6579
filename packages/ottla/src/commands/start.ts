import { lineLogger, nodeRuntime } from '@ottla/runtime/node'
import { type StartOptions, startSettings } from '../settings/start-settings.ts'
import type { Shell } from '../shell/shell.ts'
import { bootstrapServersOf, openBroker } from '../start-broker.ts'
import { version } from '../version.ts'

export interface StartCommandOptions extends StartOptions {
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
}

/** `ottla start`: a broker until the process is told to stop. */
export async function start(shell: Shell, options: StartCommandOptions): Promise<void> {
  const logger = lineLogger({
    level: options.logLevel,
    write: (line) => shell.tell(line.trimEnd()),
  })
  const runtime = nodeRuntime({ logger })
  const { settings, warnings } = await startSettings(options, shell.env, runtime.disk)
  for (const warning of warnings) logger.warn(warning)
  for (const { name, host, port } of settings.controllerListeners) {
    logger.info('controller listener is not bound: broker and controller share this process', {
      listener: `${name}://${host}:${port}`,
    })
  }

  const failed = Promise.withResolvers<Error>()
  const opened = await openBroker(runtime, settings, failed.resolve)
  const { broker, http } = opened
  const tookMs = Math.round(shell.uptimeMs())
  const data = settings.logDirs.join(', ')
  const metrics = http === null ? '' : `, metrics on ${http.url}/metrics`
  await shell.write(
    `Ottla ${version} ready on ${bootstrapServersOf(broker)}${metrics}, data in ${data}, in ${tookMs} ms\n`,
  )

  const failure = await Promise.race([failed.promise, stopped(shell.stop)])
  if (failure !== null) {
    // The broker has said why and closed itself.
    await opened.close()
    shell.exitCode = 1
    return
  }
  logger.info('stopping')
  await opened.close()
  logger.info('stopped')
  // Whatever a client left open must not keep a stopped broker alive.
  shell.exit(0)
}

function stopped(signal: AbortSignal): Promise<null> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(null)
    signal.addEventListener('abort', () => resolve(null), { once: true })
  })
}
