import { KafkaError } from '@ottla/protocol'
import { encodeBatch } from './encode-batch.ts'
import type { Record } from './record.ts'

/**
 * Control records: what brokers write into a log for each other, in batches with the control attribute.
 * Consumers skip them.
 *
 *   key    version int16, 0 · type int16
 *   value  by type: a transaction's marker is version int16, 0 · coordinator epoch int32; the others are
 *          messages of the protocol package (`LeaderChangeMessage`, `SnapshotHeaderRecord`,
 *          `SnapshotFooterRecord`, `KRaftVersionRecord`, `VotersRecord`), whose first field is their version
 */
export const CONTROL_RECORD_TYPES = [
  'ABORT',
  'COMMIT',
  'LEADER_CHANGE',
  'SNAPSHOT_HEADER',
  'SNAPSHOT_FOOTER',
  'KRAFT_VERSION',
  'KRAFT_VOTERS',
] as const

export type ControlRecordType = (typeof CONTROL_RECORD_TYPES)[number]

export interface EndTransactionMarker {
  readonly type: 'ABORT' | 'COMMIT'
  readonly coordinatorEpoch: number
}

/** What all control batches have; a marker's producer comes on top. */
export interface ControlBatchPlace {
  readonly timestamp: number
  /** Default 0. */
  readonly baseOffset?: number
  /** Default -1. */
  readonly partitionLeaderEpoch?: number
}

const KEY_BYTES = 4
const MARKER_BYTES = 6
const VERSION = 0

/**
 * The type in a control record's key; 'UNKNOWN' for one that a later Kafka added, which readers skip.
 *
 * @throws KafkaError INVALID_RECORD when the key cannot be a control record's
 */
export function controlRecordType(key: Buffer | null): ControlRecordType | 'UNKNOWN' {
  const version = key === null || key.length < KEY_BYTES ? -1 : key.readInt16BE(0)
  // A later version may be longer, but starts the same.
  if (key === null || version < 0) {
    throw new KafkaError('INVALID_RECORD', 'a control record has no key of version and type')
  }
  return CONTROL_RECORD_TYPES[key.readInt16BE(2)] ?? 'UNKNOWN'
}

/** The whole batch that ends a transaction in one partition. */
export function encodeEndTransactionMarker(
  marker: EndTransactionMarker,
  producer: { readonly producerId: number; readonly producerEpoch: number },
  place: ControlBatchPlace,
): Buffer {
  const value = Buffer.allocUnsafe(MARKER_BYTES)
  value.writeInt16BE(VERSION, 0)
  value.writeInt32BE(marker.coordinatorEpoch, 2)
  return encodeBatch({
    ...place,
    ...producer,
    isTransactional: true,
    isControl: true,
    records: [{ timestamp: place.timestamp, key: controlKey(marker.type), value }],
  })
}

/** @throws KafkaError INVALID_RECORD when the record is no transaction marker */
export function decodeEndTransactionMarker(record: Record): EndTransactionMarker {
  const type = controlRecordType(record.key)
  if (type !== 'ABORT' && type !== 'COMMIT') {
    throw new KafkaError('INVALID_RECORD', `control record ${type} does not end a transaction`)
  }
  const { value } = record
  if (value === null || value.length < MARKER_BYTES || value.readInt16BE(0) < 0) {
    throw new KafkaError(
      'INVALID_RECORD',
      `the ${type} marker at offset ${record.offset} is cut off`,
    )
  }
  return { type, coordinatorEpoch: value.readInt32BE(2) }
}

/** A batch with one control record that belongs to no producer; `value` is the type's message as bytes. */
export function encodeControlBatch(
  type: Exclude<ControlRecordType, 'ABORT' | 'COMMIT'>,
  value: Buffer,
  place: ControlBatchPlace,
): Buffer {
  const record = { timestamp: place.timestamp, key: controlKey(type), value }
  return encodeBatch({ ...place, isControl: true, records: [record] })
}

function controlKey(type: ControlRecordType): Buffer {
  const key = Buffer.allocUnsafe(KEY_BYTES)
  key.writeInt16BE(VERSION, 0)
  key.writeInt16BE(CONTROL_RECORD_TYPES.indexOf(type), 2)
  return key
}
