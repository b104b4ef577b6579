import { createRequire } from 'node:module'
import {
  type Api,
  KafkaError,
  type MessageCodec,
  requestHeaderVersion,
  Writer,
} from '@ottla/protocol'
import { ApiVersionsApi, type ApiVersionsResponse } from '@ottla/protocol/messages/api-versions'
import { RequestHeader } from '@ottla/protocol/messages/request-header'
import { assert, type Clock, type Network, type Socket, type Timer } from '@ottla/runtime'
import { BrokerVersions } from './broker-versions.ts'
import { FrameReader } from './frame-reader.ts'
import { gather } from './gather.ts'
import { PendingRequest, UNSUPPORTED_VERSION } from './pending-request.ts'
import { Queue } from './queue.ts'

export interface ClientConnectionOptions {
  readonly clock: Clock
  readonly host: string
  readonly port: number
  /** `client.id`: names this client in the broker's logs and quotas. Default: none. */
  readonly clientId?: string | null
  /** How long an answer may take, unless a request says otherwise. Default 30 s. */
  readonly requestTimeoutMs?: number
  /** How long connecting may take. Default 10 s. */
  readonly connectTimeoutMs?: number
  /** A longer answer closes the connection. Default 256 MiB. */
  readonly responseBytesMax?: number
  /** Gives up connecting. */
  readonly signal?: AbortSignal
  /** Called once, when the connection is gone. */
  readonly onClose?: (error?: Error) => void
}

export interface RequestOptions {
  /** Gives up waiting; the request may be served all the same. */
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
}

const { version: packageVersion } = createRequire(import.meta.url)('../package.json') as {
  version: string
}

/** How this client introduces itself (KIP-511). */
const clientSoftware = { clientSoftwareName: 'ottla', clientSoftwareVersion: packageVersion }

/**
 * The client's end of a connection: requests go out at once, one behind the other, and each answer
 * finds its request by order and correlation id.
 *
 * When the connection breaks every pending request rejects with NETWORK_EXCEPTION. An answer that does
 * not come in time rejects its request with REQUEST_TIMED_OUT and ends the connection: answers come in
 * order, so nothing behind it would come either.
 */
export class ClientConnection {
  readonly host: string
  readonly port: number
  readonly #clock: Clock
  readonly #socket: Socket
  readonly #clientId: string | null
  readonly #requestTimeoutMs: number
  readonly #onClose: ((error?: Error) => void) | undefined
  readonly #frames: FrameReader
  readonly #pending = new Queue<PendingRequest>()
  #nextCorrelationId = 0
  #outgoing: Buffer[] = []
  #flushIsDue = false
  #isFull = false
  #drainWaiters: (() => void)[] = []
  #deadlineTimer: Timer | null = null
  #nextDeadline = Infinity
  #versions: BrokerVersions | null = null
  #failure: KafkaError | null = null
  readonly #closed = Promise.withResolvers<void>()

  private constructor(socket: Socket, options: ClientConnectionOptions) {
    this.host = options.host
    this.port = options.port
    this.#clock = options.clock
    this.#socket = socket
    this.#clientId = options.clientId ?? null
    this.#requestTimeoutMs = options.requestTimeoutMs ?? 30_000
    this.#onClose = options.onClose
    this.#frames = new FrameReader(options.responseBytesMax ?? 268_435_456, 'broker')
    socket.handle({
      onData: (chunk) => this.#onData(chunk),
      onDrain: () => this.#onDrain(),
      onEnd: () => this.#fail('the broker closed the connection'),
      onClose: (error) => this.#onSocketClose(error),
    })
  }

  /** @throws {KafkaError} NETWORK_EXCEPTION; the signal's reason when it aborts. */
  static async connect(
    network: Network,
    options: ClientConnectionOptions,
  ): Promise<ClientConnection> {
    const { clock, host, port, signal } = options
    const timeoutMs = options.connectTimeoutMs ?? 10_000
    const stop = new AbortController()
    const aborted = (): void => stop.abort(signal?.reason)
    if (signal?.aborted) aborted()
    signal?.addEventListener('abort', aborted, { once: true })
    const timer = clock.schedule(timeoutMs, () => {
      const message = `connect to ${host}:${port}: no answer within ${timeoutMs} ms`
      stop.abort(new KafkaError('NETWORK_EXCEPTION', message))
    })
    try {
      const socket = await network.connect({ host, port, signal: stop.signal })
      return new ClientConnection(socket, options)
    } catch (error) {
      if (stop.signal.aborted) throw stop.signal.reason
      const cause = error as Error
      throw new KafkaError('NETWORK_EXCEPTION', cause.message, { cause })
    } finally {
      timer.cancel()
      signal?.removeEventListener('abort', aborted)
    }
  }

