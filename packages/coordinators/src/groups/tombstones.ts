import { TOMBSTONE_BYTES_PER_APPEND_MAX, TOMBSTONES_PER_APPEND_MAX } from './limits.ts'
import type { GroupRecord } from './state/group-record.ts'

/** The records in portions that surely fit into a batch. */
export function* inPortions(records: readonly GroupRecord[]): Generator<readonly GroupRecord[]> {
  let portion: GroupRecord[] = []
  let bytes = 0
  for (const record of records) {
    const isFull =
      portion.length >= TOMBSTONES_PER_APPEND_MAX ||
      bytes + record.key.length > TOMBSTONE_BYTES_PER_APPEND_MAX
    if (isFull && portion.length > 0) {
      yield portion
      portion = []
      bytes = 0
    }
    portion.push(record)
    bytes += record.key.length
  }
  if (portion.length > 0) yield portion
}
