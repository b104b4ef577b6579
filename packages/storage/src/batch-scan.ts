import { checkBatch, wholeBatchSize } from '@ottla/records'
import { KafkaError } from '@ottla/protocol'
import { SCAN_BYTES } from './limits.ts'
import type { PooledFile } from './open-files.ts'

/** What a scan calls for each batch. @returns false to stop before the next. */
export type BatchVisitor = (
  buffer: Buffer,
  at: number,
  sizeBytes: number,
  position: number,
) => boolean

export interface ScanResult {
  /** The end of the last batch visited: of the file, where `visit` stopped, or where the bytes are bad. */
  readonly position: number
  /** Why the batch at `position` is not one; null when the scan ended as it should. */
  readonly fault: string | null
}

/**
 * Visits the batches of a `.log` file in `[from, to)`, in order.
 *
 * @param isChecked CRCs too, as after an unclean stop; otherwise lengths only
 */
export async function scanBatches(
  file: PooledFile,
  from: number,
  to: number,
  isChecked: boolean,
  visit: BatchVisitor,
): Promise<ScanResult> {
  let position = from
  let buffer = Buffer.allocUnsafe(Math.min(SCAN_BYTES, Math.max(0, to - from)))
  while (position < to) {
    const filled = await file.readAsync(
      buffer.subarray(0, Math.min(buffer.length, to - position)),
      position,
    )
    const whole = position + filled >= to || filled < buffer.length
    let at = 0
    while (at < filled) {
      const size = sizeAt(buffer, at, filled, isChecked)
      if (typeof size === 'string') return { position: position + at, fault: size }
      if (size === 0) break
      if (!visit(buffer, at, size, position + at)) {
        return { position: position + at + size, fault: null }
      }
      at += size
    }
    position += at
    if (at === filled && filled > 0) continue
    if (whole) return { position, fault: position < to ? 'the last batch is cut off' : null }
    // The batch begins in what was read and ends beyond it.
    if (at === 0) buffer = Buffer.allocUnsafe(roomFor(buffer, to - position))
  }
  return { position, fault: null }
}

/** 0 when the batch is not all there; a text when it is not a batch. */
function sizeAt(buffer: Buffer, at: number, end: number, isChecked: boolean): number | string {
  try {
    const size = wholeBatchSize(buffer, at, end)
    return size > 0 && isChecked ? checkBatch(buffer, at, at + size) : size
  } catch (error) {
    if (error instanceof KafkaError) return error.message
    throw error
  }
}

/** Enough for the batch at the buffer's start, though not more than the file has. */
function roomFor(buffer: Buffer, available: number): number {
  return Math.min(12 + buffer.readInt32BE(8), available)
}
