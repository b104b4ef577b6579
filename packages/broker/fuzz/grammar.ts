import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Random } from '@ottla/runtime'
import {
  type Field,
  type Message,
  type MessageJson,
  parseMessage,
  type Primitive,
  type Struct,
  type Type,
} from '../../protocol/generator/schema.ts'
import { has } from '../../protocol/generator/versions.ts'
import type { Pools } from './pools.ts'

const schemas = join(import.meta.dirname, '../../protocol/schemas/messages')

/** Every request's schema, by API key. */
const requestSchemas: ReadonlyMap<number, Message> = new Map(
  readdirSync(schemas)
    .flatMap((file) =>
      Object.values(
        JSON.parse(readFileSync(join(schemas, file), 'utf8')) as Record<string, MessageJson>,
      ),
    )
    .filter(({ type }) => type === 'request')
    .map((json) => [json.apiKey!, parseMessage(json)]),
)

/** Most elements that are written of an array, and most bytes of a body. */
const ELEMENTS_MAX = 4
const BODY_BYTES_MAX = 100_000

/**
 * Writes a request of its API from the schema alone: other arrays, nulls and tags than any known message has. It
 * shares no code with the codecs, so it can write what they would not: with `breakOneIn` every so
 * manieth length, count or marker is a lie, and everything around it is right.
 */
export function grammarBody(
  apiKey: number,
  version: number,
  random: Random,
  pools: Pools,
  breakOneIn: number | null,
): Buffer {
  const message = requestSchemas.get(apiKey)!
  return new GrammarWriter(message, version, random, pools, breakOneIn).write()
}

class GrammarWriter {
  readonly #message: Message
  readonly #version: number
  readonly #isFlexible: boolean
  readonly #random: Random
  readonly #pools: Pools
  readonly #breakOneIn: number | null
  #out: Buffer[] = []
  #outBytes = 0

  constructor(
    message: Message,
    version: number,
    random: Random,
    pools: Pools,
    breakOneIn: number | null,
  ) {
    this.#message = message
    this.#version = version
    this.#isFlexible = has(message.flexible, version)
    this.#random = random
    this.#pools = pools
    this.#breakOneIn = breakOneIn
  }

  write(): Buffer {
    this.#struct(this.#message.root)
    return Buffer.concat(this.#out)
  }

  #struct(struct: Struct): void {
    const version = this.#version
    const tagged: Field[] = []
    for (const field of struct.fields) {
      if (has(field.tagged, version)) tagged.push(field)
      else if (has(field.versions, version)) this.#field(field)
    }
    if (this.#isFlexible) this.#tags(tagged)
  }

  #tags(fields: readonly Field[]): void {
    const random = this.#random
    const sent = fields.filter(() => random.int(2) === 0).toSorted((a, b) => a.tag - b.tag)
    const unknown = random.int(10) === 0 ? 1 + random.int(2) : 0
    this.#varint(this.#maybeLie(sent.length + unknown))
    for (const field of sent) this.#tag(field.tag, () => this.#field(field))
    for (let tag = 1_000; tag < 1_000 + unknown; tag++) {
      this.#tag(tag, () => this.#put(random.bytes(random.int(20))))
    }
  }

  #tag(tag: number, write: () => void): void {
    this.#varint(this.#maybeLie(tag))
    const [out, outBytes] = [this.#out, this.#outBytes]
    this.#out = []
    write()
    const data = Buffer.concat(this.#out)
    this.#out = out
    this.#outBytes = outBytes
    this.#varint(this.#maybeLie(data.length))
    this.#put(data)
  }

  #field(field: Field): void {
    const isNullable = has(field.nullable, this.#version)
    const isNull = isNullable && this.#random.int(5) === 0
    this.#value(field.type, field, isNullable, isNull)
  }

  #value(type: Type, field: Field, isNullable: boolean, isNull: boolean): void {
    if (type.kind === 'primitive') return this.#primitive(type.name, field, isNull)
    if (type.kind === 'struct') {
      if (isNullable) this.#put(Buffer.from([this.#maybeLie(isNull ? -1 : 1) & 0xff]))
      if (!isNull) this.#struct(type.struct)
      return
    }
    // Little is left of deep nesting once much is written.
    const isFull = this.#outBytes > BODY_BYTES_MAX
    const count = isNull ? -1 : isFull ? 0 : this.#random.int(ELEMENTS_MAX + 1)
    this.#length(count, has(field.flexible, this.#version), 4)
    for (let left = count; left > 0; left--) this.#value(type.element, field, false, false)
  }

  #primitive(name: Primitive, field: Field, isNull: boolean): void {
    const random = this.#random
    switch (name) {
      case 'bool':
        return this.#put(Buffer.from([random.int(20) === 0 ? random.int(256) : random.int(2)]))
      case 'int8':
        return this.#integer(field, 1)
      case 'int16':
      case 'uint16':
        return this.#integer(field, 2)
      case 'int32':
      case 'uint32':
        return this.#integer(field, 4)
      case 'int64':
        return this.#integer(field, 8)
      case 'float64':
        return this.#put(random.bytes(8))
      case 'uuid': {
        const id = String(this.#pools.replace(field.name, 'AAAAAAAAAAAAAAAAAAAAAA'))
        const bytes = Buffer.alloc(16)
        Buffer.from(id, 'base64url').copy(bytes)
        return this.#put(bytes)
      }
      case 'string':
        return this.#bytes(isNull ? null : this.#text(field.name), field, 2)
      case 'bytes':
      case 'records':
        return this.#bytes(isNull ? null : random.bytes(random.int(100)), field, 4)
    }
  }

  #text(field: string): Buffer | null {
    const text = this.#pools.replace(field, `text-${this.#random.int(10)}`)
    return typeof text === 'string' ? Buffer.from(text) : null
  }

  #integer(field: Field, width: 1 | 2 | 4 | 8): void {
    const value = this.#pools.replace(field.name, this.#random.int(4))
    const bytes = Buffer.alloc(8)
    // What is too wide for the field is cut off: any bytes are an integer.
    bytes.writeBigInt64BE(BigInt.asIntN(64, BigInt(value as number | bigint)))
    this.#put(bytes.subarray(8 - width))
  }

  #bytes(value: Buffer | null, field: Field, width: 2 | 4): void {
    this.#length(value === null ? -1 : value.length, has(field.flexible, this.#version), width)
    if (value !== null) this.#put(value)
  }

  #length(length: number, isCompact: boolean, width: 2 | 4): void {
    const said = this.#maybeLie(length)
    if (isCompact) return this.#varint(said + 1)
    const bytes = Buffer.alloc(4)
    bytes.writeInt32BE(said | 0)
    this.#put(bytes.subarray(4 - width))
  }

  /** Above 2^32 and below zero too: then it has more bytes than it may. */
  #varint(value: number): void {
    const bytes: number[] = []
    let left = BigInt.asUintN(40, BigInt(value))
    do {
      const low = Number(left & 0x7fn)
      left >>= 7n
      bytes.push(left === 0n ? low : low | 0x80)
    } while (left > 0n)
    this.#put(Buffer.from(bytes))
  }

  #maybeLie(truth: number): number {
    const random = this.#random
    if (this.#breakOneIn === null || random.int(this.#breakOneIn) > 0) return truth
    const lies = [-2, -1, 0, truth - 1, truth + 1, 127, 1_000_000_000, 0x7fff_fffe, 2 ** 32]
    return lies[random.int(lies.length)]!
  }

  #put(bytes: Buffer): void {
    this.#out.push(bytes)
    this.#outBytes += bytes.length
  }
}
