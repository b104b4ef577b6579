import type { Field, Primitive, Type } from './schema.ts'

/** Names that generated functions use themselves, and words that cannot name a variable. */
const taken = new Set(
  (
    'reader writer version message flexible unknownTags decoded tag end i count tagCount item begun next ' +
    'default delete enum in new package private protected public static switch this throw void with'
  ).split(' '),
)

export function localName(field: Field): string {
  return taken.has(field.name) ? `${field.name}Field` : field.name
}

/** The TypeScript type of a decoded value or, with `Input`, of one to be written. */
export function typeName(type: Type, suffix: '' | 'Input'): string {
  if (type.kind === 'array') return `readonly ${typeName(type.element, suffix)}[]`
  if (type.kind === 'struct') return type.struct.name + suffix
  if (type.name === 'records') return suffix === 'Input' ? 'Buffer | readonly Buffer[]' : 'Buffer'
  return primitiveTypes[type.name]
}

const primitiveTypes: Readonly<Record<Exclude<Primitive, 'records'>, string>> = {
  bool: 'boolean',
  int8: 'number',
  int16: 'number',
  uint16: 'number',
  int32: 'number',
  uint32: 'number',
  int64: 'Int64',
  float64: 'number',
  uuid: 'string',
  string: 'string',
  bytes: 'Buffer',
}
