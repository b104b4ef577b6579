import type { CompressionCodec, Record, TimestampType } from '@ottla/records'
import type { LogFileName } from './file-kind.ts'

/** One thing that a file holds, or one thing that is the matter with it. */
export type InspectedEntry =
  | FileEntry
  | BatchEntry
  | OffsetIndexEntry
  | TimeIndexEntry
  | AbortedTransactionEntry
  | ProducerSnapshotEntry
  | EpochEntry
  | CheckpointEntry
  | PropertiesEntry
  | Finding

/** Comes before all else of a file. */
export interface FileEntry extends LogFileName {
  readonly type: 'file'
  readonly path: string
  readonly sizeBytes: number
}

/** A batch of any format; what formats 0 and 1 lack is -1, as in a batch that has none. */
export interface BatchEntry {
  readonly type: 'batch'
  readonly position: number
  readonly sizeBytes: number
  readonly magic: number
  /** Of a compressed set of format 0 or 1 whose records are not decoded: the last offset. */
  readonly baseOffset: number
  readonly lastOffset: number
  /** null for a compressed set of format 0 or 1 whose records are not decoded. */
  readonly recordCount: number | null
  readonly partitionLeaderEpoch: number
  readonly baseTimestamp: number
  readonly maxTimestamp: number
  readonly timestampType: TimestampType
  /** A number for a codec that Kafka does not have. */
  readonly compression: CompressionCodec | number
  readonly isTransactional: boolean
  readonly isControl: boolean
  readonly deleteHorizonMs: number | null
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly lastSequence: number
  readonly crc: number
  /** Whether the CRC fits the bytes. */
  readonly isValid: boolean
  /** null when they were not asked for, or do not decode. */
  readonly records: readonly Record[] | null
}

export interface OffsetIndexEntry {
  readonly type: 'offset-index-entry'
  readonly offset: number
  /** In the `.log`. */
  readonly position: number
}

export interface TimeIndexEntry {
  readonly type: 'time-index-entry'
  readonly timestamp: number
  readonly offset: number
}

export interface AbortedTransactionEntry {
  readonly type: 'aborted-transaction'
  readonly version: number
  readonly producerId: number
  readonly firstOffset: number
  readonly lastOffset: number
  readonly lastStableOffset: number
}

export interface ProducerSnapshotEntry {
  readonly type: 'producer'
  readonly producerId: number
  readonly producerEpoch: number
  readonly coordinatorEpoch: number
  /** -1: none is open. */
  readonly currentTxnFirstOffset: number
  readonly lastTimestamp: number
  readonly firstSequence: number
  readonly lastSequence: number
  readonly lastOffset: number
  readonly offsetDelta: number
}

export interface EpochEntry {
  readonly type: 'leader-epoch'
  readonly epoch: number
  readonly startOffset: number
}

export interface CheckpointEntry {
  readonly type: 'checkpoint'
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** A small file of names and values. */
export interface PropertiesEntry {
  readonly type: 'properties'
  readonly values: Readonly<{ [name: string]: string | number | null }>
}

/** What is the matter, where, and what becomes of it. */
export interface Finding {
  readonly type: 'finding'
  /** A note is worth knowing and harms nothing: recovery sees to it, or it is as a stop left it. */
  readonly severity: 'problem' | 'note'
  /** The file or folder. */
  readonly file: string
  /** Byte in the file, null when it is about the whole of it. */
  readonly position: number | null
  readonly what: string
  /** What the next start would do about it. */
  readonly recovery: string
}

export function problem(
  file: string,
  position: number | null,
  what: string,
  recovery: string,
): Finding {
  return { type: 'finding', severity: 'problem', file, position, what, recovery }
}

export function note(
  file: string,
  position: number | null,
  what: string,
  recovery: string,
): Finding {
  return { type: 'finding', severity: 'note', file, position, what, recovery }
}

/** What becomes of a bad batch when it is not known how the broker stopped; more may follow. */
export const CUT_AFTER_CRASH =
  'behind the recovery point, recovery after an unclean stop cuts the log here'
/** Likewise of an index. */
export const REBUILT_AFTER_CRASH = 'recovery after an unclean stop builds it anew from the log'

/** The same finding when it is known whether the next start checks the segment, or believes it. */
export function atNextStart(finding: Finding, isChecked: boolean): Finding {
  const { recovery } = finding
  if (recovery.startsWith(CUT_AFTER_CRASH)) {
    const rest = recovery.slice(CUT_AFTER_CRASH.length)
    const then = `the next start cuts the log here${rest}`
    return {
      ...finding,
      recovery: isChecked ? then : 'the next start believes the file and keeps it',
    }
  }
  if (recovery !== REBUILT_AFTER_CRASH) return finding
  const later = 'the next start believes it; a read that it misleads builds it anew'
  return { ...finding, recovery: isChecked ? 'the next start builds it anew' : later }
}
