import { readFileSync } from 'node:fs'

/** Record batches and message sets written by Apache Kafka 4.3.1's own classes, and what they hold. */
export interface GoldenFile {
  readonly name: string
  readonly exact: boolean
  readonly batches: readonly GoldenBatch[]
  readonly bytesUsed: number
  readonly hex: string
}

export interface GoldenBatch {
  readonly at: number
  readonly size: number
  readonly magic: 0 | 1 | 2
  readonly valid: boolean
  readonly crc: number
  readonly baseOffset: number
  readonly lastOffset: number
  readonly compression: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
  readonly timestampType: 'CreateTime' | 'LogAppendTime' | 'NoTimestampType'
  readonly maxTimestamp: number
  readonly attributes?: number
  readonly lastOffsetDelta?: number
  readonly baseTimestamp?: number
  readonly partitionLeaderEpoch?: number
  readonly producerId?: number
  readonly producerEpoch?: number
  readonly baseSequence?: number
  readonly lastSequence?: number
  readonly transactional?: boolean
  readonly control?: boolean
  readonly deleteHorizonMs?: number
  readonly count?: number
  readonly storedTimestamps?: readonly number[]
  readonly records?: readonly GoldenRecord[]
}

export interface GoldenRecord {
  readonly offset: number
  readonly timestamp: number
  readonly sequence?: number
  readonly key: GoldenBytes
  readonly value: GoldenBytes
  readonly headers?: readonly { readonly key: string; readonly value: GoldenBytes }[]
  readonly controlType?: string
  readonly coordinatorEpoch?: number
}

/** Base64, or a long value said shortly. */
export type GoldenBytes = string | null | { readonly repeat: string; readonly times: number }

export const goldenFiles: readonly GoldenFile[] = readVectors<GoldenFile>('record-batches')

export function readVectors<Vector>(name: string): Vector[] {
  const text = readFileSync(new URL(`vectors/${name}.jsonl`, import.meta.url), 'utf8')
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Vector)
}

export function goldenBytes(text: GoldenBytes): Buffer | null {
  if (text === null) return null
  if (typeof text === 'string') return Buffer.from(text, 'base64')
  return Buffer.concat(Array<Buffer>(text.times).fill(Buffer.from(text.repeat, 'base64')))
}
