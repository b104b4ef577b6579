import { isoTime } from '@ottla/runtime/node'
import type { Record as LogRecord } from '@ottla/records'
import type { DecodedRecord } from './dump-decoders.ts'

/** How bytes are shown: `auto` is text where they are text, and base64 where not. */
export type BytesForm = 'auto' | 'text' | 'base64' | 'hex'

/** For a person: text in quotes, `base64:…`, `hex:…`, `null`. */
export function bytesText(bytes: Buffer | null, form: BytesForm): string {
  if (bytes === null) return 'null'
  if (form === 'hex') return `hex:${bytes.toString('hex')}`
  if (form === 'base64' || (form === 'auto' && !isText(bytes))) {
    return `base64:${bytes.toString('base64')}`
  }
  return JSON.stringify(bytes.toString('utf8'))
}

/** For a program: a string; in the form `auto` an object `{ "base64": … }` for what is no text. */
export function bytesJson(bytes: Buffer | null, form: BytesForm): unknown {
  if (bytes === null) return null
  if (form === 'hex' || form === 'base64') return bytes.toString(form)
  if (form === 'auto' && !isText(bytes)) return { base64: bytes.toString('base64') }
  return bytes.toString('utf8')
}

/** Whether bytes are UTF-8, without control characters but tabs and line ends. */
function isText(bytes: Buffer): boolean {
  for (const byte of bytes) {
    if (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) return false
    if (byte === 0x7f) return false
  }
  try {
    decoder.decode(bytes)
    return true
  } catch {
    return false
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true })

/** A decoded message in JSON's terms: bytes in base64, large numbers as text, no unknown fields that are none. */
export function plain(value: unknown): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : String(value)
  }
  if (Buffer.isBuffer(value)) return value.toString('base64')
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).flatMap(([name, field]: [string, unknown]) =>
    name === 'unknownTaggedFields' ? [] : [[name, plain(field)]],
  )
  return Object.fromEntries(entries)
}

/** `OffsetCommit v4 {"group":"g"} → {"offset":3}`. */
export function decodedText({ kind, version, key, value }: DecodedRecord): string {
  const name = version === null ? kind : `${kind} v${version}`
  const of = key === null ? '' : ` ${JSON.stringify(plain(key))} →`
  return `${name}${of} ${value === null ? 'null' : JSON.stringify(plain(value))}`
}

export function headersText(headers: LogRecord['headers'], form: BytesForm): string {
  return headers.map(({ key, value }) => `${key}=${bytesText(value, form)}`).join(' ')
}

/** ISO 8601; "none" for -1. */
export function timeText(timestamp: number): string {
  return timestamp === -1 ? 'none' : isoTime(timestamp)
}
