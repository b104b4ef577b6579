import { coordinatorPartition } from '@ottla/protocol'

/** The `__consumer_offsets` partition whose leader coordinates the group; Kafka's choice. */
export function partitionFor(groupId: string, partitionCount: number): number {
  return coordinatorPartition(groupId, partitionCount)
}
