import type { Field, Type } from './schema.ts'

/** Names that generated functions use themselves, and words that cannot name a variable. */
const taken = new Set(
  (
    'reader writer version message flexible unknownTags decoded tag end left count items item begun next ' +
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
  switch (type.name) {
    case 'bool':
      return 'boolean'
    case 'int64':
      return 'Int64'
    case 'uuid':
    case 'string':
      return 'string'
    case 'bytes':
      return 'Buffer'
    case 'records':
      return suffix === 'Input' ? 'Buffer | readonly Buffer[]' : 'Buffer'
    default:
      return 'number'
  }
}
