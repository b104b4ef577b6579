import { KafkaError } from '@ottla/protocol'
import {
  type ForeignProtocol,
  foreignProtocol,
  foreignReasons,
  type FrameSource,
} from './foreign-protocols.ts'
import { frameBuffers } from './frame-buffers.ts'
import { Queue } from './queue.ts'

/** The int32 that heads every frame and counts the bytes after it. */
const SIZE_BYTES = 4

/** Frames that come together are copied together up to so many bytes: who keeps one keeps no more. */
const SHARED_BUFFER_BYTES = 16 * 1024

/**
 * A frame up to this size gets its whole buffer at once, a longer one a buffer that doubles as its
 * bytes come: whoever announces 100 MB and sends nothing costs this much address space and no memory.
 */
const FIRST_BUFFER_BYTES = 1024 * 1024

/**
 * Once so much of a frame is there its buffer becomes whole: copying more than this in one go keeps everybody
 * else waiting (64 MB: 60 ms), and who has sent so much may well send the rest.
 */
const WHOLE_BUFFER_BYTES = 8 * 1024 * 1024

/** The setting that bounds a frame. */
const limitNames: Readonly<Record<FrameSource, string>> = {
  client: 'socket.request.max.bytes',
  broker: 'responseBytesMax',
}

/**
 * Cuts the bytes of a stream into frames: int32 size, then so many bytes.
 *
 * A pushed chunk is not kept: each byte of a frame is copied once out of the chunk into the frame's
 * buffer (the first 8 MB of a longer one twice). A frame of more than 16 KB has a buffer of its
 * exact size, small ones share one.
 */
export class FrameReader {
  readonly #frameBytesMax: number
  readonly #source: FrameSource
  /** Whole frames. */
  readonly #ready = new Queue<Buffer>()
  #readyBytes = 0
  /** The last frame's size: complete, or its first bytes while `#sizeBytes` < 4. */
  readonly #size: Buffer = Buffer.alloc(SIZE_BYTES)
  #sizeBytes = 0
  /** The last frame as far as it has come; null between frames. */
  #partial: Buffer | null = null
  #partialBytes = 0
  #partialSize = 0
  /** Nothing but a size has come, ever. */
  #isFirst = true
  #foreign: ForeignProtocol | null = null
  #failure: KafkaError | null = null

  /**
   * @param frameBytesMax No frame may be longer.
   * @param source Who sends them, for the errors.
   */
  constructor(frameBytesMax: number, source: FrameSource = 'client') {
    this.#frameBytesMax = frameBytesMax
    this.#source = source
  }

  /** Bytes of frames that have not been taken. */
  get bufferedBytes(): number {
    return this.#readyBytes + this.#sizeBytes + this.#partialBytes
  }

  /** What the stream speaks instead, once it is known from its first bytes. */
  get foreign(): ForeignProtocol | null {
    return this.#foreign
  }

