import { KafkaError } from './errors.ts'
import type { Int64 } from './int64.ts'
import type { UnknownTaggedField } from './unknown-tagged-fields.ts'
import { uuidToText, ZERO_UUID } from './uuid.ts'

/** Decoded objects may take this many bytes for each byte of the frame … */
export const decodedBytesPerByte = 16
/** … beyond what every frame may take, however small … */
export const decodedBytesAllowance: number = 1024 * 1024
/** … and no frame more than this. Slices of the frame do not count: they take nothing of their own. */
export const decodedBytesMax: number = 256 * 1024 * 1024

/**
 * Reads Kafka's primitive types from a stretch of a buffer, first to last.
 *
 * Every length and count is checked against the bytes that remain before memory is taken for it; what
 * does not fit is a KafkaError INVALID_REQUEST. The names follow the protocol guide: `compact` ones
 * have uvarint lengths of one more than the value, the others int16 or int32 lengths.
 */
export class Reader {
  readonly #buffer: Buffer
  readonly #end: number
  #at: number
  #decodedBytesLeft: number

  /** @param end Exclusive. */
  constructor(buffer: Buffer, at: number = 0, end: number = buffer.length) {
    if (!(at >= 0 && at <= end && end <= buffer.length)) {
      throw invalid(`cannot read bytes ${at} to ${end} of a buffer of ${buffer.length}`)
    }
    this.#buffer = buffer
    this.#at = at
    this.#end = end
    this.#decodedBytesLeft = Math.min(
      decodedBytesAllowance + (end - at) * decodedBytesPerByte,
      decodedBytesMax,
    )
  }

  /** Where the next byte is read, as an index of the buffer. */
  get position(): number {
    return this.#at
  }

  /** Bytes not read yet. After a whole message: what a sender with more to say left behind it. */
  get remaining(): number {
    return this.#end - this.#at
  }

  /** A reader of the same bytes, for looking ahead. */
  fork(): Reader {
    return new Reader(this.#buffer, this.#at, this.#end)
  }

  boolean(): boolean {
    return this.int8() !== 0
  }

  int8(): number {
    return (this.#buffer[this.#take(1)]! << 24) >> 24
  }

  int16(): number {
    const at = this.#take(2)
    const buffer = this.#buffer
    return (((buffer[at]! << 8) | buffer[at + 1]!) << 16) >> 16
  }

  uint16(): number {
    const at = this.#take(2)
    const buffer = this.#buffer
    return (buffer[at]! << 8) | buffer[at + 1]!
  }

  int32(): number {
    const at = this.#take(4)
    const buffer = this.#buffer
    return (buffer[at]! << 24) | (buffer[at + 1]! << 16) | (buffer[at + 2]! << 8) | buffer[at + 3]!
  }

  uint32(): number {
    return this.int32() >>> 0
  }

  /** Two int32 reads make a number four times faster than readBigInt64BE makes a bigint. */
  int64(): Int64 {
    const high = this.int32()
    const low = this.int32() >>> 0
    if (high >= -0x20_0000 && high < 0x20_0000) {
      const value = high * 0x1_0000_0000 + low
      if (value >= Number.MIN_SAFE_INTEGER) return value
    }
    return (BigInt(high) << 32n) | BigInt(low)
  }

  float64(): number {
    return this.#buffer.readDoubleBE(this.#take(8))
  }

  /** Unsigned, base 128, low group first, at most 32 bits. */
  uvarint(): number {
    const buffer = this.#buffer
    let at = this.#take(1)
    let byte = buffer[at]!
    if (byte < 0x80) return byte
    let value = byte & 0x7f
    for (let shift = 7; shift < 28; shift += 7) {
      at = this.#take(1)
      byte = buffer[at]!
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    byte = buffer[this.#take(1)]!
    if (byte > 0x0f) throw invalid(`the varint at byte ${at - 3} has more than 32 bits`)
    return (value | (byte << 28)) >>> 0
  }

  /** Zigzag, 32 bits. */
  varint(): number {
    const value = this.uvarint()
    return (value >>> 1) ^ -(value & 1)
  }

  /** Zigzag, 64 bits. */
  varlong(): Int64 {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#buffer[this.#take(1)]!
      value |= BigInt(byte & 0x7f) << shift
      if (byte >= 0x80) continue
      if (value >= 1n << 64n) break
      const signed = (value >> 1n) ^ -(value & 1n)
      const number = Number(signed)
      return Number.isSafeInteger(number) ? number : signed
    }
    throw invalid(`the varlong before byte ${this.#at} has more than 64 bits`)
  }

  /** In Kafka's text form: 22 base64url characters. */
  uuid(): string {
    const at = this.#take(16)
    const buffer = this.#buffer
    for (let i = at; i < at + 16; i++) {
      if (buffer[i] !== 0) return uuidToText(buffer, at)
    }
    return ZERO_UUID
  }

  string(): string {
    return this.#text(this.int16())
  }

  /** Any negative length is null, as Kafka takes it. */
  nullableString(): string | null {
    const length = this.int16()
    return length < 0 ? null : this.#text(length)
  }

  compactString(): string {
    return this.#text(this.uvarint() - 1)
  }

  compactNullableString(): string | null {
    const length = this.uvarint() - 1
    return length === -1 ? null : this.#text(length)
  }

  /** A slice of the frame, not a copy. */
  bytes(): Buffer {
    return this.slice(this.int32())
  }

  /** Any negative length is null, as Kafka takes it. */
  nullableBytes(): Buffer | null {
    const length = this.int32()
    return length < 0 ? null : this.slice(length)
  }

  compactBytes(): Buffer {
    return this.slice(this.uvarint() - 1)
  }

  compactNullableBytes(): Buffer | null {
    const length = this.uvarint() - 1
    return length === -1 ? null : this.slice(length)
  }

  /** The next `length` bytes; a slice of the frame, not a copy. */
  slice(length: number): Buffer {
    const at = this.#take(length)
    return this.#buffer.subarray(at, at + length)
  }

  /**
   * The number of elements of an array that cannot be null.
   *
   * @param minimumBytes What an element takes on the wire at least.
   * @param decodedBytes What an element takes in memory at least, once decoded.
   */
  arrayCount(minimumBytes: number, decodedBytes: number): number {
    return this.#count(this.int32(), minimumBytes, decodedBytes)
  }

  /** As arrayCount; -1 is null, for which any negative count stands. */
  nullableArrayCount(minimumBytes: number, decodedBytes: number): number {
    const count = this.int32()
    return count < 0 ? -1 : this.#count(count, minimumBytes, decodedBytes)
  }

  compactArrayCount(minimumBytes: number, decodedBytes: number): number {
    return this.#count(this.uvarint() - 1, minimumBytes, decodedBytes)
  }

  /** As compactArrayCount; -1 is null. */
  compactNullableArrayCount(minimumBytes: number, decodedBytes: number): number {
    const count = this.uvarint() - 1
    return count === -1 ? -1 : this.#count(count, minimumBytes, decodedBytes)
  }

  /** The number of tagged fields that follow; each takes two bytes at least. */
  tagCount(): number {
    const count = this.uvarint()
    return count === 0 ? 0 : this.#count(count, 2, 0)
  }

  /** A tag; they come in ascending order, and none twice (KIP-482). Kafka's own reader is laxer here. */
  tag(previous: number): number {
    const tag = this.uvarint()
    if (tag <= previous) throw invalid(`tag ${tag} after tag ${previous}: tags must ascend`)
    return tag
  }

  /** The end of a tagged field's value, from its size. */
  tagEnd(): number {
    const size = this.uvarint()
    if (size > this.#end - this.#at) throw this.#short(size)
    return this.#at + size
  }

  /** Checks that a known tagged field took just the bytes that it said it would. */
  endTag(tag: number, end: number): void {
    if (this.#at !== end)
      throw invalid(`tagged field ${tag} should end at byte ${end}, not ${this.#at}`)
  }

  /** Keeps a tagged field that the schema does not know. */
  unknownTag(
    known: UnknownTaggedField[] | undefined,
    tag: number,
    end: number,
  ): UnknownTaggedField[] {
    const fields = known ?? []
    this.#reserve(decodedTagBytes)
    fields.push({ tag, data: this.slice(end - this.#at) })
    return fields
  }

  /** All tagged fields of a structure whose schema knows none. */
  unknownTags(): UnknownTaggedField[] | undefined {
    const count = this.tagCount()
    if (count === 0) return undefined
    let fields: UnknownTaggedField[] | undefined
    for (let i = 0, tag = -1; i < count; i++) {
      tag = this.tag(tag)
      fields = this.unknownTag(fields, tag, this.tagEnd())
    }
    return fields
  }

  #take(length: number): number {
    const at = this.#at
    if (length < 0 || length > this.#end - at) throw this.#short(length)
    this.#at = at + length
    return at
  }

  #text(length: number): string {
    // Compact lengths could be longer; the limit is the same in both forms, as in Kafka.
    if (length > stringBytesMax) throw invalid(`a string of ${length} bytes; the longest has 32767`)
    const at = this.#take(length)
    return length === 0 ? '' : this.#buffer.toString(undefined, at, at + length)
  }

  #count(count: number, minimumBytes: number, decodedBytes: number): number {
    if (count < 0 || count * minimumBytes > this.#end - this.#at) {
      throw invalid(
        `${count} elements of ${minimumBytes} bytes or more cannot be in the ` +
          `${this.#end - this.#at} bytes that remain at byte ${this.#at}`,
      )
    }
    this.#reserve(count * decodedBytes)
    return count
  }

  #reserve(decodedBytes: number): void {
    this.#decodedBytesLeft -= decodedBytes
    if (this.#decodedBytesLeft < 0) {
      throw invalid(`the frame would take far more memory than its own size; see decodedBytesMax`)
    }
  }

  #short(length: number): KafkaError {
    return length < 0
      ? invalid(`a length of ${length} at byte ${this.#at}: it cannot be null or negative`)
      : invalid(`${length} bytes at byte ${this.#at} are needed, ${this.#end - this.#at} remain`)
  }
}

const stringBytesMax = 0x7fff

/** A { tag, data } object, its Buffer and its place in an array. */
const decodedTagBytes = 160

function invalid(message: string): KafkaError {
  return new KafkaError('INVALID_REQUEST', message)
}
