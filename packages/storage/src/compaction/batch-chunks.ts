import { KafkaError } from '@ottla/protocol'
import { BATCH_PREFIX_BYTES, batchSizeBytes, checkBatch, wholeBatchSize } from '@ottla/records'
import { SMALLEST_BATCH_BYTES } from '../limits.ts'
import type { Segment } from '../segment.ts'

/**
 * A segment's batches, some at a time: as many whole ones as fit in a buffer of a fixed size, or the one
 * that is larger. Their CRCs are checked: what is written anew gets a new one, which would hide damage.
 */
export class BatchChunks {
  readonly #segment: Segment
  readonly #usual: Buffer
  /** Whole batches from its first byte on. */
  buffer: Buffer
  /** Where they end; 0 at the end of the segment. */
  end = 0
  #position: number

  /** From the batch at `position` on; `buffer` is lent. */
  constructor(segment: Segment, position: number, buffer: Buffer) {
    this.#segment = segment
    this.#position = position
    this.#usual = buffer
    this.buffer = buffer
  }

  /**
   * Reads the next ones. A buffer that grew for a large batch is given up again.
   *
   * @returns Their bytes; 0: there are no more.
   * @throws KafkaError CORRUPT_MESSAGE
   */
  async next(): Promise<number> {
    this.#position += this.end
    this.end = 0
    this.buffer = this.#usual
    for (;;) {
      const left = this.#segment.sizeBytes - this.#position
      if (left <= 0) return 0
      const wanted = Math.min(this.buffer.length, left)
      const { file } = this.#segment
      const filled = await file.readAsync(this.buffer.subarray(0, wanted), this.#position)
      this.end = this.#endOfWhole(filled)
      if (this.end > 0) return this.end
      const size = filled < BATCH_PREFIX_BYTES ? 0 : batchSizeBytes(this.buffer, 0)
      if (filled < wanted || size < SMALLEST_BATCH_BYTES || size > left) throw this.#cutOff(0)
      this.buffer = Buffer.allocUnsafe(size)
    }
  }

  #endOfWhole(filled: number): number {
    let at = 0
    try {
      for (;;) {
        const size = wholeBatchSize(this.buffer, at, filled)
        if (size === 0) return at
        at += checkBatch(this.buffer, at, at + size)
      }
    } catch (error) {
      throw this.#cutOff(at, error)
    }
  }

  #cutOff(at: number, cause?: unknown): KafkaError {
    const what = cause instanceof Error ? `: ${cause.message}` : ''
    return new KafkaError(
      'CORRUPT_MESSAGE',
      `${this.#segment.file.path} has no sound record batch at byte ${this.#position + at}${what}`,
      { cause },
    )
  }
}
