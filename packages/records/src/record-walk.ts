import { KafkaError } from '@ottla/protocol'
import { RecordCursor } from './record-cursor.ts'

/**
 * Goes through the records of a batch of format 2, one at a time and without an object for each: what
 * compaction needs to know of a record. The fields are those of the record that `next` moved to.
 */
export class RecordWalk {
  readonly bytes: Buffer
  readonly #cursor: RecordCursor
  /** Where the record begins, its length included, and where it ends. */
  start = 0
  end = 0
  timestampDelta = 0
  /** Where the fields begin that follow the timestamp delta. */
  afterTimestamp = 0
  offsetDelta = 0
  /** The key's bytes; both -1 when it is null. */
  keyStart = -1
  keyEnd = -1
  hasValue = false

  /** `bytes` are the records of one batch, decompressed, from `start` to `end`. */
  constructor(bytes: Buffer, start: number, end: number) {
    this.bytes = bytes
    this.#cursor = new RecordCursor(bytes, start, end)
  }

  /**
   * Moves to the next record.
   *
   * @returns false after the last one
   * @throws KafkaError INVALID_RECORD when the fields do not fit their lengths
   */
  next(): boolean {
    const cursor = this.#cursor
    if (cursor.at >= cursor.end) return false
    this.start = cursor.at
    const length = cursor.varint()
    const end = cursor.at + length
    if (length < 0 || end > cursor.end) this.#fail(length)
    cursor.skipByte()
    this.timestampDelta = cursor.varlong()
    this.afterTimestamp = cursor.at
    this.offsetDelta = cursor.varint()
    const keyBytes = cursor.varint()
    if (keyBytes < 0) {
      this.keyStart = -1
      this.keyEnd = -1
    } else {
      this.keyStart = cursor.at
      this.keyEnd = cursor.at + keyBytes
      cursor.at = this.keyEnd
    }
    this.hasValue = cursor.at <= end && cursor.skipNullableBytes()
    // Headers are not looked at: they end where the record does.
    if (cursor.at >= end) this.#fail(length)
    this.end = end
    cursor.at = end
    return true
  }

  /** Moves to the record that begins at `start`, as `next` found it. */
  moveTo(start: number): void {
    this.#cursor.at = start
    this.next()
  }

  #fail(length: number): never {
    throw new KafkaError(
      'INVALID_RECORD',
      `the record at byte ${this.start} of a batch's records says its length is ${length}, which its fields do not fit`,
    )
  }
}
