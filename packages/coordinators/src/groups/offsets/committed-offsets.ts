import type { CommittedOffset, GroupsState } from '../state/groups-state.ts'

export function committedOffset(
  state: GroupsState,
  groupId: string,
  topic: string,
  partition: number,
): CommittedOffset | undefined {
  return state.offsets.get(groupId)?.get(topic)?.get(partition)
}
