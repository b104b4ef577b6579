import type { Broker, BrokerHealth } from '@ottla/broker'
import type { HostAndPort } from '@ottla/metadata/configs'
import type { Clock, Logger } from '@ottla/runtime'
import fastify from 'fastify'
import { UserError } from '../user-error.ts'
import { prometheusContentType, prometheusText } from './prometheus-text.ts'

export interface HttpEndpointOptions {
  readonly listener: HostAndPort
  /** Until it resolves the broker is starting. */
  readonly broker: Promise<Broker>
  readonly clock: Clock
  readonly logger: Logger
}

/** Where a broker's metrics and health are served over HTTP. */
export interface HttpEndpoint {
  /** `http://host:port`, the port that was bound in place of 0. */
  readonly url: string
  close(): Promise<void>
}

/**
 * Serves
 *
 *   /metrics        Prometheus' text format
 *   /health/live    200, or 503 when only a new start helps
 *   /health/ready   200 while clients are served, otherwise 503
 *
 * Health is answered as `{ "status": "up" | "down", "reasons": [] }`.
 *
 * @throws {UserError} when the address cannot be bound.
 */
export async function openHttpEndpoint(options: HttpEndpointOptions): Promise<HttpEndpoint> {
  const { listener, clock, logger } = options
  let broker: Broker | null = null
  const health = (): BrokerHealth => broker?.health ?? starting
  const server = fastify({
    logger: false,
    forceCloseConnections: true,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: IDLE_MS_MAX,
  })
  server.server.maxConnections = HTTP_CONNECTIONS_MAX

  server.get('/metrics', async (_request, reply) => {
    if (broker === null) return reply.code(UNAVAILABLE).send(healthBody(false, starting.reasons))
    const text = await scrapes.next()
    return reply.type(prometheusContentType).send(text)
  })
  server.get('/health/live', (_request, reply) => {
    const { isLive, reasons } = health()
    void reply.code(isLive ? OK : UNAVAILABLE).send(healthBody(isLive, isLive ? [] : reasons))
  })
  server.get('/health/ready', (_request, reply) => {
    const { isReady, reasons } = health()
    void reply.code(isReady ? OK : UNAVAILABLE).send(healthBody(isReady, reasons))
  })
  server.setErrorHandler((error, request, reply) => {
    logger.error('an HTTP request failed', { path: request.url, error })
    void reply
      .code(INTERNAL_ERROR)
      .send({ error: 'the broker failed to answer; its log says more' })
  })
  server.setNotFoundHandler((_request, reply) => {
    void reply.code(NOT_FOUND).send({ error: 'there are /metrics, /health/live and /health/ready' })
  })

  const scrapes = new SharedScrape(async () =>
    prometheusText((await options.broker).metrics, clock),
  )
  const url = await bind(server, listener)
  options.broker.then(
    (started) => {
      broker = started
      started.metrics.start()
    },
    () => {}, // whoever started it is told, and closes this
  )
  logger.info('metrics and health are served', { url })
  return {
    url,
    async close() {
      broker?.metrics.stop()
      await server.close()
    },
  }
}

const starting: BrokerHealth = {
  isLive: true,
  isReady: false,
  reasons: ['the broker is starting: its logs are opened, and recovered if need be'],
}

/** How long a request may take to come. */
const REQUEST_TIMEOUT_MS = 10_000
/** How long a connection may be idle: longer than a scrape interval usually is. */
const IDLE_MS_MAX = 75_000
/** More are closed at once: whoever scrapes needs one. */
const HTTP_CONNECTIONS_MAX = 100

const OK = 200
const NOT_FOUND = 404
const INTERNAL_ERROR = 500
const UNAVAILABLE = 503

function healthBody(isUp: boolean, reasons: readonly string[]): object {
  return { status: isUp ? 'up' : 'down', reasons }
}

/** Whoever asks while a scrape is being made gets that one: many askers cost no more than one. */
class SharedScrape {
  readonly #scrape: () => Promise<string>
  #underWay: Promise<string> | null = null

  constructor(scrape: () => Promise<string>) {
    this.#scrape = scrape
  }

  next(): Promise<string> {
    this.#underWay ??= this.#scrape().finally(() => (this.#underWay = null))
    return this.#underWay
  }
}

async function bind(
  server: ReturnType<typeof fastify>,
  { host, port }: HostAndPort,
): Promise<string> {
  try {
    return await server.listen({ host, port })
  } catch (error) {
    const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
    const reason = reasons[(error as NodeJS.ErrnoException).code ?? ''] ?? (error as Error).message
    throw new UserError(
      `metrics and health cannot be served on ${address}: ${reason}; ` +
        '--http host:port, or ottla.http.listener, takes another address',
    )
  }
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program has that port',
  EADDRNOTAVAIL: 'this machine has no such address',
  EACCES: 'the system does not allow that port',
  ENOTFOUND: 'there is no such host',
}
