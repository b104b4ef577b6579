import type { Clock, Listener, Logger, Network, Socket } from '@ottla/runtime'
import { type ByteBudget, type ConnectionLimits, ServerConnection } from '@ottla/transport'
import type { Dispatcher } from './dispatcher.ts'
import type { ConnectionInfo } from './request-context.ts'

export interface BrokerListenerOptions {
  readonly name: string
  readonly host: string
  /** 0 picks a free one. */
  readonly port: number
  readonly network: Network
  readonly clock: Clock
  readonly logger: Logger
  readonly limits: Partial<ConnectionLimits>
  /** Bytes of requests in flight, of all the broker's connections together. */
  readonly budget: ByteBudget
  /** At most so many connections; more are closed at once (`max.connections`). */
  readonly connectionsMax: number
  readonly connectionsPerIpMax: number
}

/**
 * One address that the broker listens on, and the connections that came in there.
 *
 * It is bound before the broker is ready, so that a taken port is known first; requests that come
 * early wait for `serve`.
 */
export class BrokerListener {
  readonly name: string
  readonly #options: BrokerListenerOptions
  /** Open connections, and what tells their waiting requests to stop waiting. */
  readonly #connections = new Map<ServerConnection, AbortController>()
  readonly #perAddress = new Map<string, number>()
  readonly #ready = Promise.withResolvers<Dispatcher>()
  #dispatcher: Dispatcher | undefined
  #bound: Listener | undefined
  #nextConnection = 0
  #closedConnections = 0
  #refusedConnections = 0

  private constructor(options: BrokerListenerOptions) {
    this.name = options.name
    this.#options = options
  }

  /** @throws {NetworkError} ADDRESS_IN_USE and the like. */
  static async bind(options: BrokerListenerOptions): Promise<BrokerListener> {
    const listener = new BrokerListener(options)
    const { host, port, network } = options
    listener.#bound = await network.listen({
      host,
      port,
      onConnection: (socket) => listener.#accept(socket),
    })
    return listener
  }

  get port(): number {
    return this.#bound?.port ?? 0
  }

  get connectionCount(): number {
    return this.#connections.size
  }

  /** Of all that ever came in: those that were taken, those of them that ended, those refused at once. */
  get connectionTotals(): {
    readonly created: number
    readonly closed: number
    readonly refused: number
  } {
    const [created, closed] = [this.#nextConnection, this.#closedConnections]
    return { created, closed, refused: this.#refusedConnections }
  }

  /** From now on requests are answered. */
  serve(dispatcher: Dispatcher): void {
    this.#dispatcher = dispatcher
    this.#ready.resolve(dispatcher)
  }

  /** Accepts no more, answers what is in flight (a waiting fetch with what there is), then closes. */
  async close(): Promise<void> {
    const unbound = this.#bound?.close()
    const closing = [...this.#connections].map(([connection, waiting]) => {
      waiting.abort()
      return connection.close()
    })
    await unbound
    await Promise.all(closing)
  }

  #accept(socket: Socket): void {
    const { clock, logger, limits, budget, connectionsMax, connectionsPerIpMax } = this.#options
    const address = socket.remoteAddress
    const fromAddress = this.#perAddress.get(address) ?? 0
    if (this.#connections.size >= connectionsMax || fromAddress >= connectionsPerIpMax) {
      socket.handle({ onData() {}, onDrain() {}, onEnd() {}, onClose() {} })
      socket.destroy()
      this.#refusedConnections += 1
      logger.warn('connection refused: too many are open', { client: address, listener: this.name })
      return
    }
    this.#perAddress.set(address, fromAddress + 1)

    const gone = new AbortController()
    const info: ConnectionInfo = {
      id: `${this.name}-${this.#nextConnection++}`,
      listenerName: this.name,
      clientAddress: address,
      signal: gone.signal,
    }
    const connection = new ServerConnection({
      socket,
      clock,
      logger,
      limits,
      budget,
      overlaps: (frame) => this.#dispatcher?.mayOverlap(frame) ?? false,
      leavesFrame: (frame) => this.#dispatcher?.leavesFrame(frame) ?? false,
      onRequest: (frame, reply) => {
        if (this.#dispatcher !== undefined) this.#dispatcher.dispatch(frame, reply, info)
        else void this.#ready.promise.then((dispatcher) => dispatcher.dispatch(frame, reply, info))
      },
      onClose: () => {
        gone.abort()
        this.#closedConnections += 1
        this.#connections.delete(connection)
        const left = (this.#perAddress.get(address) ?? 1) - 1
        if (left === 0) this.#perAddress.delete(address)
        else this.#perAddress.set(address, left)
      },
    })
    this.#connections.set(connection, gone)
  }
}
