import { isOptional } from './interfaces.ts'
import { defaultValue, parametersOf } from './read-function.ts'
import type { Field, Message, Struct, Type } from './schema.ts'
import {
  absence,
  condition,
  covers,
  intersect,
  isEmpty,
  without,
  type Versions,
} from './versions.ts'

/** `function writeX(writer, message, version)`: fields in wire order, then the tagged ones. */
export function writeFunction(struct: Struct, message: Message): string[] {
  const body: string[] = []
  for (const field of struct.fields) body.push(...writeField(field, struct))
  const flexible = condition(message.flexible, struct.versions)
  if (flexible !== false) body.push(...writeTags(struct, flexible))
  const text = body.join('\n')
  const messageName = /\bmessage\b/.test(text) ? 'message' : '_message'
  return [
    ...parametersOf(
      `function write${struct.name}(`,
      `writer: Writer, ${messageName}: ${struct.name}Input`,
      body,
      '): void {',
    ),
    ...body.map((line) => `  ${line}`),
    '}',
    '',
  ]
}

/** `function isDefaultX(message)`, for structures that are left out when they say nothing. */
export function isDefaultFunction(struct: Struct, mayHoldTags: boolean): string[] {
  const claims = struct.fields.map((field) => differs(field, isOptional(field, struct)))
  if (mayHoldTags) claims.push('(message.unknownTaggedFields?.length ?? 0) > 0')
  return [
    `function isDefault${struct.name}(message: ${struct.name}Input): boolean {`,
    '  return !(',
    ...claims.map((claim, index) => `    ${index === 0 ? '' : '|| '}(${claim})`),
    '  )',
    '}',
    '',
  ]
}

function writeField(field: Field, struct: Struct): string[] {
  const inline = without(field.versions, field.tagged)
  const when = condition(inline, struct.versions)
  const write = when === false ? [] : writeInline(field, struct, inline)
  const guarded = typeof when === 'string' ? block(`if (${when})`, write) : write

  const absent = absence(field.versions, struct.versions)
  if (field.ignorable || absent === false) return guarded
  const refuse = [`throw unsupportedField('${struct.name}.${field.name}', version)`]
  const claim = differs(field, true)
  // Without tags the versions that lack the field are just those where it is not written.
  if (isEmpty(field.tagged) && typeof when === 'string') {
    return [...guarded.slice(0, -1), ...block(`} else if (${claim})`, refuse)]
  }
  return [...guarded, ...block(`if (${absent} && ${claim})`, refuse)]
}

function parenthesized(text: string): string {
  return /&&|\|\|/.test(text) ? `(${text})` : text
}

/** A claim that the field's value is not its default. */
function differs(field: Field, mayBeUndefined: boolean): string {
  const value = `message.${field.name}`
  const claim = differsDefined(field, value)
  return mayBeUndefined ? `${value} !== undefined && ${parenthesized(claim)}` : claim
}

function differsDefined(field: Field, value: string): string {
  if (field.default === null) return `${value} !== null`
  const orNull = isEmpty(field.nullable) ? '' : `${value} === null || `
  if (field.default === 'empty') {
    return field.type.kind === 'struct'
      ? `${orNull}!isDefault${field.type.struct.name}(${value})`
      : `${orNull}${value}.length !== 0`
  }
  const literal = field.default.literal
  if (field.type.kind === 'primitive' && field.type.name === 'int64') {
    // Either form may hold the value, and 0n !== 0.
    const convert = literal.endsWith('n') ? 'BigInt' : 'Number'
    return `${convert}(${value}) !== ${literal}`
  }
  return `${orNull}${value} !== ${literal}`
}

/** The value to write: the default where it was left out. */
function valueOf(field: Field, struct: Struct): string {
  const value = `message.${field.name}`
  if (!isOptional(field, struct)) return value
  return isEmpty(field.nullable)
    ? `${value} ?? ${defaultValue(field)}`
    : `${value} === undefined ? ${defaultValue(field)} : ${value}`
}

function writeInline(field: Field, struct: Struct, within: Versions): string[] {
  const type = field.type
  if (type.kind === 'primitive' && isEmpty(field.nullable)) {
    return writePrimitive(type.name, valueOf(field, struct), field, within)
  }
  const nullable = intersect(field.nullable, within)
  const lines: string[] = []
  let value = valueOf(field, struct)
  if (!/^message\.\w+$/.test(value) || isOptional(field, struct)) {
    lines.push(`const ${field.name}Value = ${value}`)
    value = `${field.name}Value`
  }
  if (isEmpty(field.nullable)) return scoped([...lines, ...writeWhole(type, value, field, within)])
  if (!covers(field.nullable, within)) {
    const when = isEmpty(nullable) ? 'true' : `!(${String(condition(field.nullable, within))})`
    lines.push(
      ...block(`if (${value} === null${when === 'true' ? '' : ` && ${when}`})`, [
        `throw unsupportedNull('${struct.name}.${field.name}', version)`,
      ]),
    )
  }
  if (isEmpty(nullable)) return scoped([...lines, ...writeWhole(type, value, field, within)])
  if (type.kind === 'primitive') {
    return scoped([...lines, ...writePrimitive(type.name, value, field, within)])
  }
  const writeNull =
    type.kind === 'struct'
      ? ['writer.int8(-1)']
      : branch(condition(field.flexible, within), 'writer.uvarint(0)', 'writer.int32(-1)')
  const marker =
    type.kind === 'struct' ? branch(condition(field.nullable, within), 'writer.int8(1)', '') : []
  return scoped([
    ...lines,
    ...block(`if (${value} === null)`, writeNull).slice(0, -1),
    '} else {',
    ...[...marker, ...writeWhole(type, value, field, within)].map((line) => `  ${line}`),
    '}',
  ])
}

