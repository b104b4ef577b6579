import type { ConsumerRecord } from '@ottla/client'
import { UserError } from '../user-error.ts'

type Piece = (record: ConsumerRecord) => Buffer | string

/** What stands behind a `%`; null keys and values are empty. */
const pieces: Readonly<Record<string, Piece>> = {
  t: ({ topic }) => topic,
  p: ({ partition }) => String(partition),
  o: ({ offset }) => String(offset),
  k: ({ key }) => key ?? '',
  v: ({ value }) => value ?? '',
  T: ({ timestamp }) => String(timestamp),
  h: ({ headers }) =>
    headers.map(({ key, value }) => `${key}=${value?.toString('utf8') ?? ''}`).join(','),
  '%': () => '%',
}

/**
 * Makes a record's bytes for the output.
 *
 * @param format Text with `%k %v %t %p %o %T %h` and `\n`, `\t`; or `json`, an object a line.
 * @param keySeparator Without a format: key, this, value.
 * @throws {UserError} for a `%` that stands for nothing.
 */
export function formatter(
  format: string | undefined,
  keySeparator: string | undefined,
): (record: ConsumerRecord) => Buffer {
  if (format === 'json') return jsonLine
  const text = format ?? (keySeparator === undefined ? '%v\\n' : `%k${keySeparator}%v\\n`)
  const parts = text.split(/(%.|\\n|\\t)/s).filter((part) => part !== '')
  const writers = parts.map(pieceOf)
  return (record) =>
    Buffer.concat(
      writers.map((write) => {
        const bytes = write(record)
        return typeof bytes === 'string' ? Buffer.from(bytes) : bytes
      }),
    )
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

function jsonLine({ key, value, headers, ...record }: ConsumerRecord): Buffer {
  const line = {
    ...record,
    key: key?.toString('utf8') ?? null,
    value: value?.toString('utf8') ?? null,
    headers: headers.map((header) => [header.key, header.value?.toString('utf8') ?? null]),
  }
  return Buffer.from(`${JSON.stringify(line)}\n`)
}
