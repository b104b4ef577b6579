import type { LiveGroups } from './live-groups.ts'
import type { GroupOffsets } from './state/offsets-by-group.ts'
import type { GroupsState, GroupType } from './state/groups-state.ts'

/** A group as whoever counts sees it. */
export interface GroupOverview {
  readonly id: string
  readonly type: GroupType
  /** Of a classic group; 'Unknown' of the newer kinds. */
  readonly state: 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Unknown'
  readonly memberCount: number
  /** Members whose JoinGroup waits. */
  readonly joiningCount: number
  /** Topic → partition → offset; undefined when nothing is committed. */
  readonly offsets: GroupOffsets | undefined
}

/** All groups, one by one; whoever takes his time over them sees each as it is then. */
export function* overviewOf(state: GroupsState, live: LiveGroups): Generator<GroupOverview> {
  for (const [id, stored] of state.groups) {
    const offsets = state.offsets.get(id)
    const { type } = stored
    if (type !== 'classic') {
      yield { id, type, state: 'Unknown', memberCount: 0, joiningCount: 0, offsets }
      continue
    }
    const group = live.held(id)
    const memberCount = group?.members.size ?? stored.members.length
    yield {
      id,
      type,
      state: group?.state ?? (memberCount === 0 ? 'Empty' : 'Stable'),
      memberCount,
      joiningCount: group?.awaitingJoinCount ?? 0,
      offsets,
    }
  }
}
