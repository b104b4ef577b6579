/** What a Socket tells its one owner. Never called from inside one of the owner's own calls. */
export interface SocketHandler {
  /** Bytes arrived. They are there only during this call: the buffer is used again. Copy what stays. */
  onData(chunk: Buffer): void
  /** The bytes waiting to leave fell back under the limit after a `write` that returned false. */
  onDrain(): void
  /** The peer has ended its side; what was written to it still leaves. */
  onEnd(): void
  /** The last call: the socket is gone, with the error that caused it, if one did. */
  onClose(error?: Error): void
}

/** One end of an ordered stream of bytes. */
export interface Socket {
  readonly localAddress: string
  readonly localPort: number
  readonly remoteAddress: string
  readonly remotePort: number

  /** Names the owner, once; nothing is delivered before. */
  handle(handler: SocketHandler): void

  /**
   * Queues the buffers, in order, as one write; they must not change until they have left.
   * @param onLeft Called once, later: they have left, or never will.
   * @returns false when too many bytes wait: stop until `onDrain`.
   */
  write(buffers: readonly Buffer[], onLeft?: () => void): boolean

  /** Bytes written that the operating system has not taken yet. */
  readonly bufferedBytes: number

  /** Stops and starts delivery of data; while paused the peer feels backpressure. */
  pause(): void
  resume(): void

  /** Ends this side after what was written has left. */
  end(): void

  /** Drops the connection at once; `onClose` follows. Harmless twice. */
  destroy(error?: Error): void
}

/** A bound address. */
export interface Listener {
  readonly host: string
  readonly port: number
  /** Stops accepting; open sockets stay. Resolves once the address is free. */
  close(): Promise<void>
}

export interface ListenOptions {
  readonly host: string
  /** 0 picks a free port. */
  readonly port: number
  /** Each accepted socket; its handler must be named before this returns. */
  readonly onConnection: (socket: Socket) => void
  /** Accepting failed, as with too many open files; the listener stays and goes on when it can. */
  readonly onError?: (error: NetworkError) => void
}

export interface ConnectOptions {
  readonly host: string
  readonly port: number
  readonly signal?: AbortSignal
}

/** Connections between processes, as everything outside this package knows them. */
export interface Network {
  /** @throws {NetworkError} ADDRESS_IN_USE, ADDRESS_NOT_AVAILABLE or ACCESS_DENIED. */
  listen(options: ListenOptions): Promise<Listener>

  /** @throws {NetworkError} CONNECTION_REFUSED, HOST_NOT_FOUND, …; the signal's reason when it aborts. */
  connect(options: ConnectOptions): Promise<Socket>
}

export type NetworkErrorCode =
  | 'ADDRESS_IN_USE'
  | 'ADDRESS_NOT_AVAILABLE'
  | 'ACCESS_DENIED'
  | 'CONNECTION_REFUSED'
  | 'CONNECTION_RESET'
  | 'HOST_NOT_FOUND'
  | 'TIMED_OUT'
  | 'NETWORK_FAILED'

/** A failure of the network, with a code that reads the same on the real and the simulated one. */
export class NetworkError extends Error {
  override readonly name: string = 'NetworkError'
  readonly code: NetworkErrorCode

  constructor(code: NetworkErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
