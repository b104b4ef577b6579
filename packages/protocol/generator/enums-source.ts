import { generatedHeader } from './header.ts'

interface EnumRow {
  readonly name: string
  readonly code: number
  readonly text?: string
}

/** Lists of rows are enumerations; `constants` and whatever else there is are plain data. */
export type EnumsJson = Readonly<
  Record<string, readonly EnumRow[] | Readonly<Record<string, unknown>>>
>

export type FeaturesJson = Readonly<Record<string, unknown>>

/** Numbers that stand for names inside of messages. */
export function enumsSource(enums: EnumsJson): string {
  const lines = [generatedHeader, '']
  for (const [key, value] of Object.entries(enums)) {
    if (!isRows(value)) {
      lines.push(`export const ${key} = ${source(value, '')} as const`, '')
      continue
    }
    const type = key.charAt(0).toUpperCase() + key.slice(1)
    lines.push(`export const ${key} = {`)
    for (const { name, code, text } of value) {
      if (text !== undefined) lines.push(`  /** Spelled ${JSON.stringify(text)} in text. */`)
      lines.push(`  ${word(name)}: ${code},`)
    }
    lines.push('} as const', '', `export type ${type} = keyof typeof ${key}`, '')
  }
  return lines.join('\n')
}

/** Feature names with their levels. */
export function featuresSource(features: FeaturesJson): string {
  return [
    generatedHeader,
    '',
    '/** Levels of each feature, lowest first; `production: false` ones are not offered by default. */',
    `export const featureLevels = ${source(features, '')} as const`,
    '',
  ].join('\n')
}

function isRows(value: unknown): value is readonly EnumRow[] {
  return Array.isArray(value)
}

/** A value as source text, one line for what has nothing nested in it. */
function source(value: unknown, indent: string): string {
  if (value === null || typeof value !== 'object') {
    return typeof value === 'string' ? `'${value}'` : String(value)
  }
  const inner = `${indent}  `
  const isList = Array.isArray(value)
  const parts = Object.entries(value).map(([key, each]) =>
    isList ? source(each, inner) : `${word(key)}: ${source(each, inner)}`,
  )
  const [open, close] = isList ? ['[', ']'] : ['{ ', ' }']
  const isFlat = Object.values(value).every((each) => each === null || typeof each !== 'object')
  if (isFlat) return `${open}${parts.join(', ')}${close}`
  const lines = parts.map((part) => `${inner}${part},`)
  return [open.trim(), ...lines, `${indent}${close.trim()}`].join('\n')
}

function word(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : `'${name}'`
}
