import {
  BATCH_HEADER_BYTES,
  baseOffset,
  batchSizeBytes,
  checkBatch,
  lastOffset,
  magic,
  maxTimestamp,
} from '@ottla/records'
import { KafkaError } from '@ottla/protocol'
import type { Disk, DiskFile } from '@ottla/runtime'
import { INSPECTED_BATCH_BYTES_MAX, SMALLEST_BATCH_BYTES } from '../limits.ts'
import { OFFSET_ENTRY_BYTES } from '../offset-index.ts'
import { INDEX_SUFFIX, LOG_SUFFIX } from '../paths.ts'
import { withoutPlace } from './describe-batch.ts'
import { walkBatches } from './walk-batches.ts'

/** The segment's `.log` beside one of its indexes; null when there is none. */
export function openSegmentLog(disk: Disk, indexPath: string): SegmentLog | null {
  const path = indexPath.replace(
    /\.(index|timeindex|txnindex)(?=$|\.(?:deleted|cleaned|swap)$)/,
    LOG_SUFFIX,
  )
  if (disk.stat(path) === null) return null
  const index = path.replace(LOG_SUFFIX, INDEX_SUFFIX)
  return new SegmentLog(
    disk.open(path, 'read'),
    disk.stat(index) === null ? null : disk.readFile(index),
  )
}

/** What an index says of a log is looked up in it here. */
export class SegmentLog {
  readonly #file: DiskFile
  readonly #sizeBytes: number
  readonly #offsetIndex: Buffer | null

  constructor(file: DiskFile, offsetIndex: Buffer | null) {
    this.#file = file
    this.#sizeBytes = file.sizeBytes()
    this.#offsetIndex = offsetIndex
  }

  /**
   * What is wrong with "look for offsets above `offset` from `position` on"; null when it is right. A batch
   * whose CRC fits begins there, and ends at the offset; Kafka before 4.0 named the last of an append of several.
   */
  async indexedBatchFault(offset: number, position: number): Promise<string | null> {
    const head = await this.#read(position, BATCH_HEADER_BYTES)
    if (head === null) return `the log has ${this.#sizeBytes} bytes`
    const size = batchSizeBytes(head, 0)
    if (size < SMALLEST_BATCH_BYTES || size > INSPECTED_BATCH_BYTES_MAX)
      return 'no batch begins there'
    const batch = await this.#read(position, size)
    if (batch === null || batch.length < size) return 'no batch begins there'
    try {
      checkBatch(batch, 0, size)
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      return `no good batch begins there: ${withoutPlace(error.message)}`
    }
    if (baseOffset(batch, 0) > offset || lastOffset(batch, 0) > offset) {
      return `the batch there has offsets ${baseOffset(batch, 0)} to ${lastOffset(batch, 0)}`
    }
    return null
  }

  /** What is wrong with "the greatest timestamp up to `offset` is this"; null when it is right. */
  async timestampFault(
    offset: number,
    timestamp: number,
    segmentBaseOffset: number,
  ): Promise<string | null> {
    const from = this.#floorPosition(offset - segmentBaseOffset)
    const batches = walkBatches(this.#file, from, this.#sizeBytes)
    for (;;) {
      const next = await batches.next()
      if (next.done === true) return `no batch from byte ${from} on has that offset`
      const { buffer, at } = next.value
      if (lastOffset(buffer, at) < offset) continue
      if (magic(buffer, at) === 2 && baseOffset(buffer, at) > offset)
        return 'no batch has that offset'
      const found = maxTimestamp(buffer, at)
      return found === timestamp ? null : `the greatest timestamp of its batch is ${found}`
    }
  }

  /** The index' last entry, its offset relative to the segment's; zeros when there is none. */
  lastEntry(): { readonly offset: number; readonly position: number } {
    const index = this.#offsetIndex ?? Buffer.alloc(0)
    for (let at = index.length - (index.length % OFFSET_ENTRY_BYTES); at > 0;) {
      at -= OFFSET_ENTRY_BYTES
      const position = index.readInt32BE(at + 4)
      if (position > 0) return { offset: index.readInt32BE(at), position }
    }
    return { offset: 0, position: 0 }
  }

  [Symbol.dispose](): void {
    this.#file.close()
  }

  /** The position of the index' last entry below `relativeOffset`; 0 when the index is of no help. */
  #floorPosition(relativeOffset: number): number {
    const index = this.#offsetIndex
    if (index === null) return 0
    let low = 0
    let high = Math.floor(index.length / OFFSET_ENTRY_BYTES)
    while (low < high) {
      const middle = (low + high) >>> 1
      const found = index.readInt32BE(middle * OFFSET_ENTRY_BYTES)
      // Zeros behind the entries are room that Kafka made ahead.
      if (found <= relativeOffset && found !== 0) low = middle + 1
      else high = middle
    }
    const position = low === 0 ? 0 : index.readInt32BE((low - 1) * OFFSET_ENTRY_BYTES + 4)
    return position >= 0 && position < this.#sizeBytes ? position : 0
  }

  /** null when not even the smallest batch is there. */
  async #read(position: number, size: number): Promise<Buffer | null> {
    const available = Math.min(this.#sizeBytes - position, size)
    if (position < 0 || available < SMALLEST_BATCH_BYTES) return null
    const bytes = Buffer.allocUnsafe(available)
    const filled = await this.#file.readAsync(bytes, position)
    return filled < SMALLEST_BATCH_BYTES ? null : bytes.subarray(0, filled)
  }
}
