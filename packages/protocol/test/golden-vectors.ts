import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { allCodecs } from '@ottla/protocol/all'
import type { MessageCodec, UnknownTaggedField } from '@ottla/protocol'

/**
 * The golden vectors: bytes that Apache Kafka 4.3.1's own classes wrote, one file a message, in every
 * valid version with default, full, null and random values. `{v, case, json, unknownTags, prefix, hex}`.
 */
export interface Vector {
  readonly codec: MessageCodec<object>
  /** As in the definitions: request, coordinator-key, … */
  readonly type: string
  readonly version: number
  readonly title: string
  /** What `json` says, as an object that a codec can write. */
  readonly input: Record<string, unknown>
  /** What goes before the body when it is stored. */
  readonly prefix: Buffer
  readonly bytes: Buffer
}

interface Line {
  readonly v: number
  readonly case: string
  readonly json: Json
  readonly unknownTags?: readonly { path: string; tag: number; hex: string }[]
  readonly prefix?: string
  readonly hex: string
}

type Json = Readonly<Record<string, unknown>>

interface FieldJson {
  readonly name: string
  readonly type: string
  readonly fields?: readonly FieldJson[]
}

interface Definition {
  readonly name: string
  readonly type: string
  readonly fields: readonly FieldJson[]
  readonly commonStructs?: readonly { name: string; fields: readonly FieldJson[] }[]
}

const vectorFolder = join(import.meta.dirname, 'vectors')

export function readLines<T>(name: string): T[] {
  const text = readFileSync(join(vectorFolder, name), 'utf8').trimEnd()
  return text.split('\n').map((line) => JSON.parse(line) as T)
}

export function definitions(): Definition[] {
  const found: Definition[] = []
  for (const folder of ['messages', 'records']) {
    const path = join(import.meta.dirname, '../schemas', folder)
    for (const file of readdirSync(path)) {
      const schema = JSON.parse(readFileSync(join(path, file), 'utf8')) as Record<
        string,
        Definition
      >
      found.push(...Object.values(schema))
    }
  }
  return found
}

/** All vectors of one definition. */
export function vectorsOf(definition: Definition): Vector[] {
  const codec = allCodecs.find(({ name }) => name === definition.name)
  if (codec === undefined) throw new Error(`no codec for ${definition.name}`)
  const common = new Map(definition.commonStructs?.map(({ name, fields }) => [name, fields]))
  return readLines<Line>(`${definition.name}.jsonl`).map((line) => {
    const input = structOf(line.json, definition.fields, common)
    for (const { path, tag, hex } of line.unknownTags ?? []) {
      const holder = at(input, path)
      const fields = (holder['unknownTaggedFields'] ??= []) as UnknownTaggedField[]
      fields.push({ tag, data: Buffer.from(hex, 'hex') })
    }
    return {
      codec,
      type: definition.type,
      version: line.v,
      title: `${definition.name} v${line.v} ${line.case}`,
      input,
      prefix: Buffer.from(line.prefix ?? '', 'hex'),
      bytes: Buffer.from(line.hex, 'hex'),
    }
  })
}

type Common = ReadonlyMap<string, readonly FieldJson[]>

function structOf(
  json: Json,
  fields: readonly FieldJson[],
  common: Common,
): Record<string, unknown> {
  const struct: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(json)) {
    const field = fields.find(({ name }) => name[0]!.toLowerCase() + name.slice(1) === key)
    if (field === undefined) throw new Error(`no definition of field ${key}`)
    struct[key] = valueOf(value, field.type, field, common)
  }
  return struct
}

function valueOf(value: unknown, type: string, field: FieldJson, common: Common): unknown {
  if (value === null) return null
  if (type.startsWith('[]')) {
    return (value as unknown[]).map((each) => valueOf(each, type.slice(2), field, common))
  }
  if (type === 'int64' && typeof value === 'string') return BigInt(value)
  if (type === 'float64') return Number(value)
  if (type === 'bytes' || type === 'records') return Buffer.from(value as string, 'base64')
  if (typeof value !== 'object') return value
  return structOf(value as Json, field.fields ?? common.get(type) ?? [], common)
}

/** Follows `topics[0].partitions[1]`. */
function at(root: Record<string, unknown>, path: string): Record<string, unknown> {
  let value: unknown = root
  for (const step of path.split(/[.[\]]+/)) {
    if (step !== '') value = (value as Record<string, unknown>)[step]
  }
  return value as Record<string, unknown>
}
