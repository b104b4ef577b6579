import type { Clock, Listener, Logger, Network, Socket } from '@ottla/runtime'
import { type ByteBudget, type ConnectionLimits, ServerConnection } from '@ottla/transport'
import type { ConnectionGate } from './connection-gate.ts'
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
  /** Decides which connections are taken. */
  readonly gate: ConnectionGate
}

/** Refused connections that are closed late; beyond, at once: each holds a descriptor of the process. */
const LINGERING_MAX = 100

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
  readonly #ready = Promise.withResolvers<Dispatcher>()
  #dispatcher: Dispatcher | undefined
  #bound: Listener | undefined
  /** Refused, and closed in a while. */
  readonly #lingering = new Set<Socket>()
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
    for (const socket of this.#lingering) socket.destroy()
    await unbound
    await Promise.all(closing)
  }

  #accept(socket: Socket): void {
    const { clock, logger, limits, budget, gate } = this.#options
    const address = socket.remoteAddress
    const admission = gate.admit(address)
    if (!admission.isOpen) {
      this.#refuse(socket, admission.reason, admission.delayMs)
      return
    }

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
        gate.leave(address)
      },
    })
    this.#connections.set(connection, gone)
    if (admission.delayMs > 0) connection.throttle(admission.delayMs)
  }

  #refuse(socket: Socket, reason: string, delayMs: number): void {
    const { clock, logger } = this.#options
    this.#refusedConnections += 1
    logger.warn(`connection refused: ${reason}`, {
      client: socket.remoteAddress,
      listener: this.name,
    })
    if (delayMs === 0 || this.#lingering.size >= LINGERING_MAX) {
      socket.handle({ onData() {}, onDrain() {}, onEnd() {}, onClose() {} })
      socket.destroy()
      return
    }
    const timer = clock.schedule(delayMs, () => socket.destroy())
    this.#lingering.add(socket)
    const onClose = (): void => {
      timer.cancel()
      this.#lingering.delete(socket)
    }
    socket.handle({ onData() {}, onDrain() {}, onEnd: () => socket.destroy(), onClose })
    socket.pause()
  }
}
