import { KafkaError } from '@ottla/protocol'

/**
 * A position in the bytes of some records, read forward. One per batch, none per field. A number that is
 * too long, or a field that goes beyond `end`, throws KafkaError INVALID_RECORD.
 *
 * Short varints may be read from behind `end` as long as the buffer goes on there: whoever reads a record
 * compares where its fields end with where its length says, and that comparison finds it.
 */
export class RecordCursor {
  readonly buffer: Buffer
  readonly end: number
  at: number

  constructor(buffer: Buffer, at: number, end: number) {
    this.buffer = buffer
    this.at = at
    this.end = end
  }

  /** Moves over a byte that says nothing. */
  skipByte(): void {
    this.at++
  }

  /** A zigzag int32 of up to five bytes. Nearly all have one or two: those small enough to be inlined. */
  varint(): number {
    const at = this.at
    const first = this.buffer[at]!
    if (first < 0x80) {
      this.at = at + 1
      return (first >>> 1) ^ -(first & 1)
    }
    const second = this.buffer[at + 1]!
    if (second < 0x80) {
      this.at = at + 2
      return (((first & 0x7f) | (second << 7)) >>> 1) ^ -(first & 1)
    }
    return this.#longVarint()
  }

  /** A zigzag int64 of up to ten bytes; exact up to 2^53, rounded beyond. */
  varlong(): number {
    const at = this.at
    const first = this.buffer[at]!
    if (first < 0x80) {
      this.at = at + 1
      return (first >>> 1) ^ -(first & 1)
    }
    const second = this.buffer[at + 1]!
    if (second < 0x80) {
      this.at = at + 2
      return (((first & 0x7f) | (second << 7)) >>> 1) ^ -(first & 1)
    }
    return this.#longVarlong()
  }

  /** A length of null (-1) or more, and that many bytes; the bytes are a view, not a copy. */
  nullableBytes(): Buffer | null {
    const length = this.varint()
    if (length < 0) return null
    const start = this.at
    this.#skip(length)
    return this.buffer.subarray(start, this.at)
  }

  /** Moves over what `nullableBytes` would give. @returns whether it is not null */
  skipNullableBytes(): boolean {
    const length = this.varint()
    if (length < 0) return false
    this.#skip(length)
    return true
  }

  /** A header's key: UTF-8, never null. */
  string(): string {
    const length = this.varint()
    if (length < 0) this.#fail('have a header without key')
    const start = this.at
    this.#skip(length)
    return this.buffer.toString('utf8', start, this.at)
  }

  #skip(length: number): void {
    const to = this.at + length
    if (to > this.end) this.#fail(`have a field of ${length} bytes that is cut off`)
    this.at = to
  }

  #longVarint(): number {
    let raw = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const next = this.#byte()
      raw |= (next & 0x7f) << shift
      if (next < 0x80) return (raw >>> 1) ^ -(raw & 1)
    }
    return this.#fail('have a varint of more than five bytes')
  }

  #longVarlong(): number {
    const first = this.#byte()
    // Without its sign bit the value fills 6 bits of the first byte and 7 of each other.
    let magnitude = (first & 0x7f) >>> 1
    let scale = 64
    for (let count = 1; count < 10; count++) {
      const next = this.#byte()
      // The tenth byte has room for one bit of an int64.
      magnitude += (count === 9 ? next & 1 : next & 0x7f) * scale
      if (next < 0x80) return first & 1 ? -magnitude - 1 : magnitude
      scale *= 128
    }
    return this.#fail('have a varlong of more than ten bytes')
  }

  #byte(): number {
    if (this.at >= this.end) this.#fail('end in the middle of a field')
    return this.buffer[this.at++]!
  }

  #fail(what: string): never {
    throw new KafkaError('INVALID_RECORD', `the records of a batch ${what} (at byte ${this.at})`)
  }
}
