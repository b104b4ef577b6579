import { localName, typeName } from './names.ts'
import type { Field, Message, Struct, Type } from './schema.ts'
import { decodedBytes, minimumBytes } from './sizes.ts'
import {
  choice,
  condition,
  has,
  intersect,
  isEmpty,
  list,
  without,
  type Versions,
} from './versions.ts'

/** `function readX(reader, version): X`: all fields in wire order, then the tagged ones. */
export function readFunction(struct: Struct, message: Message): string[] {
  const body: string[] = []
  for (const field of struct.fields) body.push(...readField(field, struct))
  const flexible = condition(message.flexible, struct.versions)
  if (flexible !== false) body.push(...readTags(struct, flexible))
  const literal = struct.fields.map((field) =>
    localName(field) === field.name ? `  ${field.name},` : `  ${field.name}: ${localName(field)},`,
  )
  if (flexible === false) {
    body.push('return {', ...literal, '}')
  } else {
    body.push(`const decoded: ${struct.name} = {`, ...literal, '}')
    body.push('if (unknownTags !== undefined) decoded.unknownTaggedFields = unknownTags')
    body.push('return decoded')
  }
  return [
    ...parametersOf(`function read${struct.name}(`, 'reader: Reader', body, `): ${struct.name} {`),
    ...body.map((line) => `  ${line}`),
    '}',
    '',
  ]
}

/** Leaves out the parameters that a body does not use. */
export function parametersOf(
  head: string,
  first: string,
  body: readonly string[],
  tail: string,
): string[] {
  const text = body.join('\n')
  const uses = (name: string): boolean => new RegExp(`(?<!\\.)\\b${name}\\b(?!:)`).test(text)
  const version = uses('version') ? 'version: number' : '_version: number'
  const name = first.split(':')[0]!
  return [`${head}${uses(name) ? first : `_${first}`}, ${version}${tail}`]
}

/** A field's default as an expression. */
export function defaultValue(field: Field): string {
  if (field.default === null) return 'null'
  if (field.default !== 'empty') return field.default.literal
  if (field.type.kind === 'array') return '[]'
  if (field.type.kind === 'struct') return `default${field.type.struct.name}`
  return 'emptyBuffer'
}

function readField(field: Field, struct: Struct): string[] {
  const name = localName(field)
  const inline = without(field.versions, field.tagged)
  const when = condition(inline, struct.versions)
  const type = `: ${localType(field)}`
  if (!isEmpty(field.tagged) || field.type.kind === 'array') {
    const initial = when === true ? '' : ` = ${defaultValue(field)}`
    const lines = [`let ${name}${type}${initial}`]
    if (when !== false) lines.push(...guarded(when, assign(field, inline)))
    return lines
  }
  return [
    `const ${name} = ${choice(when, parenthesized(readValue(field, inline), when), defaultValue(field))}`,
  ]
}

function parenthesized(expression: string, when: string | boolean): string {
  return typeof when === 'string' && expression.includes(' ? ') ? `(${expression})` : expression
}

function localType(field: Field): string {
  const type = elementOrType(field.type)
  return isEmpty(field.nullable) ? type : `${type} | null`
}

/** Arrays are filled here, so they are not read-only yet. */
function elementOrType(type: Type): string {
  return type.kind === 'array' ? `${elementOrType(type.element)}[]` : typeName(type, '')
}

function guarded(when: string | true, lines: string[]): string[] {
  if (when === true) return lines
  return [`if (${when}) {`, ...lines.map((line) => `  ${line}`), '}']
}

/** Statements that read into the local variable. */
function assign(field: Field, within: Versions): string[] {
  const name = localName(field)
  if (field.type.kind !== 'array') return [`${name} = ${readValue(field, within)}`]
  const element = readElement(field.type.element, field, within)
  const nullable = intersect(field.nullable, within)
  const count = `${name}Count`
  const lines = [`const ${count} = ${countOf(field, within)}`]
  // Of the right size at once: an array that grows keeps room for seventeen elements or more.
  const fill = [
    `${name} = new Array(${count})`,
    `for (let i = 0; i < ${count}; i++) ${name}[i] = ${element}`,
  ]
  if (isEmpty(nullable)) return [...lines, ...fill]
  return [
    ...lines,
    `if (${count} < 0) {`,
    `  ${name} = null`,
    '} else {',
    ...fill.map((line) => `  ${line}`),
    '}',
  ]
}

