import { crc32c, readInt64, writeInt64 } from '@ottla/records'
import { ProducerEntry } from './producer-entry.ts'

/**
 * Producer state as of an offset: `<that offset>.snapshot`, Kafka's ProducerSnapshot version 1.
 *
 *     0  version  int16   1
 *     2  crc      uint32  CRC-32C of everything after it
 *     6  count    int32
 *    10  entries  of 46 bytes each:
 *          0  producerId             int64
 *          8  epoch                  int16
 *         10  lastSequence           int32
 *         14  lastOffset             int64
 *         22  offsetDelta            int32
 *         26  timestamp              int64
 *         34  coordinatorEpoch       int32
 *         38  currentTxnFirstOffset  int64
 */
const VERSION = 1
const CRC_AT = 2
const COUNT_AT = 6
const ENTRIES_AT = 10
const ENTRY_BYTES = 46

/** A snapshot that cannot be used: state is rebuilt from an older one, or from the log. */
export class CorruptSnapshotError extends Error {
  override readonly name: string = 'CorruptSnapshotError'
}

export function encodeProducerSnapshot(entries: Iterable<ProducerEntry>, count: number): Buffer {
  const buffer = Buffer.allocUnsafe(ENTRIES_AT + count * ENTRY_BYTES)
  buffer.writeInt16BE(VERSION, 0)
  buffer.writeInt32BE(count, COUNT_AT)
  let at = ENTRIES_AT
  for (const entry of entries) {
    writeInt64(buffer, at, entry.producerId)
    buffer.writeInt16BE(entry.producerEpoch, at + 8)
    buffer.writeInt32BE(entry.lastSequence, at + 10)
    writeInt64(buffer, at + 14, entry.lastOffset)
    buffer.writeInt32BE(entry.lastOffsetDelta, at + 22)
    writeInt64(buffer, at + 26, entry.lastTimestamp)
    buffer.writeInt32BE(entry.coordinatorEpoch, at + 34)
    writeInt64(buffer, at + 38, entry.currentTxnFirstOffset)
    at += ENTRY_BYTES
  }
  buffer.writeUInt32BE(crc32c(buffer, COUNT_AT, buffer.length), CRC_AT)
  return buffer
}

/** @throws CorruptSnapshotError */
export function decodeProducerSnapshot(buffer: Buffer): ProducerEntry[] {
  if (buffer.length < ENTRIES_AT) throw corrupt(`${buffer.length} bytes are too few`)
  const version = buffer.readInt16BE(0)
  if (version !== VERSION) throw corrupt(`version ${version} is unknown; expected ${VERSION}`)
  const stored = buffer.readUInt32BE(CRC_AT)
  const computed = crc32c(buffer, COUNT_AT, buffer.length)
  if (stored !== computed) throw corrupt(`stored crc ${stored}, computed crc ${computed}`)
  const count = buffer.readInt32BE(COUNT_AT)
  if (buffer.length !== ENTRIES_AT + count * ENTRY_BYTES) {
    throw corrupt(`${count} entries do not make ${buffer.length} bytes`)
  }
  const entries: ProducerEntry[] = []
  for (let at = ENTRIES_AT; at < buffer.length; at += ENTRY_BYTES) {
    entries.push(readEntry(buffer, at))
  }
  return entries
}

function readEntry(buffer: Buffer, at: number): ProducerEntry {
  const entry = new ProducerEntry(readInt64(buffer, at))
  entry.producerEpoch = buffer.readInt16BE(at + 8)
  entry.lastTimestamp = readInt64(buffer, at + 26)
  entry.coordinatorEpoch = buffer.readInt32BE(at + 34)
  entry.currentTxnFirstOffset = readInt64(buffer, at + 38)
  entry.isFromSnapshot = true
  const lastOffset = readInt64(buffer, at + 14)
  if (lastOffset >= 0) {
    entry.batches.push({
      lastSequence: buffer.readInt32BE(at + 10),
      lastOffset,
      offsetDelta: buffer.readInt32BE(at + 22),
      timestamp: entry.lastTimestamp,
    })
  }
  return entry
}

function corrupt(reason: string): CorruptSnapshotError {
  return new CorruptSnapshotError(`producer snapshot is corrupt: ${reason}`)
}