/** Variables of one field stay out of the next one's way. */
function scoped(lines: string[]): string[] {
  return lines[0]!.startsWith('const ') ? ['{', ...lines.map((line) => `  ${line}`), '}'] : lines
}

/** Writes a value that is not null. */
function writeWhole(type: Type, value: string, field: Field, within: Versions): string[] {
  if (type.kind === 'struct') return [`write${type.struct.name}(writer, ${value}, version)`]
  if (type.kind === 'primitive') return writePrimitive(type.name, value, field, within)
  const flexible = condition(field.flexible, within)
  const element = type.element
  const write =
    element.kind === 'struct'
      ? [`write${element.struct.name}(writer, item, version)`]
      : element.kind === 'primitive'
        ? writePrimitive(element.name, 'item', { ...field, nullable: { from: 0, to: -1 } }, within)
        : []
  return [
    ...branch(
      flexible,
      `writer.compactArrayCount(${value}.length)`,
      `writer.arrayCount(${value}.length)`,
    ),
    ...block(`for (const item of ${value})`, write),
  ]
}

function writePrimitive(name: string, value: string, field: Field, within: Versions): string[] {
  if (name === 'bool') return [`writer.boolean(${value})`]
  if (name !== 'string' && name !== 'bytes' && name !== 'records') {
    return [`writer.${name}(${value})`]
  }
  const base = name === 'string' ? 'String' : 'Bytes'
  // The writer's nullable forms write a value as the others do; nulls were refused before.
  const isNullable = !isEmpty(intersect(field.nullable, within))
  return branch(
    condition(field.flexible, within),
    `writer.compact${isNullable ? 'Nullable' : ''}${base}(${value})`,
    `writer.${isNullable ? `nullable${base}` : base.toLowerCase()}(${value})`,
  )
}

function branch(when: string | boolean, yes: string, no: string): string[] {
  if (when === true || yes === no) return yes === '' ? [] : [yes]
  if (when === false) return no === '' ? [] : [no]
  return no === '' ? [`if (${when}) ${yes}`] : [`if (${when}) ${yes}`, `else ${no}`]
}

function block(head: string, lines: readonly string[]): string[] {
  // A scope of its own is not needed inside of another.
  if (lines[0] === '{') return [`${head} {`, ...lines.slice(1)]
  return [`${head} {`, ...lines.map((line) => `  ${line}`), '}']
}

function writeTags(struct: Struct, flexible: string | true): string[] {
  const tagged = struct.fields
    .filter((field) => !isEmpty(field.tagged))
    .toSorted((a, b) => a.tag - b.tag)
  const lines = tagged.length === 0 ? ['writer.unknownTags(message.unknownTaggedFields)'] : []
  const known = intersect(struct.versions, tagged[0]?.flexible ?? struct.versions)
  if (tagged.length > 0) {
    lines.push(
      'const unknownTags = message.unknownTaggedFields',
      'let count = unknownTags?.length ?? 0',
    )
    for (const field of tagged) lines.push(`if (${taggedClaim(field, known)}) count++`)
    lines.push('writer.uvarint(count)', 'let next = 0')
    for (const field of tagged) lines.push(...writeTagged(field, known))
    lines.push('writer.unknownTagsBelow(unknownTags, next, 0x1_0000_0000)')
  }
  if (flexible === true) return lines
  return [
    ...block(`if (${flexible})`, lines).slice(0, -1),
    '} else if ((message.unknownTaggedFields?.length ?? 0) > 0) {',
    `  throw unsupportedTags('${struct.name}', version)`,
    '}',
  ]
}

function taggedClaim(field: Field, known: Versions): string {
  const when = condition(field.tagged, known)
  const claim = differs(field, true)
  if (when === true) return claim
  // `a !== undefined && (b || c)`: a conjunction already, so another term goes before it.
  return `${String(when)} && ${claim}`
}

function writeTagged(field: Field, known: Versions): string[] {
  const value = `message.${field.name}`
  const write: string[] = []
  if (field.type.kind === 'struct') {
    const whole = writeWhole(field.type, value, field, field.tagged)
    if (isEmpty(field.nullable)) {
      write.push(...whole)
    } else if (field.default === null) {
      write.push('writer.uvarint(1)', ...whole)
    } else {
      write.push(...block(`if (${value} === null)`, ['writer.uvarint(0)']).slice(0, -1))
      write.push('} else {', '  writer.uvarint(1)', ...whole.map((line) => `  ${line}`), '}')
    }
  } else {
    write.push(...writeInlineTagged(field, value))
  }
  return block(`if (${taggedClaim(field, known)})`, [
    `next = writer.unknownTagsBelow(unknownTags, next, ${field.tag})`,
    `const begun = writer.beginTag(${field.tag})`,
    ...write,
    'writer.endTag(begun)',
  ])
}

function writeInlineTagged(field: Field, value: string): string[] {
  if (field.type.kind === 'primitive' || isEmpty(field.nullable) || field.default === null) {
    return writeWhole(field.type, value, field, field.tagged)
  }
  return [
    ...block(`if (${value} === null)`, ['writer.uvarint(0)']).slice(0, -1),
    '} else {',
    ...writeWhole(field.type, value, field, field.tagged).map((line) => `  ${line}`),
    '}',
  ]
}
