import { covers, hull, intersect, isEmpty, parseVersions, type Versions } from './versions.ts'

/** A definition as the JSON files under schemas/ hold it; schemas/README.md explains the keys. */
export interface MessageJson {
  readonly apiKey?: number
  readonly type: string
  readonly name: string
  readonly validVersions: string
  readonly flexibleVersions: string
  readonly fields: readonly FieldJson[]
  readonly commonStructs?: readonly StructJson[]
}

interface StructJson {
  readonly name: string
  readonly fields: readonly FieldJson[]
}

interface FieldJson {
  readonly name: string
  readonly type: string
  readonly versions?: string
  readonly nullableVersions?: string
  readonly taggedVersions?: string
  readonly flexibleVersions?: string
  readonly tag?: number
  readonly default?: string | number | boolean | null
  readonly ignorable?: boolean
  readonly fields?: readonly FieldJson[]
}

/** Every type that is not a structure or an array. */
const primitives = [
  'bool',
  'int8',
  'int16',
  'uint16',
  'int32',
  'uint32',
  'int64',
  'float64',
  'uuid',
  'string',
  'bytes',
  'records',
] as const

export type Primitive = (typeof primitives)[number]

export type Type =
  | { readonly kind: 'primitive'; readonly name: Primitive }
  | { readonly kind: 'struct'; readonly struct: Struct }
  | { readonly kind: 'array'; readonly element: Type }

export interface Field {
  /** As the decoded object has it: the first letter in lower case. */
  readonly name: string
  readonly type: Type
  /** Within the versions of its structure, as are the others. */
  readonly versions: Versions
  readonly nullable: Versions
  readonly tagged: Versions
  readonly flexible: Versions
  readonly tag: number
  /** `null`, a literal of a primitive type, or `empty`: an empty array, bytes, or structure of defaults. */
  readonly default: null | 'empty' | { readonly literal: string }
  readonly hasExplicitDefault: boolean
  readonly ignorable: boolean
}

export interface Struct {
  /** Unique in its file. */
  name: string
  /** The versions in which a message can hold it. */
  versions: Versions
  fields: Field[]
  /** For comparing the structures of a request and its response. */
  readonly json: readonly FieldJson[]
}

export interface Message {
  readonly name: string
  readonly type: string
  readonly apiKey: number
  readonly versions: Versions
  readonly flexible: Versions
  /** The message's own fields. */
  readonly root: Struct
  /** Its nested structures, those that others use before those that use them. */
  readonly structs: readonly Struct[]
}

export function parseMessage(json: MessageJson): Message {
  const versions = parseVersions(json.validVersions)
  const flexible = intersect(parseVersions(json.flexibleVersions), versions)
  const common = new Map((json.commonStructs ?? []).map((struct) => [struct.name, struct.fields]))
  const parsed = new Map<string, Struct>()
  const finished: Struct[] = []

  function parseStruct(name: string, fields: readonly FieldJson[], within: Versions): Struct {
    const known = parsed.get(name)
    const struct: Struct = known ?? { name, versions: within, fields: [], json: fields }
    struct.versions = hull(struct.versions, within)
    parsed.set(name, struct)
    struct.fields = fields.map((field) => parseField(field, struct.versions))
    if (!finished.includes(struct)) finished.push(struct)
    return struct
  }

  function parseField(field: FieldJson, within: Versions): Field {
    const tagged = intersect(parseVersions(field.taggedVersions), within)
    const present = intersect(parseVersions(field.versions ?? field.taggedVersions), within)
    const type = parseType(field, present)
    if (field.tag === undefined && !isEmpty(tagged)) throw new Error(`${field.name} has no tag`)
    return {
      name: field.name[0]!.toLowerCase() + field.name.slice(1),
      type,
      versions: present,
      nullable: intersect(parseVersions(field.nullableVersions), present),
      tagged,
      flexible:
        field.flexibleVersions === undefined
          ? intersect(flexible, within)
          : intersect(parseVersions(field.flexibleVersions), within),
      tag: field.tag ?? -1,
      default: defaultOf(field, type),
      // A bare null in four record fields says nothing: the reference takes the empty value.
      hasExplicitDefault: field.default !== undefined && field.default !== null,
      ignorable: field.ignorable ?? false,
    }
  }

  function parseType(field: FieldJson, within: Versions): Type {
    const text = field.type
    if (text.startsWith('[]')) {
      return { kind: 'array', element: parseType({ ...field, type: text.slice(2) }, within) }
    }
    const primitive = primitives.find((name) => name === text)
    if (primitive !== undefined) return { kind: 'primitive', name: primitive }
    const fields = field.fields ?? common.get(text)
    if (fields === undefined) throw new Error(`${json.name}: nothing is known of type ${text}`)
    return { kind: 'struct', struct: parseStruct(text, fields, within) }
  }

  const root = parseStruct(json.name, json.fields, versions)
  if (!covers(versions, root.versions)) throw new Error(`${json.name}: versions out of range`)
  return {
    name: json.name,
    type: json.type,
    apiKey: json.apiKey ?? -1,
    versions,
    flexible,
    root,
    structs: finished.filter((struct) => struct !== root),
  }
}

function defaultOf(field: FieldJson, type: Type): Field['default'] {
  const given = field.default
  if (given === 'null') return null
  if (type.kind !== 'primitive') return 'empty'
  switch (type.name) {
    case 'bool':
      return { literal: String(given === true || given === 'true') }
    case 'string':
      return { literal: `'${String(given ?? '')}'` }
    case 'uuid':
      return { literal: 'ZERO_UUID' }
    case 'bytes':
    case 'records':
      return 'empty'
    case 'int8':
    case 'int16':
    case 'uint16':
    case 'int32':
    case 'uint32':
    case 'int64':
    case 'float64': {
      const text = String(given ?? 0)
      const number = Number(text)
      return { literal: Number.isSafeInteger(number) ? String(number) : `${text}n` }
    }
  }
}
