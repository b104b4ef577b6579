import { createServer, Socket as TcpSocket, type AddressInfo } from 'node:net'
import type { ConnectOptions, Listener, ListenOptions, Network, Socket } from '../network.ts'
import { networkError } from './network-errors.ts'
import { NodeSocket } from './node-socket.ts'

/**
 * Bytes that may wait in a socket before `write` says stop. Above Node's 64 KB, so that a few fetch
 * answers can queue without a pause; the kernel's own buffers come on top.
 */
const WRITE_BUFFER_BYTES = 256 * 1024

/** TCP through node:net. */
export class NodeNetwork implements Network {
  listen(options: ListenOptions): Promise<Listener> {
    const { host, port, onConnection, onError } = options
    return new Promise<Listener>((resolve, reject) => {
      const server = createServer(
        { allowHalfOpen: true, noDelay: true, highWaterMark: WRITE_BUFFER_BYTES },
        (socket) => onConnection(new NodeSocket(socket)),
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
      const streamOptions = { allowHalfOpen: true, writableHighWaterMark: WRITE_BUFFER_BYTES }
      const socket = new TcpSocket(streamOptions)
      const aborted = (): void => {
        socket.destroy()
        reject(signal?.reason as Error)
      }
      const failed = (error: Error): void => {
        signal?.removeEventListener('abort', aborted)
        reject(networkError(error, `connect to ${host}:${port}`))
      }
      signal?.addEventListener('abort', aborted, { once: true })
      socket.setNoDelay(true)
      socket.connect({ host, port })
      socket.once('error', failed)
      socket.once('connect', () => {
        signal?.removeEventListener('abort', aborted)
        socket.off('error', failed)
        resolve(new NodeSocket(socket))
      })
    })
  }
}