  get isClosed(): boolean {
    return this.#failure !== null
  }

  /** Requests whose answers have not come. */
  get inFlightRequests(): number {
    return this.#pending.length
  }

  /** The socket has more to send than it should: wait for `drained` before the next large request. */
  get isFull(): boolean {
    return this.#isFull
  }

  /** Resolves when the socket takes more, at once if it does. @throws {KafkaError} NETWORK_EXCEPTION */
  async drained(): Promise<void> {
    if (this.#isFull && this.#failure === null) {
      await new Promise<void>((resolve) => this.#drainWaiters.push(resolve))
    }
    if (this.#failure !== null) throw this.#failure
  }

  /**
   * Sends a request; resolves with its decoded answer, whatever error codes that holds.
   *
   * Requests made in one go leave in one write.
   *
   * @throws {KafkaError} NETWORK_EXCEPTION when the connection breaks, REQUEST_TIMED_OUT when no answer
   *   comes in time, UNSUPPORTED_VERSION or INVALID_REQUEST when the message cannot be written so,
   *   or the answer cannot be read; the signal's reason when it aborts.
   */
  request<
    Request extends RequestInput,
    RequestInput,
    Response extends ResponseInput,
    ResponseInput,
  >(
    api: Api<Request, RequestInput, Response, ResponseInput>,
    version: number,
    body: RequestInput,
    options: RequestOptions = {},
  ): Promise<Response> {
    return new Promise<Response>((resolve, reject) => {
      const { signal } = options
      if (signal?.aborted) {
        reject(signal.reason as Error)
        return
      }
      const correlationId = this.#write(api, version, body)
      const deadline = this.#clock.monotonic() + (options.timeoutMs ?? this.#requestTimeoutMs)
      const { name, key: apiKey, response } = api
      const asked = { name, apiKey, version, correlationId, deadline, response }
      this.#pending.push(new PendingRequest(asked, resolve, reject, signal))
      if (deadline < this.#nextDeadline) this.#watchDeadline(deadline)
    })
  }

  /** Sends a request that has no answer: Produce with acks 0. */
  post<Request extends RequestInput, RequestInput>(
    api: { readonly key: number; readonly request: MessageCodec<Request, RequestInput> },
    version: number,
    body: RequestInput,
  ): void {
    this.#write(api, version, body)
  }

  /**
   * Asks the broker which APIs it has in which versions, for `versionFor`. Asks in our latest version;
   * a broker that lacks it says so in version 0, and is asked again in one that it has (KIP-511).
   */
  async negotiate(options: RequestOptions = {}): Promise<ApiVersionsResponse> {
    let version = ApiVersionsApi.request.highestVersion
    let response = await this.request(ApiVersionsApi, version, clientSoftware, options)
    if (response.errorCode === UNSUPPORTED_VERSION) {
      const offered = response.apiKeys.find(({ apiKey }) => apiKey === ApiVersionsApi.key)
      version = Math.min(offered?.maxVersion ?? 0, version)
      response = await this.request(ApiVersionsApi, version, clientSoftware, options)
    }
    if (response.errorCode !== 0) {
      const message = `${this.#name()} answered ApiVersions with error ${response.errorCode}`
      throw new KafkaError('UNSUPPORTED_VERSION', message)
    }
    this.#versions = new BrokerVersions(this.#name(), response)
    return response
  }

  /**
   * The highest version that both sides have; only after `negotiate`.
   *
   * @param highest Not above this one.
   * @throws {KafkaError} UNSUPPORTED_VERSION when there is none.
   */
  versionFor(
    api: { readonly key: number; readonly name: string },
    highest: number = Infinity,
  ): number {
    assert(this.#versions !== null, 'negotiate() before versionFor()')
    return this.#versions.versionFor(api, highest)
  }

  /** Ends the connection; what is pending rejects. Harmless twice. */
  close(): Promise<void> {
    this.#fail('the connection was closed here')
    return this.#closed.promise
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #name(): string {
    return `broker ${this.host}:${this.port}`
  }

  #write<Input>(
    api: {
      readonly key: number
      readonly request: { write(w: Writer, m: Input, v: number): void }
    },
    version: number,
    body: Input,
  ): number {
    if (this.#failure !== null) throw this.#failure
    const correlationId = this.#nextCorrelationId
    const writer = Writer.framed()
    const header = {
      requestApiKey: api.key,
      requestApiVersion: version,
      correlationId,
      clientId: this.#clientId,
    }
    RequestHeader.write(writer, header, requestHeaderVersion(api.key, version))
    api.request.write(writer, body, version)
    // Only now: a message that cannot be written leaves no trace.
    this.#nextCorrelationId = (correlationId + 1) & 0x7fffffff
    for (const buffer of writer.finish()) this.#outgoing.push(buffer)
    if (!this.#flushIsDue) {
      this.#flushIsDue = true
      queueMicrotask(() => this.#flush())
    }
    return correlationId
  }

  #flush(): void {
    this.#flushIsDue = false
    if (this.#outgoing.length === 0 || this.#failure !== null) return
    const buffers = gather(this.#outgoing)
    this.#outgoing = []
    if (!this.#socket.write(buffers)) this.#isFull = true
  }

  #onDrain(): void {
    this.#isFull = false
    const waiters = this.#drainWaiters
    this.#drainWaiters = []
    for (const resolve of waiters) resolve()
  }

  #onData(chunk: Buffer): void {
    if (this.#failure !== null) return
    try {
      this.#frames.push(chunk)
      for (;;) {
        const frame = this.#frames.take()
        if (frame === null) return
        this.#answer(frame)
      }
    } catch (error) {
      this.#fail((error as Error).message, error as Error)
    }
  }

  #answer(frame: Buffer): void {
    const asked = this.#pending.peek()?.asked
    if (asked === undefined) throw new Error('an answer that nobody asked for')
    const correlationId = frame.length >= 4 ? frame.readInt32BE(0) : -1
    if (correlationId !== asked.correlationId) {
      const wanted = `${asked.correlationId} (${asked.name})`
      throw new Error(`an answer with correlation id ${correlationId} in place of ${wanted}`)
    }
    const pending = this.#pending.shift()
    if (this.#pending.length === 0) this.#unwatchDeadline()
    pending.answer(frame, this.#name())
  }

  #watchDeadline(deadline: number): void {
    this.#unwatchDeadline()
    this.#nextDeadline = deadline
    const delayMs = Math.max(deadline - this.#clock.monotonic(), 0)
    this.#deadlineTimer = this.#clock.schedule(delayMs, () => this.#checkDeadlines())
  }

  #unwatchDeadline(): void {
    this.#deadlineTimer?.cancel()
    this.#deadlineTimer = null
    this.#nextDeadline = Infinity
  }

  #checkDeadlines(): void {
    const now = this.#clock.monotonic()
    let earliest = Infinity
    for (const pending of this.#pending) {
      const { deadline, name } = pending.asked
      if (deadline <= now) {
        const message = `${name}: no answer from ${this.#name()} in time`
        pending.fail(new KafkaError('REQUEST_TIMED_OUT', message))
        this.#fail(message)
        return
      }
      earliest = Math.min(earliest, deadline)
    }
    this.#unwatchDeadline()
    if (earliest < Infinity) this.#watchDeadline(earliest)
  }

  #fail(reason: string, cause?: Error): void {
    if (this.#failure !== null) return
    const message = `${this.#name()}: ${reason}`
    this.#failure = new KafkaError(
      'NETWORK_EXCEPTION',
      message,
      cause === undefined ? {} : { cause },
    )
    this.#unwatchDeadline()
    this.#socket.destroy()
    this.#outgoing = []
    for (const pending of this.#pending.clear()) pending.fail(this.#failure)
    this.#onDrain()
  }

  #onSocketClose(error?: Error): void {
    this.#fail(error?.message ?? 'the connection is closed', error)
    this.#onClose?.(error)
    this.#closed.resolve()
  }
}
