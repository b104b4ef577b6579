import type { GroupsState } from './groups-state.ts'
import { offsetOf, putOffset, removeOffset } from './offsets-by-group.ts'

/** Whether an undecided transaction has committed an offset of the partition. */
export function hasPendingOffset(
  state: GroupsState,
  groupId: string,
  topic: string,
  partition: number,
): boolean {
  for (const pending of state.transactions.values()) {
    if (offsetOf(pending, groupId, topic, partition) !== undefined) return true
  }
  return false
}

/** Whether an undecided transaction has committed any offset of the group. */
export function hasPendingOffsets(state: GroupsState, groupId: string): boolean {
  for (const pending of state.transactions.values()) if (pending.has(groupId)) return true
  return false
}

/** What the transaction has committed counts from now on, or never did. */
export function endTransaction(state: GroupsState, producerId: number, isCommit: boolean): void {
  const pending = state.transactions.get(producerId)
  if (pending === undefined) return
  state.transactions.delete(producerId)
  if (!isCommit) return
  for (const [groupId, topics] of pending) {
    for (const [topic, partitions] of topics) {
      for (const [partition, offset] of partitions) {
        // Not the marker's place in the log counts but the record's: compaction keeps the latest
        // record, and the state must not depend on whether it has been at work.
        const known = offsetOf(state.offsets, groupId, topic, partition)
        if (known !== undefined && known.order > offset.order) continue
        putOffset(state.offsets, groupId, topic, partition, offset)
      }
    }
  }
}

/** The partition's offset is no more, in no transaction either. */
export function forgetPendingOffset(
  state: GroupsState,
  groupId: string,
  topic: string,
  partition: number,
): void {
  for (const [producerId, pending] of state.transactions) {
    removeOffset(pending, groupId, topic, partition)
    if (pending.size === 0) state.transactions.delete(producerId)
  }
}
