import { KafkaError } from '@ottla/protocol'
import { type Clock, InvariantError, type Logger, type Socket, type Timer } from '@ottla/runtime'
import type { ByteBudget } from './byte-budget.ts'
import { httpAnswer } from './foreign-protocols.ts'
import { frameBuffers } from './frame-buffers.ts'
import { FrameReader } from './frame-reader.ts'
import { type ConnectionLimits, defaultLimits } from './limits.ts'
import { Outgoing } from './outgoing.ts'
import { Queue } from './queue.ts'
import { Reply, type ReplyObserver } from './reply.ts'

export interface ServerConnectionOptions {
  readonly socket: Socket
  readonly clock: Clock
  readonly logger: Logger
  /**
   * Serves one request: `frame` is its header and body. Called in the order of arrival; completes
   * `reply` now or later. The frame may be a slice of a larger buffer: copy what outlives the reply.
   * A KafkaError that it throws closes the connection, as `reply.fail`.
   */
  readonly onRequest: (frame: Buffer, reply: Reply) => void
  /** The last call. */
  readonly onClose?: (error?: Error) => void
  /**
   * Whether this request may be served while its neighbours that also may are not answered yet.
   * Default: never. As in Kafka a connection's requests are then served one after the other.
   */
  readonly overlaps?: (frame: Buffer) => boolean
  /**
   * Whether nothing refers to this request's frame any more once it is answered, the answer included:
   * its buffer is then used again. Default: never. Produce, whose bytes are in the log by then, gains
   * most: two thirds of what receiving costs is fresh memory.
   */
  readonly leavesFrame?: (frame: Buffer) => boolean
  readonly limits?: Partial<ConnectionLimits>
  /** Shared by all connections of a broker. */
  readonly budget?: ByteBudget
}

/**
 * The server's end of a connection: cuts requests out of the stream, hands them over as fast as the
 * rules allow, and sends the answers in the order of the requests.
 *
 * Invariants
 *   answers leave in the order in which their requests came, whatever the order of completion
 *   the socket is paused exactly while a request waits that may not be served yet
 *   answers completed in one turn of the event loop leave in one write
 */
export class ServerConnection {
  readonly #socket: Socket
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #onRequest: (frame: Buffer, reply: Reply) => void
  readonly #onClose: ((error?: Error) => void) | undefined
  readonly #overlaps: ((frame: Buffer) => boolean) | undefined
  readonly #leavesFrame: ((frame: Buffer) => boolean) | undefined
  readonly #limits: ConnectionLimits
  readonly #budget: ByteBudget | undefined
  readonly #frames: FrameReader

  /** Requests handed over whose answers have not been written, oldest first. */
  readonly #replies = new Queue<Reply>()
  /** All that are not answered may overlap. */
  #allOverlap = true
  #unanswered = 0
  #inFlightBytes = 0

  /** A whole frame that waits to be served. */
  #nextFrame: Buffer | null = null
  /** The next frame's bytes are counted in. */
  #isAdmitted = false
  #isServing = false
  #isPaused = false

  readonly #outgoing = new Outgoing()
  /** Of the answers in `#outgoing`. */
  readonly #observers: ReplyObserver[] = []
  #flushIsDue = false
  /** The socket asked to stop. */
  #isFull = false
  /** Until its client has paid for what it used: nothing is served. */
  #throttleTimer: Timer | null = null

  /** A request failed: the answers behind it, which the peer would take for another's, are dropped. */
  #isCut = false
  /** Nothing more is read or served. */
  #isStopping = false
  /** The peer has ended its side. */
  #peerEnded = false
  #endSent = false
  #isClosed = false
  #lastActiveMs: number
  /** When the latest bytes came. */
  #receivedMs: number
  #idleTimer: Timer
  #lingerTimer: Timer | null = null
  /** While a request is arriving whose bytes the budget counts already. */
  #unfinishedTimer: Timer | null = null
  readonly #closed = Promise.withResolvers<void>()

  readonly #retry = (): void => this.#pump()

