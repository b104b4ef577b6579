import { KafkaError } from '@ottla/protocol'
import type { CompressionCodec, Record } from '@ottla/records'
import * as header from '@ottla/records'
import type { BatchEntry } from './entry.ts'
import type { WalkedBatch } from './walk-batches.ts'

/** A batch as plain data, and what is wrong with it by itself: its CRC, its records. */
export function describeBatch(
  { buffer, at, sizeBytes, position }: WalkedBatch,
  withRecords: boolean,
): { readonly entry: BatchEntry; readonly faults: readonly string[] } {
  const faults: string[] = []
  const magic = header.magic(buffer, at)
  const isOld = magic < header.MAGIC_V2
  const isWhole = isOld || sizeBytes >= header.BATCH_HEADER_BYTES
  const crcFault = faultOf(() => header.checkBatch(buffer, at, at + sizeBytes))
  if (crcFault !== null) faults.push(crcFault)
  let records: readonly Record[] | null = null
  if (withRecords && crcFault === null) {
    const fault = faultOf(() => {
      records = copied(header.decodeBatch(buffer.subarray(0, at + sizeBytes), at).records)
    })
    if (fault !== null) faults.push(fault)
  }
  const compression = isWhole ? codecOf(buffer, at) : 'none'
  const common = {
    type: 'batch',
    position,
    sizeBytes,
    magic,
    crc: isWhole ? header.crc(buffer, at) : 0,
    compression,
    isValid: crcFault === null,
    records,
  } as const
  const baseOffset = header.baseOffset(buffer, at)
  if (isOld || !isWhole) {
    const decoded = records as readonly Record[] | null
    const count = decoded?.length ?? (compression === 'none' ? 1 : null)
    return {
      faults,
      entry: {
        ...common,
        baseOffset: decoded?.[0]?.offset ?? baseOffset,
        lastOffset: decoded?.at(-1)?.offset ?? baseOffset,
        recordCount: isWhole ? count : 0,
        partitionLeaderEpoch: -1,
        baseTimestamp: isWhole ? header.maxTimestamp(buffer, at) : -1,
        maxTimestamp: isWhole ? header.maxTimestamp(buffer, at) : -1,
        timestampType: isWhole ? header.timestampType(buffer, at) : 'CreateTime',
        isTransactional: false,
        isControl: false,
        deleteHorizonMs: null,
        producerId: -1,
        producerEpoch: -1,
        baseSequence: -1,
        lastSequence: -1,
      },
    }
  }
  return {
    faults,
    entry: {
      ...common,
      baseOffset,
      lastOffset: header.lastOffset(buffer, at),
      recordCount: header.recordCount(buffer, at),
      partitionLeaderEpoch: header.partitionLeaderEpoch(buffer, at),
      baseTimestamp: header.baseTimestamp(buffer, at),
      maxTimestamp: header.maxTimestamp(buffer, at),
      timestampType: header.timestampType(buffer, at),
      isTransactional: header.isTransactional(buffer, at),
      isControl: header.isControlBatch(buffer, at),
      deleteHorizonMs: header.deleteHorizonMs(buffer, at),
      producerId: header.producerId(buffer, at),
      producerEpoch: header.producerEpoch(buffer, at),
      baseSequence: header.baseSequence(buffer, at),
      lastSequence: header.lastSequence(buffer, at),
    },
  }
}

/** Copies: the batch's buffer is used again for the next ones. */
function copied(records: readonly Record[]): readonly Record[] {
  const copyOf = (bytes: Buffer | null): Buffer | null =>
    bytes === null ? null : Buffer.from(bytes)
  return records.map((record) => ({
    ...record,
    key: copyOf(record.key),
    value: copyOf(record.value),
    headers: record.headers.map(({ key, value }) => ({ key, value: copyOf(value) })),
  }))
}

function codecOf(buffer: Buffer, at: number): CompressionCodec | number {
  try {
    return header.compressionCodec(buffer, at)
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    return header.attributes(buffer, at) & header.ATTRIBUTE_CODEC_MASK
  }
}

function faultOf(check: () => unknown): string | null {
  try {
    check()
    return null
  } catch (error) {
    if (error instanceof KafkaError) return withoutPlace(error.message)
    throw error
  }
}

/** The byte in a message counts from the start of some buffer: the file's position is told beside it. */
export function withoutPlace(message: string): string {
  return message.replace(/^record batch at byte \d+ /, 'the batch ')
}
