import type { PartitionChangeRecord } from '@ottla/protocol/records/partition-change-record'
import { NO_LEADER, NO_LEADER_CHANGE } from '../image/partition-image.ts'
import type { PartitionImage } from '../image/partition-image.ts'

/** What a partition should become, as far as its broker's coming and going decides it. */
export interface PartitionTarget {
  readonly topicId: string
  readonly partitionId: number
  /** The ISR without those who must leave it. */
  readonly isr: readonly number[]
  /** A replica that lost what it had not synced; it leaves the eligible leader replicas too. */
  readonly uncleanReplica?: number
  readonly mayLead: (brokerId: number) => boolean
  /**
   *   'online'     somebody of the ISR (or of the eligible leader replicas, when that is empty)
   *   'preferred'  the same, and the first replica if it can
   *   'unclean'    anybody alive rather than nobody: may lose what was committed
   */
  readonly election: 'online' | 'preferred' | 'unclean'
  /** KIP-966, by feature level. */
  readonly keepsEligibleLeaderReplicas: boolean
  /** The topic's min.insync.replicas, no more than it has replicas. */
  readonly minInsyncReplicas: number
}

/**
 * The record that takes a partition to its target, with a leader if there can be one; null when
 * nothing changes.
 *
 * Eligible leader replicas are those that dropped out of the ISR when it was already below
 * min.insync.replicas: nothing was committed without them since, so they may lead as well as the ISR.
 * When both are empty the last leader, kept in `lastKnownElr`, may come back; that counts as unclean.
 */
export function partitionChange(
  partition: PartitionImage,
  target: PartitionTarget,
): PartitionChangeRecord | null {
  const eligible = eligibleLeaderReplicas(partition, target)
  const elected = elect(partition, target, eligible)
  const record = unchanged(target.topicId, target.partitionId)

  let { isr } = target
  let elr = eligible
  if (elected.leader !== partition.leader) {
    record.leader = elected.leader
    if (elected.isUnclean) {
      // What the others had may be gone from the new leader: nobody else is in sync with it.
      record.isr = [elected.leader]
      elr = []
      if (!partition.isRecovering) record.leaderRecoveryState = 1
    } else if (eligible.includes(elected.leader)) {
      isr = [elected.leader]
      elr = eligible.filter((replica) => replica !== elected.leader)
    }
  }

  if (!sameList(elr, partition.eligibleLeaderReplicas)) record.eligibleLeaderReplicas = [...elr]
  const mayBeEmpty = target.keepsEligibleLeaderReplicas
  if (record.isr === null && (isr.length > 0 || mayBeEmpty) && !sameList(isr, partition.isr)) {
    record.isr = [...isr]
  }
  if (target.keepsEligibleLeaderReplicas) noteLastLeader(partition, record)
  return isNoChange(record) ? null : record
}

function eligibleLeaderReplicas(
  partition: PartitionImage,
  { isr, uncleanReplica, keepsEligibleLeaderReplicas, minInsyncReplicas }: PartitionTarget,
): readonly number[] {
  if (!keepsEligibleLeaderReplicas || isr.length >= minInsyncReplicas) return []
  const candidates = new Set([...partition.eligibleLeaderReplicas, ...partition.isr])
  return [...candidates].filter((replica) => !isr.includes(replica) && replica !== uncleanReplica)
}

function elect(
  partition: PartitionImage,
  target: PartitionTarget,
  eligible: readonly number[],
): { readonly leader: number; readonly isUnclean: boolean } {
  const isValid = (replica: number) =>
    (target.isr.includes(replica) || (target.isr.length === 0 && eligible.includes(replica))) &&
    target.mayLead(replica)

  const preferred = partition.replicas[0]
  if (target.election === 'preferred' && preferred !== undefined && isValid(preferred)) {
    return { leader: preferred, isUnclean: false }
  }
  // A leader that may stay stays.
  if (isValid(partition.leader)) return { leader: partition.leader, isUnclean: false }
  const inSync = partition.replicas.find(isValid)
  if (inSync !== undefined) return { leader: inSync, isUnclean: false }

  const [lastLeader] = partition.lastKnownEligibleLeaderReplicas
  if (
    target.keepsEligibleLeaderReplicas &&
    target.isr.length === 0 &&
    eligible.length === 0 &&
    partition.lastKnownEligibleLeaderReplicas.length === 1 &&
    target.mayLead(lastLeader!)
  ) {
    return { leader: lastLeader!, isUnclean: true }
  }
  if (target.election === 'unclean') {
    const alive = partition.replicas.find(target.mayLead)
    if (alive !== undefined) return { leader: alive, isUnclean: true }
  }
  return { leader: NO_LEADER, isUnclean: false }
}

/** `lastKnownElr` holds who led last, while nobody leads. */
function noteLastLeader(partition: PartitionImage, record: Mutable<PartitionChangeRecord>): void {
  const known = partition.lastKnownEligibleLeaderReplicas
  if (record.isr?.length === 0 && (known.length !== 1 || known[0] !== partition.leader)) {
    if (partition.leader !== NO_LEADER) record.lastKnownElr = [partition.leader]
  } else if (
    known.length > 0 &&
    (record.leader >= 0 || (partition.leader !== NO_LEADER && record.leader !== NO_LEADER))
  ) {
    record.lastKnownElr = []
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** The record that changes nothing of a partition. */
export function unchanged(topicId: string, partitionId: number): Mutable<PartitionChangeRecord> {
  return {
    topicId,
    partitionId,
    isr: null,
    leader: NO_LEADER_CHANGE,
    replicas: null,
    removingReplicas: null,
    addingReplicas: null,
    leaderRecoveryState: -1,
    directories: null,
    eligibleLeaderReplicas: null,
    lastKnownElr: null,
  }
}

function isNoChange(record: PartitionChangeRecord): boolean {
  return (
    record.isr === null &&
    record.leader === NO_LEADER_CHANGE &&
    record.leaderRecoveryState === -1 &&
    record.eligibleLeaderReplicas === null &&
    record.lastKnownElr === null
  )
}

function sameList(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((id, i) => id === b[i])
}
