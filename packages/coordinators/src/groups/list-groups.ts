import type { ListedGroupInput, ListGroupsRequest } from '@ottla/protocol/messages/list-groups'
import type { ClassicGroup } from './classic/classic-group.ts'

/** As ListGroups names the kind of group that this coordinator runs. */
const classicType = 'classic'

/** The groups that pass the request's filters; an empty filter lets all pass. */
export function listGroups(
  groups: Iterable<ClassicGroup>,
  request: ListGroupsRequest,
): ListedGroupInput[] {
  const states = new Set(request.statesFilter.map((state) => state.toLowerCase().trim()))
  const types = new Set(request.typesFilter.map((type) => type.toLowerCase()))
  if (types.size > 0 && !types.has(classicType)) return []
  const listed: ListedGroupInput[] = []
  for (const group of groups) {
    if (states.size > 0 && !states.has(group.state.toLowerCase())) continue
    listed.push({
      groupId: group.id,
      protocolType: group.protocolType ?? '',
      groupState: group.state,
      groupType: classicType,
    })
  }
  return listed
}
