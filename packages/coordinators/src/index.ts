export { GroupCoordinator } from './groups/group-coordinator.ts'
export type { GroupCoordinatorOptions } from './groups/group-coordinator.ts'
export type { GroupOverview } from './groups/group-overview.ts'
export { defaultGroupSettings } from './groups/group-settings.ts'
export type { GroupSettings } from './groups/group-settings.ts'
export type { DeletedTopic } from './groups/offsets/offset-delete.ts'
export {
  offsetFetchError,
  offsetFetchGroups,
  offsetFetchResponse,
} from './groups/offsets/offset-fetch.ts'
export type { RequestOrigin } from './groups/request-origin.ts'
export type { GroupRecord } from './groups/state/group-record.ts'
export type { TopicLookup } from './groups/topic-lookup.ts'
export { partitionFor } from './partition-for.ts'
