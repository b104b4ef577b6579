import { KafkaError } from '@ottla/protocol'
import { MAGIC_V2, magic } from './batch-header.ts'
import { checkBatch, wholeBatchSize } from './check-batch.ts'
import type { CompressionCodec } from './compression/codec.ts'
import type { Batch, DecodeOptions } from './decode-batch.ts'
import { decodeBatch } from './decode-batch.ts'
import { encodeBatch } from './encode-batch.ts'
import type { Record } from './record.ts'

export interface ConvertOptions extends DecodeOptions {
  /** Default 'producer': each batch as its source was. */
  readonly compression?: 'producer' | CompressionCodec
  readonly compressionLevel?: number
  /** The epoch to stamp on the batches; default -1, since the old formats had none. */
  readonly partitionLeaderEpoch?: number
}

/** Uncompressed messages are gathered into batches of about this size. */
const GATHERED_BYTES_MAX = 16 * 1024

const INT32_MAX = 0x7fff_ffff

/**
 * Messages of formats 0 and 1 as batches of format 2, offsets, timestamps and log append time kept: one
 * batch for each compressed set, and one for each run of uncompressed messages. Batches of format 2 among
 * them are kept as they are. Stops at a partial end.
 *
 * @throws KafkaError CORRUPT_MESSAGE or INVALID_RECORD for what `checkBatch` and `decodeBatch` refuse and
 *   for offsets that go back
 */
export function convertOldMessages(source: Buffer, options: ConvertOptions = {}): Buffer {
  const output: Buffer[] = []
  let run: Batch[] = []
  let runBytes = 0
  let at = 0
  for (;;) {
    if (wholeBatchSize(source, at, source.length) === 0) break
    const size = checkBatch(source, at, source.length)
    if (magic(source, at) === MAGIC_V2) {
      flushRun()
      output.push(source.subarray(at, at + size))
    } else {
      const batch = decodeBatch(source, at, options)
      if (batch.compression !== 'none') {
        flushRun()
        output.push(encodeConverted([batch], options))
      } else {
        if (run.length > 0 && (runBytes + size > GATHERED_BYTES_MAX || !continues(run, batch))) {
          flushRun()
        }
        run.push(batch)
        runBytes += size
      }
    }
    at += size
  }
  flushRun()
  return output.length === 1 ? output[0]! : Buffer.concat(output)

  function flushRun(): void {
    if (run.length > 0) output.push(encodeConverted(run, options))
    run = []
    runBytes = 0
  }
}

/** Whether a message can share a batch, which has one timestamp type and, if that is append time, one time. */
function continues(run: readonly Batch[], next: Batch): boolean {
  const first = run[0]!
  const isSameTime =
    next.timestampType === 'CreateTime' || next.maxTimestamp === run.at(-1)!.maxTimestamp
  return (
    isSameTime &&
    next.timestampType === first.timestampType &&
    next.baseOffset > run.at(-1)!.lastOffset &&
    next.lastOffset - first.baseOffset <= INT32_MAX
  )
}

function encodeConverted(batches: readonly Batch[], options: ConvertOptions): Buffer {
  const first = batches[0]!
  const records = batches.flatMap((batch) => batch.records)
  requireAscending(records)
  const { compression = 'producer', compressionLevel, partitionLeaderEpoch = -1 } = options
  return encodeBatch({
    records,
    baseOffset: first.baseOffset,
    partitionLeaderEpoch,
    compression: compression === 'producer' ? first.compression : compression,
    compressionLevel,
    timestampType: first.timestampType,
    ...(first.timestampType === 'LogAppendTime' ? { maxTimestamp: first.maxTimestamp } : {}),
  })
}

function requireAscending(records: readonly Record[]): void {
  const base = records[0]!.offset
  let last = base - 1
  for (const { offset } of records) {
    if (offset <= last || offset - base > INT32_MAX) {
      throw new KafkaError(
        'INVALID_RECORD',
        `a compressed message set has offset ${offset} after ${last}; offsets must ascend`,
      )
    }
    last = offset
  }
}
