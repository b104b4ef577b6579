import type { TopicPartition } from './consumer-record.ts'

/** A member of a group as an assignor sees it. */
export interface GroupMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly topics: readonly string[]
}

/**
 * Kafka's range assignor: each topic's partitions in runs, one run for each of the members that want
 * the topic, in order of their ids; the first members get the larger runs.
 *
 * @param partitionCounts By topic; a topic that is missing is assigned to nobody.
 * @returns What each member gets, by member id; every member is there.
 */
export function assignRanges(
  members: readonly GroupMember[],
  partitionCounts: ReadonlyMap<string, number>,
): ReadonlyMap<string, readonly TopicPartition[]> {
  const assigned = new Map<string, TopicPartition[]>(members.map((one) => [one.memberId, []]))
  const sorted = [...members].sort(inOrder)
  for (const topic of [...partitionCounts.keys()].sort()) {
    const takers = sorted.filter(({ topics }) => topics.includes(topic))
    const count = partitionCounts.get(topic) ?? 0
    const runLength = Math.floor(count / takers.length)
    const longer = count % takers.length
    let partition = 0
    for (const [index, { memberId }] of takers.entries()) {
      const end = partition + runLength + (index < longer ? 1 : 0)
      for (; partition < end; partition++) assigned.get(memberId)?.push({ topic, partition })
    }
  }
  return assigned
}

/** Static members first, by their own ids, so that a restart changes nothing (KIP-345). */
function inOrder(one: GroupMember, other: GroupMember): number {
  if (one.groupInstanceId !== null && other.groupInstanceId !== null) {
    return one.groupInstanceId < other.groupInstanceId ? -1 : 1
  }
  if (one.groupInstanceId !== null) return -1
  if (other.groupInstanceId !== null) return 1
  return one.memberId < other.memberId ? -1 : 1
}
