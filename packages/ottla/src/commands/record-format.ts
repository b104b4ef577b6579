import type { ConsumerRecord } from '@ottla/client'
import { type BytesForm, bytesToText } from '../input/bytes-form.ts'
import { formatTime } from '../shell/wall-time.ts'
import { UserError } from '../user-error.ts'

type Piece = (record: ConsumerRecord, form: BytesForm) => Buffer | string

/** What stands behind a `%`; null keys and values are empty. */
const pieces: Readonly<Record<string, Piece>> = {
  t: ({ topic }) => topic,
  p: ({ partition }) => String(partition),
  o: ({ offset }) => String(offset),
  k: ({ key }, form) => inForm(key, form),
  v: ({ value }, form) => inForm(value, form),
  T: ({ timestamp }) => String(timestamp),
  D: ({ timestamp }) => formatTime(timestamp) ?? '',
  h: ({ headers }, form) =>
    headers
      .map(({ key, value }) => `${key}=${value === null ? '' : bytesToText(value, form)}`)
      .join(','),
  '%': () => '%',
}

/**
 * Makes a record's bytes for the output.
 *
 * @param format Text with `%k %v %t %p %o %T %D %h` and `\n`, `\t`; or `json`, an object a line.
 * @param keySeparator Without a format: key, this, value.
 * @param form How keys, values and values of headers are written; as they are with 'text'.
 * @throws {UserError} for a `%` that stands for nothing.
 */
export function formatter(
  format: string | undefined,
  keySeparator: string | undefined,
  form: BytesForm = 'text',
): (record: ConsumerRecord) => Buffer {
  if (format === 'json') return (record) => jsonLine(record, form)
  const text = format ?? (keySeparator === undefined ? '%v\\n' : `%k${keySeparator}%v\\n`)
  const parts = text.split(/(%.|\\n|\\t)/s).filter((part) => part !== '')
  const writers = parts.map(pieceOf)
  return (record) =>
    Buffer.concat(
      writers.map((write) => {
        const bytes = write(record, form)
        return typeof bytes === 'string' ? Buffer.from(bytes) : bytes
      }),
    )
}

function inForm(bytes: Buffer | null, form: BytesForm): Buffer | string {
  if (bytes === null) return ''
  return form === 'text' ? bytes : bytesToText(bytes, form)
}

function pieceOf(part: string): Piece {
  if (part === '\\n') return () => '\n'
  if (part === '\\t') return () => '\t'
  if (!part.startsWith('%')) return () => part
  const piece = pieces[part.slice(1)]
  if (piece !== undefined) return piece
  throw new UserError(
    `--format: there is no ${part}; valid: ${Object.keys(pieces)
      .map((letter) => `%${letter}`)
      .join(' ')}`,
  )
}

function jsonLine({ key, value, headers, ...record }: ConsumerRecord, form: BytesForm): Buffer {
  const text = (bytes: Buffer | null): string | null =>
    bytes === null ? null : bytesToText(bytes, form)
  const line = {
    ...record,
    key: text(key),
    value: text(value),
    headers: headers.map((header) => [header.key, text(header.value)]),
  }
  return Buffer.from(`${JSON.stringify(line)}\n`)
}
