import {
  createServer,
  Socket as NetSocket,
  type AddressInfo,
  type SocketConstructorOpts,
} from 'node:net'
import type { ConnectOptions, Listener, ListenOptions, Network, Socket } from '../network.ts'
import { networkError } from './network-errors.ts'
import { NodeSocket, SharedReader } from './node-socket.ts'

/**
 * Bytes that may wait in a socket before `write` says stop. Above Node's 64 KB, so that a few fetch
 * answers can queue without a pause; the kernel's own buffers come on top.
 */
const WRITE_BUFFER_BYTES = 256 * 1024

const socketOptions = { allowHalfOpen: true, writableHighWaterMark: WRITE_BUFFER_BYTES }

/** What Node's sockets wrap; `useUserBuffer` is how `onread` names the buffer. */
type Handle = SocketConstructorOpts['handle'] & { readonly useUserBuffer?: unknown }

export interface NodeNetworkOptions {
  /** Sockets read into one buffer in turn, in place of a fresh one for every read. Default true. */
  readonly sharesReadBuffer?: boolean
}

/** TCP through node:net. */
export class NodeNetwork implements Network {
  readonly #sharesReadBuffer: boolean

  constructor(options: NodeNetworkOptions = {}) {
    this.#sharesReadBuffer = options.sharesReadBuffer ?? true
  }

  listen(options: ListenOptions): Promise<Listener> {
    const { host, port, onConnection, onError } = options
    return new Promise<Listener>((resolve, reject) => {
      const server = createServer(
        {
          allowHalfOpen: true,
          noDelay: true,
          keepAlive: true,
          pauseOnConnect: true,
          highWaterMark: WRITE_BUFFER_BYTES,
        },
        (socket) => onConnection(this.#accept(socket)),
      )
      const failed = (error: Error): void =>
        reject(networkError(error, `listen on ${host}:${port}`))
      server.once('error', failed)
      server.listen({ ...(host === '' ? {} : { host }), port, backlog: 1024 }, () => {
        server.off('error', failed)
        // Accepting may fail, as with too many open files; the listener goes on when it can.
        server.on('error', (error) => onError?.(networkError(error, `accept on ${host}:${port}`)))
        const bound = server.address() as AddressInfo
        resolve({
          host: bound.address,
          port: bound.port,
          close: () =>
            new Promise<void>((closed) => {
              // Its callback would wait for the open connections; the address is free at once.
              if (server.listening) server.close()
              setImmediate(closed)
            }),
        })
      })
    })
  }

  connect(options: ConnectOptions): Promise<Socket> {
    const { host, port, signal } = options
    return new Promise<Socket>((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason as Error)
        return
      }
      const reader = this.#sharesReadBuffer ? new SharedReader() : null
      const socket = new NetSocket({ ...socketOptions, ...(reader && { onread: reader }) })
      const aborted = (): void => {
        socket.destroy()
        reject(signal?.reason as Error)
      }
      const failed = (error: Error): void => {
        signal?.removeEventListener('abort', aborted)
        reject(networkError(error, `connect to ${host}:${port}`))
      }
      signal?.addEventListener('abort', aborted, { once: true })
      socket.pause()
      socket.setNoDelay(true)
      socket.setKeepAlive(true)
      socket.connect({ host, port })
      socket.once('error', failed)
      socket.once('connect', () => {
        signal?.removeEventListener('abort', aborted)
        socket.off('error', failed)
        resolve(new NodeSocket(socket, reader))
      })
    })
  }

  /**
   * node:net takes a buffer to read into only where it makes the socket itself, when connecting. So
   * the accepted connection moves into a second net.Socket that has one. That uses two undocumented
   * names of Node's; where they are missing the socket is taken as it comes.
   */
  #accept(accepted: NetSocket): Socket {
    const { _handle: handle } = accepted as unknown as { _handle?: Handle | null }
    if (!this.#sharesReadBuffer || typeof handle?.useUserBuffer !== 'function') {
      return new NodeSocket(accepted, null)
    }
    Object.assign(accepted, { _handle: null })
    // Without its handle it closes nothing; its server counts it out.
    accepted.destroy()
    const reader = new SharedReader()
    const moved = { ...socketOptions, handle, pauseOnCreate: true, onread: reader }
    return new NodeSocket(new NetSocket(moved), reader)
  }
}
