import { assert } from '@ottla/runtime'
import { KafkaError } from './errors.ts'
import type { Int64 } from './int64.ts'
import type { UnknownTaggedField } from './unknown-tagged-fields.ts'
import { writeUuid } from './uuid.ts'

/** Byte fields from this length on stay chunks of their own, where copying costs more than a chunk. */
const chunkBytesMin = 2048
/** Memory is taken from the system in slabs; many small messages share one. */
const slabBytes = 32 * 1024

const noRoom: Buffer = Buffer.alloc(0)

/** The slab that no writer holds, and where its free part starts. */
let freeSlab: Buffer | null = null
let freeFrom = 0

/**
 * Writes Kafka's primitive types one after another; `finish` gives the bytes as a list of chunks,
 * in which large byte fields are the very buffers that were passed in.
 *
 * A value that its type cannot hold is a KafkaError INVALID_REQUEST. A writer is used once.
 */
export class Writer {
  #buffer: Buffer
  /** Where this writer's open chunk starts in the buffer. */
  #start: number
  #at: number
  readonly #chunks: Buffer[] = []
  /** Bytes in closed chunks. */
  #closedBytes = 0
  /** Inside a tagged field, whose size is put before it afterwards, a chunk cannot be closed. */
  #openTags = 0
  #framed = false

  constructor() {
    if (freeSlab === null || freeSlab.length - freeFrom < 512) {
      this.#buffer = Buffer.allocUnsafeSlow(slabBytes)
      this.#start = 0
    } else {
      this.#buffer = freeSlab
      this.#start = freeFrom
    }
    freeSlab = null
    this.#at = this.#start
  }

  /** A writer whose `finish` puts the int32 size of all that was written before it. */
  static framed(): Writer {
    const writer = new Writer()
    writer.#take(4)
    writer.#framed = true
    return writer
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#closedBytes + this.#at - this.#start
  }

