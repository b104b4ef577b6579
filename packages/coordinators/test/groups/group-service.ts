import type { GroupCoordinator } from '../../src/index.ts'

type Requests =
  | 'joinGroup'
  | 'syncGroup'
  | 'heartbeat'
  | 'leaveGroup'
  | 'commitOffsets'
  | 'fetchOffsets'
  | 'deleteOffsets'
  | 'listGroups'
  | 'describeGroups'
  | 'deleteGroups'

/** What a transcript's requests go to: a coordinator of ours, or a broker of Kafka's. */
export type GroupService = Pick<GroupCoordinator, Requests> & {
  /** Makes topics of four partitions; gives their ids by name. Ours are said to the script. */
  readonly makeTopics?: (names: readonly string[]) => Promise<ReadonlyMap<string, string>>
}
