import { KafkaError } from '@ottla/protocol'
import {
  checkBatch,
  checkProduceFormat,
  convertOldMessages,
  decodeBatch,
  validateProduced,
} from '../src/index.ts'
import type { AppendRules } from '../src/index.ts'

/** Little, so that a decompressor that ignores it is seen. */
const MAX_UNCOMPRESSED_BYTES = 1 << 20

const RULES: AppendRules = {
  baseOffset: 7,
  partitionLeaderEpoch: 1,
  nowMs: 1_700_000_000_000,
  origin: 'client',
  where: 'fuzz-0',
  maxMessageBytes: 1 << 20,
  compressionType: 'producer',
  timestampType: 'CreateTime',
  timestampBeforeMaxMs: Infinity,
  timestampAfterMaxMs: 3_600_000,
  isCompacted: false,
  maxUncompressedBytes: MAX_UNCOMPRESSED_BYTES,
}

/** Everything that takes bytes from outside. Throws when one answers with other than a value or a KafkaError. */
export function exerciseAll(bytes: Buffer): void {
  attempt(() => checkBatch(bytes, 0, bytes.length))
  attempt(() => decodeBatch(bytes, 0, { maxUncompressedBytes: MAX_UNCOMPRESSED_BYTES }))
  attempt(() => convertOldMessages(bytes, { maxUncompressedBytes: MAX_UNCOMPRESSED_BYTES }))
  attempt(() => checkProduceFormat(bytes, 6))
  attempt(() => {
    checkAccepted(validateProduced(Buffer.from(bytes), RULES).bytes)
  })
  attempt(() => {
    const rules: AppendRules = {
      ...RULES,
      compressionType: 'lz4',
      timestampType: 'LogAppendTime',
      isCompacted: true,
    }
    checkAccepted(validateProduced(Buffer.from(bytes), rules).bytes)
  })
}

/** What is let into a log must be readable by everybody who reads that log. */
function checkAccepted(batch: Buffer): void {
  try {
    checkBatch(batch, 0, batch.length)
    const { records, lastOffset } = decodeBatch(batch)
    for (const [index, { offset }] of records.entries()) {
      if (offset !== RULES.baseOffset + index)
        throw new Error(`record ${index} has offset ${offset}`)
    }
    if (lastOffset !== records.at(-1)!.offset) throw new Error(`last offset is ${lastOffset}`)
  } catch (cause) {
    throw new Error('a batch was accepted that cannot be read', { cause })
  }
}

function attempt(action: () => unknown): void {
  try {
    action()
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
  }
}
