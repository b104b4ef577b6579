import type { Setting, SettingType, SettingValue } from './setting.ts'
import { invalid } from './validate.ts'

/** A value, and its text in Kafka's form: trimmed, `+5` as `5`, 0.1 as Java writes it. */
export interface ParsedValue {
  readonly value: SettingValue
  readonly text: string | null
}

/** Why a text is no value of its setting, in Kafka's words. */
export interface Refusal {
  readonly refusal: string
}

/**
 * Reads a value as Kafka's ConfigDef does: surrounding blanks go, then the type, then the rules.
 *
 * @returns The value, or a refusal such as
 *   `Invalid value abc for configuration retention.ms: Not a number of type LONG`.
 */
export function parseValue(setting: Setting, text: string): ParsedValue | Refusal {
  const trimmed = text.trim()
  const parsed = parseType(setting.type, trimmed)
  if (parsed === null) {
    return { refusal: invalidValue(setting.name, text, typeRefusal(setting.type)) }
  }
  const reason = invalid(setting, parsed.value, parsed.text ?? '')
  return reason === null ? parsed : { refusal: reason }
}

/** The default of a setting, parsed. */
export function defaultValue(setting: Setting): ParsedValue {
  if (setting.defaultText === null) return { value: null, text: null }
  return parseType(setting.type, setting.defaultText) ?? { value: null, text: null }
}

export function invalidValue(name: string, value: string, reason: string): string {
  return `Invalid value ${value} for configuration ${name}: ${reason}`
}

const integerRanges: Partial<Record<SettingType, readonly [bigint, bigint]>> = {
  short: [-(2n ** 15n), 2n ** 15n - 1n],
  int: [-(2n ** 31n), 2n ** 31n - 1n],
  long: [-(2n ** 63n), 2n ** 63n - 1n],
}

function parseType(kind: SettingType, text: string): ParsedValue | null {
  switch (kind) {
    case 'boolean': {
      const lower = text.toLowerCase()
      return lower === 'true' || lower === 'false' ? { value: lower === 'true', text: lower } : null
    }
    case 'string':
    case 'class':
    case 'password':
      return { value: text, text }
    case 'list': {
      const elements = text === '' ? [] : text.split(/\s*,\s*/)
      return { value: elements, text: elements.join(',') }
    }
    case 'short':
    case 'int':
    case 'long': {
      if (!/^[+-]?\d{1,19}$/.test(text)) return null
      const value = BigInt(text.replace('+', ''))
      const range = integerRanges[kind]
      if (range === undefined || value < range[0] || value > range[1]) return null
      return { value: Number(value), text: value.toString() }
    }
    case 'double': {
      // Java also takes NaN, which no range refuses and nothing can use.
      if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?[dfDF]?$/i.test(text)) return null
      const value = Number(text.replace(/[dfDF]$/, ''))
      return { value, text: javaDouble(value) }
    }
    default:
      kind satisfies never
      return null
  }
}

function typeRefusal(type: SettingType): string {
  return type === 'boolean'
    ? 'Expected value to be either true or false'
    : `Not a number of type ${type.toUpperCase()}`
}

/** A number as Java's Double.toString writes it: 1.0, 0.5, 1.7976931348623157E308. */
export function javaDouble(value: number): string {
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) {
    const [mantissa = '', exponent = ''] = value.toExponential().split('e')
    return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}E${exponent.replace('+', '')}`
  }
  const text = String(value)
  return text.includes('.') ? text : `${text}.0`
}
