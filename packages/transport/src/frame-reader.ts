import { KafkaError } from '@ottla/protocol'

/** The int32 that heads every frame and counts the bytes after it. */
const SIZE_BYTES = 4

/**
 * A frame up to this size gets its whole buffer at once, a longer one a buffer that doubles as its
 * bytes come: whoever announces 100 MB and sends nothing costs this much address space and no memory.
 */
const FIRST_BUFFER_BYTES = 1024 * 1024

const empty = Buffer.alloc(0)

/**
 * Cuts the bytes of a stream into frames: int32 size, then so many bytes.
 *
 * Bytes are pushed in as they arrive and frames taken out as they are wanted; between the two nothing
 * is copied. A frame that lies whole in a chunk is a slice of it. One that does not is gathered in a
 * buffer of its own, each byte copied once (once more, on average, beyond 1 MB).
 */
export class FrameReader {
  readonly #frameBytesMax: number
  /** What to name in an error: the setting that bounds a frame. */
  readonly #limitName: string
  /** The chunk that is being cut, and where its unused part begins. */
  #chunk: Buffer = empty
  #at = 0
  /** Chunks behind it. */
  readonly #later: Buffer[] = []
  #laterBytes = 0
  /** The size of the next frame, once its four bytes are there and checked; otherwise -1. */
  #size = -1
  /** A frame that does not lie whole in one chunk, as far as it has been gathered. */
  #gathered: Buffer | null = null
  #gatheredBytes = 0

  /**
   * @param frameBytesMax No frame may be longer.
   * @param limitName The setting this comes from, for the error.
   */
  constructor(frameBytesMax: number, limitName: string = 'socket.request.max.bytes') {
    this.#frameBytesMax = frameBytesMax
    this.#limitName = limitName
  }

  /** Bytes that arrived and are not part of a frame that was taken. */
  get bufferedBytes(): number {
    return this.#chunk.length - this.#at + this.#laterBytes + this.#gatheredBytes
  }

  push(chunk: Buffer): void {
    if (this.#at === this.#chunk.length && this.#later.length === 0) {
      this.#chunk = chunk
      this.#at = 0
    } else {
      this.#later.push(chunk)
      this.#laterBytes += chunk.length
    }
  }

  /**
   * The size of the next frame, -1 while it is not known. No memory has been taken for it yet.
   * @throws {KafkaError} INVALID_REQUEST when it is negative or above the limit.
   */
  nextSize(): number {
    if (this.#size >= 0) return this.#size
    if (this.#chunk.length - this.#at < SIZE_BYTES && !this.#joinSize()) return -1
    const size = this.#chunk.readInt32BE(this.#at)
    if (size < 0 || size > this.#frameBytesMax) throw this.#badSize(size)
    this.#at += SIZE_BYTES
    this.#size = size
    return size
  }

  /** The next frame, without its size; null while it is not all there. */
  take(): Buffer | null {
    const size = this.nextSize()
    if (size < 0) return null
    if (this.#gathered === null) {
      this.#skipUsedChunk()
      const end = this.#at + size
      if (end <= this.#chunk.length) {
        const frame = this.#chunk.subarray(this.#at, end)
        this.#at = end
        this.#size = -1
        if (end === this.#chunk.length) this.#nextChunk()
        return frame
      }
      this.#gathered = Buffer.allocUnsafeSlow(Math.min(size, FIRST_BUFFER_BYTES))
      this.#gatheredBytes = 0
    }
    return this.#gather(size)
  }

  #gather(size: number): Buffer | null {
    let gathered = this.#gathered!
    while (this.#gatheredBytes < size) {
      this.#skipUsedChunk()
      const count = Math.min(this.#chunk.length - this.#at, size - this.#gatheredBytes)
      if (count === 0) return null
      if (this.#gatheredBytes + count > gathered.length) {
        const more = Math.max(gathered.length * 2, this.#gatheredBytes + count)
        const longer = Buffer.allocUnsafeSlow(Math.min(size, more))
        gathered.copy(longer, 0, 0, this.#gatheredBytes)
        gathered = longer
        this.#gathered = longer
      }
      this.#chunk.copy(gathered, this.#gatheredBytes, this.#at, this.#at + count)
      this.#gatheredBytes += count
      this.#at += count
    }
    this.#skipUsedChunk()
    this.#gathered = null
    this.#gatheredBytes = 0
    this.#size = -1
    return gathered
  }

  #skipUsedChunk(): void {
    if (this.#at === this.#chunk.length) this.#nextChunk()
  }

  #nextChunk(): void {
    this.#chunk = this.#later.shift() ?? empty
    this.#laterBytes -= this.#chunk.length
    this.#at = 0
  }

  /** Brings a size that is spread over chunks together. @returns false while bytes are missing. */
  #joinSize(): boolean {
    while (this.#chunk.length - this.#at < SIZE_BYTES && this.#later.length > 0) {
      const left = this.#chunk.subarray(this.#at)
      const next = this.#later.shift()!
      this.#laterBytes -= next.length
      this.#chunk = left.length === 0 ? next : Buffer.concat([left, next])
      this.#at = 0
    }
    return this.#chunk.length - this.#at >= SIZE_BYTES
  }

  #badSize(size: number): KafkaError {
    const found =
      size < 0
        ? `announced ${size} bytes; a size is 0 or more, so these bytes are not Kafka's protocol`
        : `announced ${size} bytes, above ${this.#limitName} = ${this.#frameBytesMax}`
    return new KafkaError('INVALID_REQUEST', `a frame ${found}`)
  }
}
