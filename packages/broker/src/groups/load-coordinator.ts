import type { GroupRecord } from '@ottla/coordinators'
import {
  batchSizeBytes,
  decodeBatch,
  isControlBatch,
  isTransactional,
  producerId,
} from '@ottla/records'
import type { Clock } from '@ottla/runtime'
import type { Partition } from '../partitions/partition.ts'

/** How much of the log is read at a time (`offsets.load.buffer.size`). */
const LOAD_BYTES = 5 * 1024 * 1024

/** Who is loaded. */
export interface LoadedCoordinator {
  /** False once another coordinator has taken its place: nothing more is read or handed over. */
  isWanted(): boolean
  replay(record: GroupRecord): void
}

/**
 * Reads a coordinator's partition from its start and hands over every record, in order.
 * @returns How many records there were.
 */
export async function loadRecords(
  partition: Partition,
  clock: Clock,
  coordinator: LoadedCoordinator,
): Promise<number> {
  const { log } = partition
  let count = 0
  let offset = log.logStartOffset
  const endOffset = log.logEndOffset
  while (offset < endOffset) {
    const slice = await log.read({ offset, maxBytes: LOAD_BYTES, endOffset, minOneBatch: true })
    if (slice.nextOffset <= offset) break
    // Leadership may have moved on while the bytes were read: after a kill it does, at the start.
    if (!coordinator.isWanted()) {
      slice.release()
      break
    }
    for (const chunk of slice.records) {
      for (let at = 0; at < chunk.length; at += batchSizeBytes(chunk, at)) {
        const place = placeOf(chunk, at)
        for (const { key, value } of decodeBatch(chunk, at).records) {
          // A record without a key says nothing in any coordinator's format.
          if (key === null) continue
          coordinator.replay({
            key: Buffer.from(key),
            value: value === null ? null : Buffer.from(value),
            ...place,
          })
          count++
        }
      }
    }
    slice.release()
    offset = slice.nextOffset
    // A long log must not keep other connections waiting.
    await new Promise<void>((resolve) => clock.defer(resolve))
  }
  return count
}

/** What a coordinator must know of the batch that its record is in: whether, and when, it counts. */
function placeOf(batch: Buffer, at: number): Pick<GroupRecord, 'producerId' | 'isControl'> {
  if (!isTransactional(batch, at)) return isControlBatch(batch, at) ? { isControl: true } : {}
  return { producerId: producerId(batch, at), isControl: isControlBatch(batch, at) }
}
