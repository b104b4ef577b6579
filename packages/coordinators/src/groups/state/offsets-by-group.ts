import type { StoredOffset } from './groups-state.ts'

/** Partition → offset. */
export type PartitionOffsets = Map<number, StoredOffset>
/** Topic → partition → offset. */
export type GroupOffsets = Map<string, PartitionOffsets>
/** Group → topic → partition → offset; none of the maps in it is empty. */
export type OffsetsByGroup = Map<string, GroupOffsets>

export function offsetOf(
  offsets: OffsetsByGroup,
  groupId: string,
  topic: string,
  partition: number,
): StoredOffset | undefined {
  return offsets.get(groupId)?.get(topic)?.get(partition)
}

export function putOffset(
  offsets: OffsetsByGroup,
  groupId: string,
  topic: string,
  partition: number,
  offset: StoredOffset,
): void {
  let topics = offsets.get(groupId)
  if (topics === undefined) offsets.set(groupId, (topics = new Map()))
  let partitions = topics.get(topic)
  if (partitions === undefined) topics.set(topic, (partitions = new Map()))
  partitions.set(partition, offset)
}

export function removeOffset(
  offsets: OffsetsByGroup,
  groupId: string,
  topic: string,
  partition: number,
): void {
  const topics = offsets.get(groupId)
  const partitions = topics?.get(topic)
  if (topics === undefined || partitions === undefined) return
  partitions.delete(partition)
  if (partitions.size === 0) topics.delete(topic)
  if (topics.size === 0) offsets.delete(groupId)
}
