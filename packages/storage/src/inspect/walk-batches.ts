import { KafkaError } from '@ottla/protocol'
import { BATCH_PREFIX_BYTES, wholeBatchSize } from '@ottla/records'
import type { DiskFile } from '@ottla/runtime'
import { withoutPlace } from './describe-batch.ts'
import { INSPECTED_BATCH_BYTES_MAX, SCAN_BYTES } from '../limits.ts'

/** A batch in `buffer[at, at + sizeBytes)`, valid until the next is asked for. */
export interface WalkedBatch {
  readonly buffer: Buffer
  readonly at: number
  readonly sizeBytes: number
  readonly position: number
}

/** Why there is no batch at `position`, where the file goes on. */
export interface WalkFault {
  readonly position: number
  readonly fault: string
}

/**
 * The batches in `[from, to)` of a file, by their lengths; their CRCs are the caller's business.
 *
 * @returns null when the last batch ends at `to`
 */
export async function* walkBatches(
  file: DiskFile,
  from: number,
  to: number,
): AsyncGenerator<WalkedBatch, WalkFault | null> {
  let position = from
  let buffer = Buffer.allocUnsafe(Math.min(SCAN_BYTES, Math.max(0, to - from)))
  while (position < to) {
    const window = buffer.subarray(0, Math.min(buffer.length, to - position))
    const filled = await file.readAsync(window, position)
    let at = 0
    while (at < filled) {
      const sizeBytes = sizeAt(buffer, at, filled)
      if (typeof sizeBytes === 'string') return { position: position + at, fault: sizeBytes }
      if (sizeBytes === 0) break
      yield { buffer, at, sizeBytes, position: position + at }
      at += sizeBytes
    }
    position += at
    if (at === filled && filled > 0) continue
    const claimed = claimedBytes(buffer, at, filled)
    if (claimed > to - position || position - at + filled >= to || filled < window.length) {
      const fault =
        claimed === 0
          ? `the file ends ${to - position} bytes into a batch's header`
          : `a batch of ${claimed} bytes is cut off: only ${to - position} are there`
      return { position, fault }
    }
    // The batch begins in what was read and ends beyond it: it is first in what is read next.
    if (at > 0) continue
    if (claimed > INSPECTED_BATCH_BYTES_MAX) {
      const fault = `a batch of ${claimed} bytes is more than is read at once, ${INSPECTED_BATCH_BYTES_MAX}`
      return { position, fault }
    }
    buffer = Buffer.allocUnsafe(Math.max(claimed, buffer.length))
  }
  return null
}

/** 0 when the batch is not all there; a text when it is not a batch. */
function sizeAt(buffer: Buffer, at: number, end: number): number | string {
  try {
    return wholeBatchSize(buffer, at, end)
  } catch (error) {
    if (error instanceof KafkaError) return withoutPlace(error.message)
    throw error
  }
}

/** What the batch says its size is; 0 when not even that is there. */
function claimedBytes(buffer: Buffer, at: number, end: number): number {
  return end - at < BATCH_PREFIX_BYTES ? 0 : BATCH_PREFIX_BYTES + buffer.readInt32BE(at + 8)
}