function countOf(field: Field, within: Versions): string {
  const element = field.type.kind === 'array' ? field.type.element : field.type
  const sizes = (isFlexible: boolean): string => {
    const versions = list(within).filter((version) => has(field.flexible, version) === isFlexible)
    const minimum = Math.min(...versions.map((v) => minimumBytes(element, v, isFlexible)))
    const decoded = Math.min(...versions.map((v) => 8 + decodedBytes(element, v)))
    if (versions.length > 0 && minimum < 1) throw new Error(`${field.name}: elements of no bytes`)
    return `${minimum}, ${decoded}`
  }
  return variants(field, within, (isFlexible, isNullable) => {
    const method = isNullable ? 'nullableArrayCount' : 'arrayCount'
    return `reader.${isFlexible ? compact(method) : method}(${sizes(isFlexible)})`
  })
}

/** Chooses between the forms of a value by the version's flexibility and nullability. */
function variants(
  field: Field,
  within: Versions,
  form: (isFlexible: boolean, isNullable: boolean) => string,
): string {
  const byNull = (isFlexible: boolean, known: Versions): string =>
    choice(condition(field.nullable, known), form(isFlexible, true), form(isFlexible, false))
  const when = condition(field.flexible, within)
  if (when === true) return byNull(true, within)
  if (when === false) return byNull(false, within)
  const yes = byNull(true, intersect(within, field.flexible))
  const no = byNull(false, without(within, field.flexible))
  const wrap = (text: string): string => (text.includes(' ? ') ? `(${text})` : text)
  return `${when} ? ${wrap(yes)} : ${wrap(no)}`
}

function readValue(field: Field, within: Versions): string {
  const type = field.type
  if (type.kind === 'struct') {
    const read = readElement(type, field, within)
    // The marker of a structure that may be null: negative is null.
    return choice(condition(field.nullable, within), `reader.int8() < 0 ? null : ${read}`, read)
  }
  return readElement(type, field, within)
}

function readElement(type: Type, field: Field, within: Versions): string {
  if (type.kind === 'array') throw new Error(`${field.name}: an array of arrays`)
  if (type.kind === 'struct') return `read${type.struct.name}(reader, version)`
  const isElement = field.type.kind === 'array'
  if (type.name === 'bool') return 'reader.boolean()'
  if (type.name !== 'string' && type.name !== 'bytes' && type.name !== 'records') {
    return `reader.${type.name}()`
  }
  const base = type.name === 'string' ? 'string' : 'bytes'
  return variants(field, within, (isFlexible, isNullable) => {
    const method = isNullable && !isElement ? `nullable${capital(base)}` : base
    return `reader.${isFlexible ? compact(method) : method}()`
  })
}

function compact(method: string): string {
  return `compact${capital(method)}`
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}

function readTags(struct: Struct, flexible: string | true): string[] {
  const tagged = struct.fields.filter((field) => !isEmpty(field.tagged))
  if (tagged.length === 0) {
    return [`const unknownTags = ${choice(flexible, 'reader.unknownTags()', 'undefined')}`]
  }
  const known =
    flexible === true ? struct.versions : intersect(struct.versions, tagged[0]!.flexible)
  const branches: string[] = []
  tagged.forEach((field, index) => {
    const when = condition(field.tagged, known)
    const test = when === true ? `tag === ${field.tag}` : `tag === ${field.tag} && ${when}`
    branches.push(`${index === 0 ? '' : '} else '}if (${test}) {`)
    branches.push(...readTagged(field).map((line) => `  ${line}`), '  reader.endTag(tag, end)')
  })
  const loop = [
    'const tagCount = reader.tagCount()',
    'for (let i = 0, tag = -1; i < tagCount; i++) {',
    '  tag = reader.tag(tag)',
    '  const end = reader.tagEnd()',
    ...branches.map((line) => `  ${line}`),
    '  } else {',
    '    unknownTags = reader.unknownTag(unknownTags, tag, end)',
    '  }',
    '}',
  ]
  return ['let unknownTags: UnknownTaggedField[] | undefined', ...guarded(flexible, loop)]
}

function readTagged(field: Field): string[] {
  const name = localName(field)
  if (field.type.kind !== 'struct') return assign(field, field.tagged)
  const read = readElement(field.type, field, field.tagged)
  // Inside a tag the marker of a structure that may be null is a uvarint: 0 is null.
  return [`${name} = ${isEmpty(field.nullable) ? read : `reader.uvarint() === 0 ? null : ${read}`}`]
}
