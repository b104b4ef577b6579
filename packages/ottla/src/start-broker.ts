import { Broker } from '@ottla/broker'
import { type BrokerSettings, type HostAndPort, parseBrokerSettings } from '@ottla/metadata/configs'
import type { Logger, Runtime } from '@ottla/runtime'
import { silentLogger } from '@ottla/runtime'
import type { HttpEndpoint } from './http/http-endpoint.ts'
import { UserError } from './user-error.ts'

export interface StartBrokerOptions {
  /** Where its files live; made when missing, and found again by the next broker there. */
  readonly dataDirectory: string
  /** Default '127.0.0.1'. */
  readonly host?: string
  /** Default 0: a free one. */
  readonly port?: number
  /** Kafka's settings by name. `listeners` or `log.dirs` here come before the options above. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>
  /** Default: none. */
  readonly logger?: Logger
  /** Default: the real world. */
  readonly runtime?: Runtime
}

/** A broker in this process. */
export interface RunningBroker {
  /** `host:port` of its first listener: what a client is given. */
  readonly bootstrapServers: string
  readonly port: number
  /** `http://host:port` of /metrics and /health, with the setting `ottla.http.listener`; else null. */
  readonly httpUrl: string | null
  /** Answers what is in flight, syncs, marks the clean shutdown. Harmless twice. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Starts a broker inside this process, for tests and embedding.
 *
 *     await using broker = await startBroker({ dataDirectory })
 *     const kafka = new Kafka({ brokers: [broker.bootstrapServers] })
 *
 * @throws {UserError} for settings that are wrong; {DataDirectoryError} when another broker has the
 *   directory; {NetworkError} ADDRESS_IN_USE when the port is taken.
 */
export async function startBroker(options: StartBrokerOptions): Promise<RunningBroker> {
  const { host = '127.0.0.1', port = 0, logger = silentLogger } = options
  const runtime = options.runtime ?? (await realRuntime(logger))
  const given: Record<string, string | number | boolean> = {
    listeners: `PLAINTEXT://${host}:${port}`,
    'log.dirs': options.dataDirectory,
    ...options.settings,
  }
  const entries = Object.entries(given).map(([name, value]) => ({
    name,
    value: String(value),
    where: 'startBroker',
  }))
  const parsed = parseBrokerSettings(entries)
  if ('problems' in parsed) throw new UserError(parsed.problems.join('\n'))
  return running(await openBroker(runtime, parsed.settings))
}

/** A broker, and where its metrics and health are served. */
export interface OpenedBroker {
  readonly broker: Broker
  readonly http: HttpEndpoint | null
  /** Closes the broker, and the endpoint after it: till the end it says how the broker is. Harmless twice. */
  close(): Promise<void>
}

/** A start that takes longer than this answers for itself at its endpoint while it lasts. */
const QUIET_START_MS = 1000

/** The one place where a broker is made from settings. */
export async function openBroker(
  runtime: Runtime,
  settings: BrokerSettings,
  onFailure?: (error: Error) => void,
): Promise<OpenedBroker> {
  const starting = Broker.start({
    runtime,
    settings,
    ...(onFailure !== undefined && { onFailure }),
  })
  const listener = settings.ottlaHttpListener
  const http = listener === null ? null : await openHttp(starting, runtime, listener)
  let broker: Broker
  try {
    broker = await starting
  } catch (error) {
    await http?.close()
    throw error
  }
  return {
    broker,
    http,
    async close() {
      await broker.close()
      await http?.close()
    },
  }
}

/** Opens the endpoint once the broker serves, or has been starting for a while. */
async function openHttp(
  starting: Promise<Broker>,
  { clock, logger }: Runtime,
  listener: HostAndPort,
): Promise<HttpEndpoint | null> {
  const isDone = new AbortController()
  const ended = starting.then(
    () => true,
    () => false,
  )
  const quiet = clock.sleep(QUIET_START_MS, { signal: isDone.signal }).catch(() => {})
  if ((await Promise.race([ended, quiet])) === false) return null
  isDone.abort()
  try {
    // Only now: its libraries take longer to load than the broker takes to start.
    const { openHttpEndpoint } = await import('./http/http-endpoint.ts')
    return await openHttpEndpoint({ listener, broker: starting, clock, logger })
  } catch (error) {
    await starting.then(
      (broker) => broker.close(),
      () => {}, // what is wrong with the endpoint was there first
    )
    throw error
  }
}

/** Where clients find a broker. */
export function bootstrapServersOf(broker: Broker): string {
  return broker.listeners
    .map(({ host, port }) => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`))
    .join(',')
}

async function realRuntime(logger: Logger): Promise<Runtime> {
  const { nodeRuntime } = await import('@ottla/runtime/node')
  return nodeRuntime({ logger })
}

function running(opened: OpenedBroker): RunningBroker {
  const { broker, http } = opened
  const [first] = broker.listeners
  return {
    bootstrapServers: bootstrapServersOf(broker).split(',')[0] ?? '',
    port: first?.port ?? 0,
    httpUrl: http?.url ?? null,
    close: () => opened.close(),
    [Symbol.asyncDispose]: () => opened.close(),
  }
}
