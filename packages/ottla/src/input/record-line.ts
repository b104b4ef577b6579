import type { OutgoingRecord } from '@ottla/client'
import { UserError } from '../user-error.ts'
import { type BytesForm, textToBytes } from './bytes-form.ts'

export interface RecordLineOptions {
  readonly format: 'text' | 'json'
  /** In text: each line is a key, this, and a value. */
  readonly keySeparator?: string
  /** In text: a key or value that is this is null. */
  readonly null?: string
  readonly bytes: BytesForm
}

/** What a line of the input says of a record; the topic is said elsewhere. */
export type RecordOfLine = Omit<OutgoingRecord, 'topic'>

/**
 * Makes records of lines.
 * @throws {UserError} for options that do not go together; what it returns, for a line that is none.
 */
export function recordReader(
  options: RecordLineOptions,
): (line: Buffer, lineNumber: number) => RecordOfLine {
  if (options.format === 'text') return (line, lineNumber) => textRecord(line, lineNumber, options)
  if (options.keySeparator !== undefined || options.null !== undefined) {
    throw new UserError('--key-separator and --null are for text; JSON has a "key", and null')
  }
  return (line, lineNumber) => jsonRecord(line, lineNumber, options.bytes)
}

function textRecord(
  line: Buffer,
  lineNumber: number,
  { keySeparator: separator, null: nothing, bytes }: RecordLineOptions,
): RecordOfLine {
  const part = (of: Buffer, name: string): Buffer | null => {
    if (nothing !== undefined && of.equals(Buffer.from(nothing))) return null
    return bytes === 'text'
      ? of
      : textToBytes(of.toString('latin1'), bytes, `line ${lineNumber}: the ${name}`)
  }
  if (separator === undefined) return { key: null, value: part(line, 'value') }
  const at = line.indexOf(separator)
  if (at < 0) {
    throw new UserError(
      `line ${lineNumber} has no key: there is no ${JSON.stringify(separator)} in it`,
    )
  }
  return {
    key: part(line.subarray(0, at), 'key'),
    value: part(line.subarray(at + Buffer.byteLength(separator)), 'value'),
  }
}

/** `{"key", "value", "headers", "partition", "timestamp"}`, as `ottla consume --format json` writes it. */
function jsonRecord(line: Buffer, lineNumber: number, form: BytesForm): RecordOfLine {
  const fields = jsonObject(line, lineNumber)
  const where = `line ${lineNumber}: `
  const part = (name: 'key' | 'value'): Buffer | null =>
    jsonBytes(fields[name], form, `${where}the ${name}`)
  const { partition, timestamp } = fields
  return {
    key: part('key'),
    value: part('value'),
    headers: jsonHeaders(fields.headers, form, where),
    ...(partition !== undefined && { partition: count(partition, `${where}"partition"`) }),
    ...(isGiven(timestamp) && { timestamp: count(timestamp, `${where}"timestamp"`) }),
  }
}

function jsonObject(line: Buffer, lineNumber: number): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(line.toString('utf8'))
  } catch (error) {
    throw new UserError(`line ${lineNumber} is not JSON: ${(error as Error).message}`)
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>
  }
  throw new UserError(`line ${lineNumber} is not an object, as in {"key": "a", "value": "b"}`)
}

/** Text is its bytes; anything else that JSON has, its JSON. */
function jsonBytes(value: unknown, form: BytesForm, where: string): Buffer | null {
  if (value === undefined || value === null) return null
  return typeof value === 'string'
    ? textToBytes(value, form, where)
    : Buffer.from(JSON.stringify(value))
}

/** `{"name": "value"}`, or, where a name comes twice, `[["name", "value"], …]`. */
function jsonHeaders(
  headers: unknown,
  form: BytesForm,
  where: string,
): NonNullable<OutgoingRecord['headers']> {
  if (headers === undefined || headers === null) return []
  const pairs: unknown = Array.isArray(headers) ? headers : Object.entries(headers)
  return (pairs as unknown[]).map((pair) => {
    const [key, value] = Array.isArray(pair) ? (pair as unknown[]) : []
    if (typeof key !== 'string') {
      throw new UserError(`${where}"headers" is neither {"name": "value"} nor [["name", "value"]]`)
    }
    return { key, value: jsonBytes(value, form, `${where}the header ${key}`) }
  })
}

/** -1 is how a record without a timestamp is written. */
function isGiven(timestamp: unknown): boolean {
  return timestamp !== undefined && timestamp !== null && timestamp !== -1
}

function count(value: unknown, where: string): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number
  throw new UserError(`${where} is not a whole number`)
}
