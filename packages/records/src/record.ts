import { KafkaError } from '@ottla/protocol'
import type { RecordCursor } from './record-cursor.ts'
import { sizeOfVarint, sizeOfVarlong, writeVarint, writeVarlong } from './varint.ts'

/**
 * One record of format 2:
 *
 *   length varint, of what follows · attributes int8, 0 · timestamp delta varlong · offset delta varint ·
 *   key length varint, -1 for null · key · value length varint, -1 for null · value ·
 *   header count varint · for each header the same again: key (never null), value
 */
export interface Record {
  readonly offset: number
  /** In ms since 1970, or -1 when there is none. */
  readonly timestamp: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly RecordHeader[]
}

export interface RecordHeader {
  readonly key: string
  readonly value: Buffer | null
}

/** A record to write: absent fields are null, none, and "the next offset". */
export interface RecordInput {
  readonly offset?: number
  readonly timestamp: number
  readonly key?: Buffer | null
  readonly value?: Buffer | null
  readonly headers?: readonly RecordHeader[]
}

/** A record without key, value and headers: length, attributes, two deltas, two nulls, no headers. */
export const SMALLEST_RECORD_BYTES = 7

const NO_HEADERS: readonly RecordHeader[] = []

/**
 * Reads the record at the cursor and moves behind it. Keys and values are views of the cursor's buffer.
 *
 * @param logAppendTimeMs the batch's, which then stands for every record's own timestamp; or null
 * @throws KafkaError INVALID_RECORD when its fields do not fit its length
 */
export function readRecord(
  cursor: RecordCursor,
  baseOffset: number,
  baseTimestamp: number,
  logAppendTimeMs: number | null,
): Record {
  const length = cursor.varint()
  const end = cursor.at + length
  if (length < 0 || end > cursor.end) {
    throw new KafkaError(
      'INVALID_RECORD',
      `a record says its length is ${length}; ${cursor.end - cursor.at} bytes are left`,
    )
  }
  cursor.skipByte() // attributes: no bit of them is in use
  const timestampDelta = cursor.varlong()
  const offset = baseOffset + cursor.varint()
  const key = cursor.nullableBytes()
  const value = cursor.nullableBytes()
  const headers = readHeaders(cursor)
  if (cursor.at !== end) {
    throw new KafkaError(
      'INVALID_RECORD',
      `a record says its length is ${length}; its fields have ${cursor.at - end + length} bytes`,
    )
  }
  return {
    offset,
    timestamp: logAppendTimeMs ?? baseTimestamp + timestampDelta,
    key,
    value,
    headers,
  }
}

function readHeaders(cursor: RecordCursor): readonly RecordHeader[] {
  const count = cursor.varint()
  if (count === 0) return NO_HEADERS
  if (count < 0 || count > cursor.end - cursor.at) {
    throw new KafkaError('INVALID_RECORD', `a record says it has ${count} headers`)
  }
  const headers: RecordHeader[] = []
  for (let index = 0; index < count; index++) {
    headers.push({ key: cursor.string(), value: cursor.nullableBytes() })
  }
  return headers
}

/** Bytes of the record's fields: what its length says. */
export function sizeOfRecordBody(
  record: RecordInput,
  offsetDelta: number,
  timestampDelta: number,
): number {
  let size = 1 + sizeOfVarlong(timestampDelta) + sizeOfVarint(offsetDelta)
  size += sizeOfNullable(record.key) + sizeOfNullable(record.value)
  const headers = record.headers ?? NO_HEADERS
  size += sizeOfVarint(headers.length)
  for (const header of headers) {
    const keyBytes = Buffer.byteLength(header.key)
    size += sizeOfVarint(keyBytes) + keyBytes + sizeOfNullable(header.value)
  }
  return size
}

/**
 * @param bodySize what `sizeOfRecordBody` gave for the same arguments
 * @returns the position after the record
 */
export function writeRecord(
  buffer: Buffer,
  start: number,
  record: RecordInput,
  offsetDelta: number,
  timestampDelta: number,
  bodySize: number,
): number {
  let at = writeVarint(buffer, start, bodySize)
  buffer[at++] = 0
  at = writeVarlong(buffer, at, timestampDelta)
  at = writeVarint(buffer, at, offsetDelta)
  at = writeNullable(buffer, at, record.key)
  at = writeNullable(buffer, at, record.value)
  const headers = record.headers ?? NO_HEADERS
  at = writeVarint(buffer, at, headers.length)
  for (const header of headers) {
    at = writeVarint(buffer, at, Buffer.byteLength(header.key))
    at += buffer.write(header.key, at)
    at = writeNullable(buffer, at, header.value)
  }
  return at
}

function sizeOfNullable(bytes: Buffer | null | undefined): number {
  if (bytes === null || bytes === undefined) return 1
  return sizeOfVarint(bytes.length) + bytes.length
}

function writeNullable(buffer: Buffer, at: number, bytes: Buffer | null | undefined): number {
  if (bytes === null || bytes === undefined) return writeVarint(buffer, at, -1)
  const start = writeVarint(buffer, at, bytes.length)
  buffer.set(bytes, start)
  return start + bytes.length
}
