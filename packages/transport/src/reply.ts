import { assert } from '@ottla/runtime'

/** Who keeps the replies of one connection in order. */
export interface ReplyOwner {
  replied(reply: Reply): void
}

/** Who measures: told once of each request, when its answer is with the socket, or never will be. */
export interface ReplyObserver {
  /** @param atMs The clock's monotonic time. */
  onWritten(atMs: number): void
}

/** The place of one request's answer among its connection's answers. Exactly one call completes it. */
export class Reply {
  /** Bytes of the request. */
  readonly requestBytes: number
  /** The request's frame, if nobody needs it once it is answered. */
  readonly unusedFrame: Buffer | null
  /** When its last bytes were read: the clock's monotonic time. */
  readonly receivedMs: number
  observer: ReplyObserver | null = null
  /** For so long after the answer nothing more of the connection is served (KIP-219); set before it. */
  throttleMs = 0
  readonly #owner: ReplyOwner
  #buffers: readonly Buffer[] | null = null
  #onLeft: (() => void) | null = null
  #error: Error | null = null

  constructor(
    owner: ReplyOwner,
    requestBytes: number,
    unusedFrame: Buffer | null,
    receivedMs: number,
  ) {
    this.#owner = owner
    this.requestBytes = requestBytes
    this.receivedMs = receivedMs
    this.unusedFrame = unusedFrame
  }

  /**
   * Answers with these bytes: response header and body. The size goes before them.
   * They must not change until they have left.
   *
   * @param onLeft Called once: they have left, or never will. For bytes that are borrowed from a log.
   */
  send(buffers: readonly Buffer[], onLeft?: () => void): void {
    let sizeBytes = 0
    for (const buffer of buffers) sizeBytes += buffer.length
    const size = Buffer.allocUnsafe(4)
    size.writeInt32BE(sizeBytes, 0)
    this.sendFramed([size, ...buffers], onLeft)
  }

  /** As `send`, for bytes that begin with their int32 size, as `Writer.framed()` makes them. */
  sendFramed(buffers: readonly Buffer[], onLeft?: () => void): void {
    this.#onLeft = onLeft ?? null
    this.#complete(buffers)
  }

  /** The request has no answer: Produce with acks 0. */
  none(): void {
    this.#complete([])
  }

  /** Closes the connection once the answers before this one have left. */
  fail(error: Error): void {
    this.#error = error
    this.#complete([])
  }

  /** null until completed. */
  get buffers(): readonly Buffer[] | null {
    return this.#buffers
  }

  get onLeft(): (() => void) | null {
    return this.#onLeft
  }

  get error(): Error | null {
    return this.#error
  }

  #complete(buffers: readonly Buffer[]): void {
    assert(this.#buffers === null, 'a request is answered once')
    this.#buffers = buffers
    this.#owner.replied(this)
  }
}