  /** Takes in what arrived. Nothing behind a size that cannot be is looked at. */
  push(chunk: Buffer): void {
    if (this.#failure !== null) return
    let at = 0
    while (at < chunk.length) {
      if (this.#partial !== null) at = this.#gather(chunk, at)
      else if (this.#sizeBytes > 0) at = this.#gatherSize(chunk, at)
      else at = this.#cut(chunk, at)
      if (at < 0) return
    }
  }

  /**
   * The size of the next frame, which may not be all there; -1 while it is not known.
   * @throws {KafkaError} INVALID_REQUEST when it is negative or above the limit.
   */
  nextSize(): number {
    const ready = this.#ready.peek()
    if (ready !== undefined) return ready.length
    if (this.#failure !== null) throw this.#failure
    return this.#partial === null ? -1 : this.#partialSize
  }

  /** The next frame, without its size; null while it is not all there. @throws As `nextSize`. */
  take(): Buffer | null {
    if (this.#ready.length === 0) {
      if (this.#failure !== null) throw this.#failure
      return null
    }
    const frame = this.#ready.shift()
    this.#readyBytes -= frame.length
    return frame
  }

  /**
   * Cuts frames that lie whole in the chunk, from the start of a frame on.
   * @returns Where to go on; -1 after a size that cannot be.
   */
  #cut(chunk: Buffer, start: number): number {
    let at = start
    // Frames from `from` to `at` are whole, and not copied yet.
    let from = start
    for (;;) {
      if (chunk.length - at < SIZE_BYTES) {
        this.#copyFrames(chunk, from, at)
        return this.#gatherSize(chunk, at)
      }
      const size = chunk.readInt32BE(at)
      const end = at + SIZE_BYTES + size
      if (size < 0 || size > this.#frameBytesMax || end > chunk.length) {
        this.#copyFrames(chunk, from, at)
        return this.#begin(size) ? at + SIZE_BYTES : -1
      }
      if (end - from > SHARED_BUFFER_BYTES && at > from) {
        this.#copyFrames(chunk, from, at)
        from = at
      }
      at = end
    }
  }

  #copyFrames(chunk: Buffer, from: number, end: number): void {
    if (from === end) return
    const shared = frameBuffers.take(end - from - SIZE_BYTES)
    chunk.copy(shared, 0, from + SIZE_BYTES, end)
    for (let at = from; at < end;) {
      const size = chunk.readInt32BE(at)
      const start = at - from
      this.#addReady(size === shared.length ? shared : shared.subarray(start, start + size))
      at += SIZE_BYTES + size
    }
  }

  #addReady(frame: Buffer): void {
    this.#isFirst = false
    this.#ready.push(frame)
    this.#readyBytes += frame.length
  }

  /** Brings a size together that is spread over chunks. */
  #gatherSize(chunk: Buffer, at: number): number {
    const end = Math.min(at + SIZE_BYTES - this.#sizeBytes, chunk.length)
    this.#sizeBytes += chunk.copy(this.#size, this.#sizeBytes, at, end)
    if (this.#sizeBytes < SIZE_BYTES) return end
    this.#sizeBytes = 0
    return this.#begin(this.#size.readInt32BE(0)) ? end : -1
  }

  /** Begins a frame that is not whole in its chunk. @returns false when its size cannot be. */
  #begin(size: number): boolean {
    if (size < 0 || size > this.#frameBytesMax) {
      this.#failure = this.#badSize(size)
      return false
    }
    if (size === 0) {
      this.#addReady(Buffer.alloc(0))
      return true
    }
    this.#partial = frameBuffers.take(Math.min(size, FIRST_BUFFER_BYTES))
    this.#partialSize = size
    this.#partialBytes = 0
    this.#isFirst = false
    return true
  }

  #gather(chunk: Buffer, at: number): number {
    const count = Math.min(chunk.length - at, this.#partialSize - this.#partialBytes)
    const filled = this.#partialBytes + count
    let partial = this.#partial!
    if (filled > partial.length) {
      const isDoubled = partial.length < WHOLE_BUFFER_BYTES
      const wanted = isDoubled ? Math.max(partial.length * 2, filled) : this.#partialSize
      const longer = Buffer.allocUnsafeSlow(Math.min(this.#partialSize, wanted))
      partial.copy(longer, 0, 0, this.#partialBytes)
      partial = longer
      this.#partial = longer
    }
    chunk.copy(partial, this.#partialBytes, at, at + count)
    this.#partialBytes = filled
    if (filled === this.#partialSize) {
      this.#partial = null
      this.#partialBytes = 0
      this.#addReady(partial)
    }
    return at + count
  }

  #badSize(size: number): KafkaError {
    this.#foreign = this.#isFirst ? foreignProtocol(size) : null
    if (this.#foreign !== null) {
      return new KafkaError('INVALID_REQUEST', foreignReasons[this.#source][this.#foreign])
    }
    const found =
      size < 0
        ? `announced ${size} bytes; a size is 0 or more, so these bytes are not Kafka's protocol`
        : `announced ${size} bytes, above ${limitNames[this.#source]} = ${this.#frameBytesMax}`
    return new KafkaError('INVALID_REQUEST', `a frame ${found}`)
  }
}
