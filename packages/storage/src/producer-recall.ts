import { KafkaError } from '@ottla/protocol'
import * as batch from '@ottla/records'
import { PRODUCER_RECALL_BYTES } from './limits.ts'
import type { ProducerEntry, RememberedBatch } from './producer-entry.ts'
import { REMEMBERED_BATCHES_MAX } from './producer-entry.ts'
import type { SegmentList } from './segment-list.ts'

/**
 * The batches of a producer before the first one that is remembered, as far as they are missing to the
 * five: a snapshot names only the last one. They are looked for in the log, not far back, when a
 * producer repeats one of them: it has as many on their way when the broker stops.
 *
 * Blocking: it happens once for a producer after a restart, and only if it repeats something.
 */
export function recallBatches(segments: SegmentList, entry: ProducerEntry): RememberedBatch[] {
  const [first] = entry.batches
  const missing = REMEMBERED_BATCHES_MAX - entry.batches.length
  if (first === undefined || missing <= 0) return []
  const found: RememberedBatch[] = []
  let bytesLeft = PRODUCER_RECALL_BYTES
  let endOffset = first.lastOffset - first.offsetDelta
  for (let index = segments.floorIndex(endOffset - 1); index >= 0 && bytesLeft > 0; index--) {
    const segment = segments.all[index]!
    const bytes = segment.readBackNow(endOffset - 1, bytesLeft)
    found.unshift(...batchesOf(bytes, entry, endOffset))
    if (found.length >= missing) break
    bytesLeft -= bytes.length
    endOffset = segment.baseOffset
  }
  return found.slice(-missing)
}

function batchesOf(bytes: Buffer, entry: ProducerEntry, endOffset: number): RememberedBatch[] {
  const found: RememberedBatch[] = []
  try {
    for (let at = 0, size = 0; at < bytes.length; at += size) {
      size = batch.wholeBatchSize(bytes, at, bytes.length)
      if (size === 0 || batch.baseOffset(bytes, at) >= endOffset) break
      if (batch.producerId(bytes, at) !== entry.producerId) continue
      if (batch.producerEpoch(bytes, at) !== entry.producerEpoch) continue
      if (batch.isControlBatch(bytes, at)) continue
      const lastOffset = batch.lastOffset(bytes, at)
      found.push({
        lastSequence: batch.lastSequence(bytes, at),
        lastOffset,
        offsetDelta: lastOffset - batch.baseOffset(bytes, at),
        timestamp: batch.maxTimestamp(bytes, at),
      })
    }
    return found
  } catch (error) {
    // A wrong entry of an index led to no batch: then nothing is recalled.
    if (!(error instanceof KafkaError)) throw error
    return []
  }
}
