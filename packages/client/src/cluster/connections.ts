import { KafkaError } from '@ottla/protocol'
import { ClientConnection } from '@ottla/transport'
import type { ResolvedClientOptions } from '../client-options.ts'
import type { Address } from './address.ts'

/**
 * One connection to each address, made when first asked for and shared by all who ask; a connection
 * that broke is forgotten, and the next who asks makes another.
 */
export class Connections {
  readonly #options: ResolvedClientOptions
  readonly #open = new Map<string, Promise<ClientConnection>>()
  #isClosed = false

  constructor(options: ResolvedClientOptions) {
    this.#options = options
  }

  /**
   * A connection that knows the broker's versions.
   * @throws {KafkaError} NETWORK_EXCEPTION.
   */
  async to(address: Address, lane: string = ''): Promise<ClientConnection> {
    if (this.#isClosed) throw closedError()
    const name = `${address.host}:${address.port}/${lane}`
    const known = this.#open.get(name)
    if (known !== undefined) {
      const connection = await known
      if (!connection.isClosed) return connection
      if (this.#open.get(name) === known) this.#open.delete(name)
      return this.to(address, lane)
    }
    const connecting = this.#connect(address)
    this.#open.set(name, connecting)
    try {
      return await connecting
    } catch (error) {
      if (this.#open.get(name) === connecting) this.#open.delete(name)
      throw error
    }
  }

  async #connect({ host, port }: Address): Promise<ClientConnection> {
    const { runtime, clientId, requestTimeoutMs, connectTimeoutMs } = this.#options
    const connection = await ClientConnection.connect(runtime.network, {
      clock: runtime.clock,
      host,
      port,
      clientId,
      requestTimeoutMs,
      connectTimeoutMs,
    })
    try {
      await connection.negotiate()
      if (this.#isClosed) throw closedError()
      return connection
    } catch (error) {
      await connection.close()
      throw error
    }
  }

  /** Ends a lane's connections; nobody waits for them. */
  closeLane(lane: string): void {
    for (const [name, connecting] of this.#open) {
      if (!name.endsWith(`/${lane}`)) continue
      this.#open.delete(name)
      void connecting.then(
        (connection) => connection.close(),
        () => {},
      )
    }
  }

  /** Ends all connections. Harmless twice. */
  async close(): Promise<void> {
    this.#isClosed = true
    const open = [...this.#open.values()]
    this.#open.clear()
    await Promise.all(
      open.map(async (connecting) => {
        const connection = await connecting.catch(() => null)
        await connection?.close()
      }),
    )
  }
}

function closedError(): KafkaError {
  return new KafkaError('INVALID_REQUEST', 'this client is closed')
}
