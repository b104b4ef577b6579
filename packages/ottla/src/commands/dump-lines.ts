import { KafkaError } from '@ottla/protocol'
import type { Record as LogRecord } from '@ottla/records'
import type { BatchEntry, Finding, InspectedEntry } from '@ottla/storage'
import type { DecodedRecord, RecordDecoder } from './dump-decoders.ts'
import { decodeControlRecord, decodeStoredRecord } from './dump-decoders.ts'
import type { BytesForm } from './dump-values.ts'
import { bytesJson, bytesText, decodedText, headersText, plain, timeText } from './dump-values.ts'

/** How entries are shown. */
export interface DumpForm {
  readonly bytes: BytesForm
  /** null: keys and values are shown as they are. */
  readonly decoder: RecordDecoder | null
}

/** Lines for a person. */
export function textLines(entry: InspectedEntry, form: DumpForm): readonly string[] {
  switch (entry.type) {
    case 'file':
      return [`${entry.path}: ${entry.kind.replaceAll('-', ' ')}, ${entry.sizeBytes} bytes`]
    case 'batch':
      return [
        batchLine(entry),
        ...(entry.records ?? []).map((record) => `    ${recordLine(record, entry, form)}`),
      ]
    case 'offset-index-entry':
      return [`  offset ${entry.offset}  position ${entry.position}`]
    case 'time-index-entry':
      return [
        `  timestamp ${entry.timestamp} (${timeText(entry.timestamp)})  offset ${entry.offset}`,
      ]
    case 'aborted-transaction':
      return [
        `  producer ${entry.producerId}  offsets ${entry.firstOffset}–${entry.lastOffset}  last stable offset ${entry.lastStableOffset}  version ${entry.version}`,
      ]
    case 'producer': {
      const open =
        entry.currentTxnFirstOffset === -1 ? 'none' : `from ${entry.currentTxnFirstOffset}`
      return [
        `  producer ${entry.producerId}/${entry.producerEpoch}  sequences ${entry.firstSequence}–${entry.lastSequence}  last offset ${entry.lastOffset}  last timestamp ${timeText(entry.lastTimestamp)}  coordinator epoch ${entry.coordinatorEpoch}  open transaction ${open}`,
      ]
    }
    case 'leader-epoch':
      return [`  epoch ${entry.epoch}  from offset ${entry.startOffset}`]
    case 'checkpoint':
      return [`  ${entry.topic}-${entry.partition}  offset ${entry.offset}`]
    case 'properties':
      return Object.entries(entry.values).map(([name, value]) => `  ${name}=${value}`)
    case 'finding':
      return [`  ${findingText(entry)}`]
    default:
      return entry satisfies never
  }
}

/** `PROBLEM: … at byte 120: what. Recovery`. */
export function findingText({ severity, position, what, recovery }: Finding): string {
  const where = position === null ? '' : `at byte ${position}: `
  return `${severity === 'problem' ? 'PROBLEM' : 'note'}: ${where}${what}; ${recovery}`
}

function batchLine(batch: BatchEntry): string {
  const { baseOffset, lastOffset, recordCount: count } = batch
  const parts = [
    `@${batch.position}`,
    baseOffset === lastOffset ? `offset ${baseOffset}` : `offsets ${baseOffset}–${lastOffset}`,
    `${count ?? '?'} ${count === 1 ? 'record' : 'records'}`,
    `${batch.sizeBytes} bytes`,
    typeof batch.compression === 'number'
      ? `unknown codec ${batch.compression}`
      : batch.compression,
    `${batch.timestampType} ${timeText(batch.baseTimestamp)}${batch.maxTimestamp === batch.baseTimestamp ? '' : ` to ${timeText(batch.maxTimestamp)}`}`,
    `epoch ${batch.partitionLeaderEpoch}`,
  ]
  if (batch.producerId !== -1) {
    const sequences =
      batch.baseSequence === -1 ? '' : ` seq ${batch.baseSequence}–${batch.lastSequence}`
    parts.push(`producer ${batch.producerId}/${batch.producerEpoch}${sequences}`)
  }
  if (batch.isTransactional) parts.push('transactional')
  if (batch.isControl) parts.push('control')
  if (batch.deleteHorizonMs !== null)
    parts.push(`delete horizon ${timeText(batch.deleteHorizonMs)}`)
  if (batch.magic !== 2) parts.push(`format ${batch.magic}`)
  parts.push(`crc ${batch.crc.toString(16).padStart(8, '0')}${batch.isValid ? '' : ' WRONG'}`)
  return `  ${parts.join('  ')}`
}

function recordLine(record: LogRecord, batch: BatchEntry, form: DumpForm): string {
  const decoded = decode(record, batch, form)
  const parts = [`${record.offset}`, timeText(record.timestamp)]
  if (decoded === null || 'fault' in decoded) {
    parts.push(
      `key ${bytesText(record.key, form.bytes)}`,
      `value ${bytesText(record.value, form.bytes)}`,
    )
    if (decoded !== null) parts.push(`not decoded: ${decoded.fault}`)
  } else {
    parts.push(decodedText(decoded))
  }
  if (record.headers.length > 0) parts.push(`headers ${headersText(record.headers, form.bytes)}`)
  return parts.join('  ')
}

/** An object for a program. */
export function jsonEntry(entry: InspectedEntry, form: DumpForm): unknown {
  if (entry.type !== 'batch') return entry
  const { records, ...batch } = entry
  if (records === null) return batch
  return { ...batch, records: records.map((record) => jsonRecord(record, entry, form)) }
}

function jsonRecord(record: LogRecord, batch: BatchEntry, form: DumpForm): unknown {
  const decoded = decode(record, batch, form)
  return {
    offset: record.offset,
    timestamp: record.timestamp,
    key: bytesJson(record.key, form.bytes),
    value: bytesJson(record.value, form.bytes),
    headers: record.headers.map(({ key, value }) => [key, bytesJson(value, form.bytes)]),
    ...(decoded === null ? {} : 'fault' in decoded ? decoded : { decoded: plain(decoded) }),
  }
}

/** null when there is nothing to decode. */
function decode(
  record: LogRecord,
  { isControl }: BatchEntry,
  { decoder }: DumpForm,
): DecodedRecord | { readonly fault: string } | null {
  try {
    if (isControl) return decodeControlRecord(record)
    return decoder === null ? null : decodeStoredRecord(decoder, record)
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    return { fault: error.message }
  }
}