  /**
   * All bytes in order. The writer must not be used again.
   *
   * Chunks are slices of memory that they share with other messages: copy what is kept for long.
   */
  finish(): Buffer[] {
    assert(this.#openTags === 0, 'a message ends outside of its tagged fields')
    const size = this.size
    this.#closeChunk()
    freeSlab = this.#buffer
    freeFrom = this.#start
    // Were it used again, it would find no room here and take memory of its own.
    this.#buffer = noRoom
    this.#start = 0
    this.#at = 0
    if (this.#framed) this.#chunks[0]!.writeInt32BE(size - 4, 0)
    return this.#chunks
  }

  /** As finish, in one buffer: copied together where there were several chunks. */
  finishWhole(): Buffer {
    const chunks = this.finish()
    return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
  }

  boolean(value: boolean): void {
    this.int8(value ? 1 : 0)
  }

  int8(value: number): void {
    if ((value << 24) >> 24 !== value) throw misfit(value, 'an int8')
    const at = this.#take(1)
    this.#buffer[at] = value
  }

  int16(value: number): void {
    if ((value << 16) >> 16 !== value) throw misfit(value, 'an int16')
    const at = this.#take(2)
    const buffer = this.#buffer
    buffer[at] = value >> 8
    buffer[at + 1] = value
  }

  uint16(value: number): void {
    if ((value & 0xffff) !== value) throw misfit(value, 'a uint16')
    const at = this.#take(2)
    const buffer = this.#buffer
    buffer[at] = value >> 8
    buffer[at + 1] = value
  }

  int32(value: number): void {
    if ((value | 0) !== value) throw misfit(value, 'an int32')
    this.#int32(this.#take(4), value)
  }

  uint32(value: number): void {
    if (value >>> 0 !== value) throw misfit(value, 'a uint32')
    this.#int32(this.#take(4), value | 0)
  }

  /** Two int32 halves of a number: Buffer.writeBigInt64BE is several times slower. */
  int64(value: Int64): void {
    if (typeof value === 'bigint') return this.#bigint64(value)
    if (!Number.isSafeInteger(value)) throw misfit(value, 'an int64 (beyond 2^53 use a bigint)')
    const at = this.#take(8)
    this.#int32(at, Math.floor(value / 0x1_0000_0000))
    this.#int32(at + 4, value | 0)
  }

  float64(value: number): void {
    if (typeof value !== 'number') throw misfit(value, 'a float64')
    const at = this.#take(8)
    this.#buffer.writeDoubleBE(value, at)
  }

  /** Unsigned, base 128, low group first, at most 32 bits. */
  uvarint(value: number): void {
    if (value >>> 0 !== value) throw misfit(value, 'a uvarint of 32 bits')
    let at = this.#take(value < 0x80 ? 1 : uvarintBytes(value))
    let rest = value
    while (rest >= 0x80) {
      this.#buffer[at++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.#buffer[at] = rest
  }

  /** Zigzag, 32 bits. */
  varint(value: number): void {
    if ((value | 0) !== value) throw misfit(value, 'a varint of 32 bits')
    this.uvarint(((value << 1) ^ (value >> 31)) >>> 0)
  }

  /** Zigzag, 64 bits. */
  varlong(value: Int64): void {
    const signed = toBigInt64(value)
    let rest = BigInt.asUintN(64, (signed << 1n) ^ (signed >> 63n))
    while (rest >= 0x80n) {
      const at = this.#take(1)
      this.#buffer[at] = Number(rest & 0x7fn) | 0x80
      rest >>= 7n
    }
    const at = this.#take(1)
    this.#buffer[at] = Number(rest)
  }

  uuid(text: string): void {
    const at = this.#take(16)
    writeUuid(this.#buffer, at, text)
  }

  string(value: string): void {
    const length = utf8Bytes(value)
    if (length > 0x7fff) throw tooLong(length)
    this.int16(length)
    this.#text(value, length)
  }

  nullableString(value: string | null): void {
    if (value === null) this.int16(-1)
    else this.string(value)
  }

  compactString(value: string): void {
    const length = utf8Bytes(value)
    if (length > 0x7fff) throw tooLong(length)
    this.uvarint(length + 1)
    this.#text(value, length)
  }

  compactNullableString(value: string | null): void {
    if (value === null) this.uvarint(0)
    else this.compactString(value)
  }

  bytes(value: Buffer | readonly Buffer[]): void {
    this.int32(bytesLength(value))
    this.raw(value)
  }

  nullableBytes(value: Buffer | readonly Buffer[] | null): void {
    if (value === null) this.int32(-1)
    else this.bytes(value)
  }

  compactBytes(value: Buffer | readonly Buffer[]): void {
    this.uvarint(bytesLength(value) + 1)
    this.raw(value)
  }

  compactNullableBytes(value: Buffer | readonly Buffer[] | null): void {
    if (value === null) this.uvarint(0)
    else this.compactBytes(value)
  }

  /** Bytes as they are. Large ones are not copied and must not change until they are sent. */
  raw(value: Buffer | readonly Buffer[]): void {
    if (Array.isArray(value)) {
      for (const part of value as readonly Buffer[]) this.#raw(part)
    } else {
      this.#raw(value as Buffer)
    }
  }

  /** The count of an array. */
  arrayCount(count: number): void {
    this.int32(count)
  }

  compactArrayCount(count: number): void {
    this.uvarint(count + 1)
  }

  /** Starts a known tagged field; pass what it returns to endTag after the value. */
  beginTag(tag: number): number {
    this.uvarint(tag)
    this.#openTags++
    // One byte for the size is nearly always enough; endTag moves the value when it is not.
    return this.#take(1) - this.#start
  }

  endTag(begun: number): void {
    const size = this.#at - this.#start - begun - 1
    const sizeBytes = uvarintBytes(size)
    if (sizeBytes > 1) {
      this.#take(sizeBytes - 1)
      const from = this.#start + begun
      this.#buffer.copyWithin(from + sizeBytes, from + 1, from + 1 + size)
    }
    let at = this.#start + begun
    let rest = size
    while (rest >= 0x80) {
      this.#buffer[at++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.#buffer[at] = rest
    this.#openTags--
  }

  /** The tag section of a structure whose schema knows no tags. */
  unknownTags(fields: readonly UnknownTaggedField[] | undefined): void {
    if (fields === undefined) return this.uvarint(0)
    this.uvarint(fields.length)
    this.unknownTagsBelow(fields, 0, 0x1_0000_0000)
  }

  /**
   * Unknown fields go between known ones, in the order of their tags.
   *
   * @returns The index of the first one that is not below `tag` and so was not written.
   */
  unknownTagsBelow(
    fields: readonly UnknownTaggedField[] | undefined,
    from: number,
    tag: number,
  ): number {
    if (fields === undefined) return 0
    let i = from
    for (; i < fields.length && fields[i]!.tag < tag; i++) {
      const field = fields[i]!
      if (i > 0 && fields[i - 1]!.tag >= field.tag) {
        throw new KafkaError(
          'INVALID_REQUEST',
          `unknown tag ${field.tag} is not in ascending order`,
        )
      }
      this.uvarint(field.tag)
      this.uvarint(field.data.length)
      this.#raw(field.data)
    }
    if (i < fields.length && fields[i]!.tag === tag) {
      throw new KafkaError('INVALID_REQUEST', `tag ${tag} is known and cannot be an unknown one`)
    }
    return i
  }

  #raw(value: Buffer): void {
    if (value.length >= chunkBytesMin && this.#openTags === 0) {
      this.#closeChunk()
      this.#chunks.push(value)
      this.#closedBytes += value.length
    } else {
      const at = this.#take(value.length)
      value.copy(this.#buffer, at)
    }
  }

  #int32(at: number, value: number): void {
    const buffer = this.#buffer
    buffer[at] = value >> 24
    buffer[at + 1] = value >> 16
    buffer[at + 2] = value >> 8
    buffer[at + 3] = value
  }

  #bigint64(value: bigint): void {
    const checked = toBigInt64(value)
    const at = this.#take(8)
    this.#int32(at, Number(checked >> 32n))
    this.#int32(at + 4, Number(BigInt.asIntN(32, checked)))
  }

  #text(value: string, length: number): void {
    const at = this.#take(length)
    if (length !== value.length) {
      this.#buffer.write(value, at, length)
    } else if (length < 32) {
      // One call into the runtime costs as much as a few dozen characters written here.
      for (let i = 0; i < length; i++) this.#buffer[at + i] = value.charCodeAt(i)
    } else {
      this.#buffer.write(value, at, length, 'latin1')
    }
  }

  #closeChunk(): void {
    if (this.#at === this.#start) return
    this.#chunks.push(this.#buffer.subarray(this.#start, this.#at))
    this.#closedBytes += this.#at - this.#start
    this.#start = this.#at
  }

  /** Takes the next `length` bytes, and more memory when there are not so many. */
  #take(length: number): number {
    const at = this.#at
    if (length > this.#buffer.length - at) return this.#grow(length)
    this.#at = at + length
    return at
  }

  #grow(length: number): number {
    const used = this.#at - this.#start
    const grown = Buffer.allocUnsafeSlow(Math.max(slabBytes, 2 * (used + length)))
    this.#buffer.copy(grown, 0, this.#start, this.#at)
    this.#buffer = grown
    this.#start = 0
    this.#at = used + length
    return used
  }
}

export function uvarintBytes(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : value < 0x1000_0000 ? 4 : 5
}

/** Like Buffer.byteLength, without a call into the runtime for short plain text. */
function utf8Bytes(value: string): number {
  if (typeof value !== 'string') throw misfit(value, 'a string that is not null')
  const length = value.length
  if (length >= 32) return Buffer.byteLength(value)
  for (let i = 0; i < length; i++) {
    if (value.charCodeAt(i) >= 0x80) return Buffer.byteLength(value)
  }
  return length
}

function bytesLength(value: Buffer | readonly Buffer[]): number {
  if (Buffer.isBuffer(value)) return value.length
  if (!Array.isArray(value)) throw misfit(value, 'bytes: a Buffer that is not null')
  let length = 0
  for (const part of value as readonly Buffer[]) length += part.length
  return length
}

function toBigInt64(value: Int64): bigint {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw misfit(value, 'an int64')
  const wide = BigInt(value)
  if (BigInt.asIntN(64, wide) !== wide) throw misfit(value, 'an int64')
  return wide
}

function misfit(value: unknown, type: string): KafkaError {
  return new KafkaError('INVALID_REQUEST', `${String(value)} cannot be written as ${type}`)
}

function tooLong(length: number): KafkaError {
  return new KafkaError('INVALID_REQUEST', `a string of ${length} bytes; the longest has 32767`)
}
