import { typeName } from './names.ts'
import type { Field, Struct } from './schema.ts'
import { covers, isEmpty, type Versions } from './versions.ts'

/** The interface of a decoded structure, and that of one to be written. */
export function interfaces(struct: Struct, comment: string, mayHoldTags: boolean): string[] {
  const lines = [`/** ${comment} */`, `export interface ${struct.name} {`]
  for (const field of struct.fields) {
    lines.push(...fieldComment(field, struct.versions))
    lines.push(`  readonly ${field.name}: ${fieldType(field, '')}`)
  }
  if (mayHoldTags) lines.push('  unknownTaggedFields?: UnknownTaggedField[]')
  lines.push('}', '', `/** What can be written as ${struct.name}. */`)
  lines.push(`export interface ${struct.name}Input {`)
  for (const field of struct.fields) {
    const optional = isOptional(field, struct) ? '?' : ''
    const text = field.hasExplicitDefault && typeof field.default === 'object' && field.default
    if (text) lines.push(`  /** Default ${text.literal}. */`)
    lines.push(`  ${field.name}${optional}: ${fieldType(field, 'Input')}`)
  }
  if (mayHoldTags) lines.push('  unknownTaggedFields?: readonly UnknownTaggedField[]')
  lines.push('}', '')
  return lines
}

/**
 * May be left out when writing: it has a default of its own, is tagged, or some version lacks it. So
 * may the throttle time, which is 0 unless the network layer, and not the handler, says otherwise.
 */
export function isOptional(field: Field, struct: Struct): boolean {
  return (
    field.name === 'throttleTimeMs' ||
    field.hasExplicitDefault ||
    !isEmpty(field.tagged) ||
    !covers(field.versions, struct.versions)
  )
}

export function rangeText({ from, to }: Versions): string {
  return from === to ? `version ${from}` : `versions ${from}–${to}`
}

function fieldType(field: Field, suffix: '' | 'Input'): string {
  const type = typeName(field.type, suffix)
  return isEmpty(field.nullable) ? type : `${type} | null`
}

function fieldComment(field: Field, within: Versions): string[] {
  const facts: string[] = []
  if (!covers(field.versions, within)) facts.push(`In ${rangeText(field.versions)}.`)
  if (!isEmpty(field.tagged)) facts.push(`Tag ${field.tag}.`)
  if (!isEmpty(field.nullable) && !covers(field.nullable, field.versions)) {
    facts.push(`Null in ${rangeText(field.nullable)} only.`)
  }
  return facts.length === 0 ? [] : [`  /** ${facts.join(' ')} */`]
}
