/** Smaller frames share buffers with their neighbours. */
const SMALLEST_BYTES = 16 * 1024
/** Larger ones are rare: their buffers are not kept. */
const LARGEST_BYTES = 1024 * 1024
/** What may lie unused. Little, so that what is taken again is still in the processor's cache. */
const UNUSED_BYTES_MAX = 4 * 1024 * 1024

/**
 * Buffers for frames, used again once their request needs them no more: fresh memory costs more than
 * the copy into it. One for all connections of a thread.
 */
class FrameBuffers {
  /** By the exponent of their size, which is a power of two. */
  readonly #unused: ArrayBuffer[][] = Array.from({ length: 21 }, () => [])
  #unusedBytes = 0

  take(size: number): Buffer {
    if (size > LARGEST_BYTES) return Buffer.allocUnsafeSlow(size)
    if (size < SMALLEST_BYTES) return Buffer.allocUnsafe(size)
    const exponent = 32 - Math.clz32(size - 1)
    const unused = this.#unused[exponent]!.pop()
    if (unused === undefined) return Buffer.allocUnsafeSlow(2 ** exponent).subarray(0, size)
    this.#unusedBytes -= unused.byteLength
    return Buffer.from(unused, 0, size)
  }

  /** Takes a frame's buffer back, if it is one of ours; nobody may look at it any more. */
  giveBack(frame: Buffer): void {
    const whole = frame.buffer as ArrayBuffer
    const bytes = whole.byteLength
    if (frame.length < SMALLEST_BYTES || bytes > LARGEST_BYTES) return
    if (this.#unusedBytes + bytes > UNUSED_BYTES_MAX || (bytes & (bytes - 1)) !== 0) return
    this.#unused[31 - Math.clz32(bytes)]!.push(whole)
    this.#unusedBytes += bytes
  }
}

export const frameBuffers: FrameBuffers = new FrameBuffers()