  constructor(options: ServerConnectionOptions) {
    this.#socket = options.socket
    this.#clock = options.clock
    this.#logger = options.logger
    this.#onRequest = options.onRequest
    this.#onClose = options.onClose
    this.#overlaps = options.overlaps
    this.#leavesFrame = options.leavesFrame
    this.#limits = { ...defaultLimits, ...options.limits }
    this.#budget = options.budget
    this.#frames = new FrameReader(this.#limits.frameBytesMax)
    this.#lastActiveMs = this.#clock.monotonic()
    this.#receivedMs = this.#lastActiveMs
    this.#idleTimer = this.#clock.schedule(this.#limits.idleMsMax, () => this.#checkIdle())
    this.#socket.handle({
      onData: (chunk) => this.#onData(chunk),
      onDrain: () => this.#onDrain(),
      onEnd: () => this.#onEnd(),
      onClose: (error) => this.#onSocketClose(error),
    })
  }

  get remoteAddress(): string {
    return this.#socket.remoteAddress
  }

  get remotePort(): number {
    return this.#socket.remotePort
  }

  get localPort(): number {
    return this.#socket.localPort
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Requests handed over and not answered. */
  get inFlightRequests(): number {
    return this.#unanswered
  }

  /** Serves nothing for so long (KIP-219): what comes meanwhile stays with the peer. */
  throttle(forMs: number): void {
    if (this.#isClosed) return
    this.#throttleTimer?.cancel()
    this.#throttleTimer = this.#clock.schedule(forMs, () => {
      this.#throttleTimer = null
      this.#lastActiveMs = this.#clock.monotonic()
      this.#pump()
    })
    this.#pause()
  }

  /** Takes no more requests, answers those in flight, then closes. Harmless twice. */
  close(): Promise<void> {
    this.#stop()
    return this.#closed.promise
  }

  /** Drops the connection at once; answers that have not left are lost. Harmless twice. */
  destroy(error?: Error): void {
    this.#isStopping = true
    this.#socket.destroy(error)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** For Reply alone: one of this connection's answers is there. */
  replied(reply: Reply): void {
    if (reply.unusedFrame !== null) frameBuffers.giveBack(reply.unusedFrame)
    this.#unanswered -= 1
    if (this.#unanswered === 0) this.#allOverlap = true
    if (reply.throttleMs > 0) this.throttle(reply.throttleMs)
    if (this.#isClosed || this.#isCut) {
      reply.onLeft?.()
      reply.observer?.onWritten(this.#clock.monotonic())
      return
    }
    this.#collect()
    if (this.#isPaused || this.#nextFrame !== null) this.#pump()
  }

  #onData(chunk: Buffer): void {
    if (this.#isStopping) return
    this.#lastActiveMs = this.#receivedMs = this.#clock.monotonic()
    this.#frames.push(chunk)
    this.#serveWaiting()
    // What was answered at once leaves at once: as many answers a write, and no turn later.
    this.#flushNow()
  }

  #onDrain(): void {
    this.#lastActiveMs = this.#clock.monotonic()
    this.#isFull = false
    this.#pump()
  }

  #onEnd(): void {
    this.#peerEnded = true
    if (this.#frames.bufferedBytes > 0 && !this.#isPaused) {
      this.#logger.debug('the peer ended inside a request', { peer: this.#peer() })
    }
    this.#linger()
    this.#endWhenDone()
  }

  #pump(): void {
    // A handler that answers at once comes back here through replied(): its loop goes on.
    if (this.#isServing) return
    this.#serveWaiting()
    if (!this.#outgoing.isEmpty) this.#flushThisTurn()
  }

  /** Serves requests until none is whole, or the next one has to wait. */
  #serveWaiting(): void {
    if (this.#isStopping) return
    this.#isServing = true
    try {
      while (this.#takeFrame()) {
        const frame = this.#nextFrame!
        const overlaps = this.#overlaps?.(frame) ?? false
        if (!this.#mayServe(overlaps)) {
          this.#pause()
          return
        }
        this.#nextFrame = null
        this.#isAdmitted = false
        this.#serve(frame, overlaps)
        if (this.#isStopping) return
      }
    } catch (error) {
      this.#refuse(error as Error)
    } finally {
      this.#isServing = false
      if (this.#peerEnded) this.#endWhenDone()
    }
  }

  /** @returns false when there is no whole frame, or no room for it. */
  #takeFrame(): boolean {
    if (this.#nextFrame !== null) return true
    const size = this.#frames.nextSize()
    if (size >= 0 && !this.#isAdmitted) {
      // Before memory is taken for the body.
      if (!this.#admit(size)) {
        this.#pause()
        return false
      }
      this.#isAdmitted = true
    }
    this.#nextFrame = size < 0 ? null : this.#frames.take()
    if (this.#nextFrame !== null) {
      this.#unfinishedTimer?.cancel()
      this.#unfinishedTimer = null
      return true
    }
    if (this.#isAdmitted && this.#unfinishedTimer === null) this.#watchUnfinished()
    if (this.#throttleTimer === null) this.#resume()
    return false
  }

  #admit(size: number): boolean {
    if (this.#inFlightBytes >= this.#limits.inFlightBytesMax) return false
    if (this.#budget !== undefined && !this.#budget.take(size)) {
      this.#budget.wait(this.#retry)
      return false
    }
    this.#inFlightBytes += size
    return true
  }

  /** Memory that is counted for a request that does not come may not keep everybody else waiting. */
  #watchUnfinished(): void {
    const { unfinishedMsMax } = this.#limits
    if (this.#budget === undefined || this.#budget.limitBytes === Infinity) return
    this.#unfinishedTimer = this.#clock.schedule(unfinishedMsMax, () => {
      this.#unfinishedTimer = null
      if (this.#isStopping) return
      if (!this.#budget!.isContended) return this.#watchUnfinished()
      const seconds = unfinishedMsMax / 1000
      const what = `a request had not arrived whole after ${seconds} s, and others wait for the memory`
      this.#refuse(
        new KafkaError('REQUEST_TIMED_OUT', `${what} that it holds (queued.max.request.bytes)`),
      )
    })
  }

  #mayServe(overlaps: boolean): boolean {
    if (this.#throttleTimer !== null) return false
    if (this.#unanswered > 0 && !(overlaps && this.#allOverlap)) return false
    if (this.#replies.length >= this.#limits.inFlightRequestsMax) return false
    const outboundBytesMax = this.#limits.outboundBytesMax
    if (this.#outgoing.sizeBytes + this.#socket.bufferedBytes < outboundBytesMax) return true
    // What a turn gathers is bounded too: large answers may come from memory, at once.
    this.#flushNow()
    return !this.#isFull || this.#socket.bufferedBytes < outboundBytesMax
  }

  #serve(frame: Buffer, overlaps: boolean): void {
    const leavesFrame = this.#leavesFrame?.(frame) ?? false
    const reply = new Reply(this, frame.length, leavesFrame ? frame : null, this.#receivedMs)
    this.#replies.push(reply)
    this.#unanswered += 1
    if (!overlaps) this.#allOverlap = false
    try {
      this.#onRequest(frame, reply)
    } catch (error) {
      // A broken invariant is the broker's end, not this connection's alone.
      if (error instanceof InvariantError) throw error
      if (!(error instanceof KafkaError)) {
        this.#logger.error('a request failed unexpectedly', { peer: this.#peer(), error })
      }
      if (reply.buffers === null) reply.fail(error as Error)
      else this.#refuse(error as Error)
    }
  }

  /** Moves the answers that are next in order to what leaves at the end of this turn. */
  #collect(): void {
    const replies = this.#replies
    let failed: Error | null = null
    while (failed === null) {
      const buffers = replies.peek()?.buffers ?? null
      if (buffers === null) break
      const reply = replies.shift()
      this.#release(reply.requestBytes)
      this.#outgoing.add(buffers, reply.onLeft)
      if (reply.observer !== null) this.#observers.push(reply.observer)
      failed = reply.error
    }
    if (failed !== null) {
      this.#isCut = true
      this.#dropReplies()
      this.#refuse(failed)
    }
    if (!this.#outgoing.isEmpty) {
      if (!this.#isServing) this.#flushThisTurn()
      return
    }
    // Without bytes nothing is written that would tell them.
    if (this.#observers.length > 0) this.#tellObservers(this.#clock.monotonic())
    if (this.#isStopping || this.#peerEnded) {
      this.#endWhenDone()
    }
  }

  /** Completed answers that wait for one before them will not leave. */
  #dropReplies(): void {
    for (const reply of this.#replies.clear()) {
      if (reply.buffers === null) continue
      reply.onLeft?.()
      reply.observer?.onWritten(this.#clock.monotonic())
    }
  }

  #tellObservers(atMs: number): void {
    for (const observer of this.#observers) observer.onWritten(atMs)
    this.#observers.length = 0
  }

  #release(bytes: number): void {
    this.#inFlightBytes -= bytes
    this.#budget?.release(bytes)
  }

  /** Later in this turn of the event loop, for other answers may still come in it. */
  #flushThisTurn(): void {
    if (this.#flushIsDue) return
    this.#flushIsDue = true
    this.#clock.defer(() => {
      this.#flushIsDue = false
      this.#flushNow()
    })
  }

  #flushNow(): void {
    if (this.#isClosed || this.#outgoing.isEmpty) return
    this.#lastActiveMs = this.#clock.monotonic()
    if (!this.#outgoing.writeTo(this.#socket)) this.#isFull = true
    if (this.#observers.length > 0) this.#tellObservers(this.#lastActiveMs)
    this.#endWhenDone()
  }

  #pause(): void {
    if (this.#isPaused) return
    this.#isPaused = true
    this.#socket.pause()
  }

  #resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#socket.resume()
  }

  /** The peer sent what cannot be served: it gets the answers it is owed, and a closed connection. */
  #refuse(error: Error): void {
    if (error instanceof InvariantError) throw error
    if (!this.#isStopping) {
      this.#logger.warn('connection closed', { peer: this.#peer(), reason: error.message })
      if (this.#frames.foreign === 'HTTP') this.#outgoing.add([httpAnswer], null)
    }
    this.#stop()
  }

  #stop(): void {
    if (this.#isStopping) return
    this.#isStopping = true
    this.#nextFrame = null
    this.#linger()
    // What still comes is thrown away, so that the peer's end is seen.
    this.#resume()
    this.#endWhenDone()
  }

  #linger(): void {
    if (this.#isClosed) return
    this.#lingerTimer ??= this.#clock.schedule(this.#limits.lingerMsMax, () => this.destroy())
  }

  /** Ends our side once nothing is left to answer. */
  #endWhenDone(): void {
    if (this.#endSent || this.#isClosed || !(this.#isStopping || this.#peerEnded)) return
    if (!this.#outgoing.isEmpty || (this.#unanswered > 0 && !this.#isCut)) return
    // While paused there are requests that came before the peer's end and are still to be served.
    if (!this.#isStopping && this.#isPaused) return
    this.#endSent = true
    this.#socket.end()
  }

  #onSocketClose(error?: Error): void {
    this.#isClosed = true
    this.#isStopping = true
    this.#idleTimer.cancel()
    this.#lingerTimer?.cancel()
    this.#unfinishedTimer?.cancel()
    this.#throttleTimer?.cancel()
    this.#budget?.forget(this.#retry)
    // Whoever still works on a request of this connection keeps its memory a moment longer.
    this.#release(this.#inFlightBytes)
    this.#outgoing.drop()
    this.#tellObservers(this.#clock.monotonic())
    this.#dropReplies()
    if (error !== undefined) {
      this.#logger.debug('connection lost', { peer: this.#peer(), reason: error.message })
    }
    this.#onClose?.(error)
    this.#closed.resolve()
  }

  #checkIdle(): void {
    const idleMs = this.#clock.monotonic() - this.#lastActiveMs
    // Rounded: after a fraction of a millisecond a clock may say the same time again, for ever.
    const leftMs = Math.round(this.#limits.idleMsMax - idleMs)
    // A request that waits for its turn is not the peer's fault; answers that it does not take are.
    const isWaiting = (this.#isPaused && !this.#isFull) || this.#throttleTimer !== null
    if (leftMs <= 0 && this.#unanswered === 0 && !isWaiting) {
      this.#logger.debug('connection closed: idle', { peer: this.#peer() })
      this.#stop()
      return
    }
    const nextMs = leftMs > 0 ? leftMs : this.#limits.idleMsMax
    this.#idleTimer = this.#clock.schedule(nextMs, () => this.#checkIdle())
  }

  #peer(): string {
    return `${this.#socket.remoteAddress}:${this.#socket.remotePort}`
  }
}
