import type { ClassicGroup } from '../classic/classic-group.ts'
import { isSubscribedTo, usesConsumerProtocol } from '../classic/protocols.ts'
import { groupTombstone, offsetTombstone, type GroupRecord } from '../state/group-record.ts'
import type { CommittedOffset, GroupsState } from '../state/groups-state.ts'
import { hasPendingOffset, hasPendingOffsets } from '../state/transactions.ts'

/**
 * Tombstones for the offsets of a group that nobody needs any more (KIP-211), and for the group
 * itself once it is empty and keeps none.
 *
 *   without members          `retentionMs` after the last member left
 *   never had members        `retentionMs` after the commit
 *   consumers, Stable        likewise, but only topics that no member subscribes to
 *   otherwise                nothing expires
 *
 * An offset that an undecided transaction is about to change stays. One whose client said how long it should live (OffsetCommit 2–4) goes at that time instead.
 */
export function expiredRecords(
  state: GroupsState,
  group: ClassicGroup,
  nowMs: number,
  retentionMs: number,
): GroupRecord[] {
  const records: GroupRecord[] = []
  const offsets = state.offsets.get(group.id)
  let keepsOffsets = hasPendingOffsets(state, group.id)
  if (offsets !== undefined) {
    const startOf = retentionStart(group)
    if (startOf === null) return records
    for (const [topic, partitions] of offsets) {
      const isInUse = isSubscribedTo(group, topic)
      for (const [partition, offset] of partitions) {
        if (
          !isInUse &&
          hasExpired(offset, startOf(offset), nowMs, retentionMs) &&
          !hasPendingOffset(state, group.id, topic, partition)
        ) {
          records.push(offsetTombstone(group.id, topic, partition))
        } else {
          keepsOffsets = true
        }
      }
    }
  }
  if (!keepsOffsets && group.state === 'Empty') records.push(groupTombstone(group.id))
  return records
}

/** From when an offset's retention counts; null when nothing of the group expires now. */
function retentionStart(group: ClassicGroup): ((offset: CommittedOffset) => number) | null {
  if (group.protocolType === null) return ({ commitTimestampMs }) => commitTimestampMs
  if (group.state === 'Empty') {
    // Old records do not say since when the group is empty.
    return ({ commitTimestampMs }) =>
      group.stateTimestampMs === -1 ? commitTimestampMs : group.stateTimestampMs
  }
  if (group.state === 'Stable' && usesConsumerProtocol(group) && group.subscribedTopics !== null) {
    return ({ commitTimestampMs }) => commitTimestampMs
  }
  return null
}

function hasExpired(
  { expireTimestampMs }: CommittedOffset,
  startMs: number,
  nowMs: number,
  retentionMs: number,
): boolean {
  if (expireTimestampMs !== -1) return nowMs >= expireTimestampMs
  return nowMs - startMs >= retentionMs
}
