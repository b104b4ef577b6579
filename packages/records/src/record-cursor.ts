import { KafkaError } from '@ottla/protocol'

/**
 * A position in the bytes of some records, read forward. One per batch, none per field; running over
 * `end` or a number that is too long throws KafkaError INVALID_RECORD.
 */
export class RecordCursor {
  readonly buffer: Buffer
  at: number
  end: number

  constructor(buffer: Buffer, at: number, end: number) {
    this.buffer = buffer
    this.at = at
    this.end = end
  }

  byte(): number {
    if (this.at >= this.end) this.#fail('end in the middle of a field')
    return this.buffer[this.at++]!
  }

  /** A zigzag int32 of up to five bytes. */
  varint(): number {
    const first = this.byte()
    if (first < 0x80) return (first >>> 1) ^ -(first & 1)
    let raw = first & 0x7f
    for (let shift = 7; shift < 35; shift += 7) {
      const next = this.byte()
      raw |= (next & 0x7f) << shift
      if (next < 0x80) return (raw >>> 1) ^ -(raw & 1)
    }
    return this.#fail('have a varint of more than five bytes')
  }

  /** A zigzag int64 of up to ten bytes; exact up to 2^53, rounded beyond. */
  varlong(): number {
    const first = this.byte()
    if (first < 0x80) return (first >>> 1) ^ -(first & 1)
    // Without its sign bit the value fills 6 bits of the first byte and 7 of each other.
    let magnitude = (first & 0x7f) >>> 1
    let scale = 64
    for (let count = 1; count < 10; count++) {
      const next = this.byte()
      // The tenth byte has room for one bit of an int64.
      magnitude += (count === 9 ? next & 1 : next & 0x7f) * scale
      if (next < 0x80) return first & 1 ? -magnitude - 1 : magnitude
      scale *= 128
    }
    return this.#fail('have a varlong of more than ten bytes')
  }

  /** A length of null (-1) or more, and that many bytes; the bytes are a view, not a copy. */
  nullableBytes(): Buffer | null {
    const length = this.varint()
    if (length < 0) return null
    if (length > this.end - this.at) this.#fail(`have a field of ${length} bytes that is cut off`)
    const start = this.at
    this.at += length
    return this.buffer.subarray(start, this.at)
  }

  /** Moves over what `nullableBytes` would give. @returns whether it is not null */
  skipNullableBytes(): boolean {
    const length = this.varint()
    if (length < 0) return false
    if (length > this.end - this.at) this.#fail(`have a field of ${length} bytes that is cut off`)
    this.at += length
    return true
  }

  /** A header's key: UTF-8, never null. */
  string(): string {
    const length = this.varint()
    if (length < 0 || length > this.end - this.at) {
      this.#fail(`have a header key with ${length} bytes`)
    }
    const start = this.at
    this.at += length
    return this.buffer.toString('utf8', start, this.at)
  }

  #fail(what: string): never {
    throw new KafkaError('INVALID_RECORD', `the records of a batch ${what} (at byte ${this.at})`)
  }
}
