import type { PartitionChangeRecord } from '@ottla/protocol/records/partition-change-record'
import type { PartitionRecord } from '@ottla/protocol/records/partition-record'

/** `leader` of a partition that nobody leads. */
export const NO_LEADER = -1
/** `leader` of a change record that leaves the leader as it is. */
export const NO_LEADER_CHANGE = -2
/** Directory id of a replica whose broker has yet to say where it put it (KIP-858). */
export const UNASSIGNED_DIRECTORY = 'AAAAAAAAAAAAAAAAAAAAAQ'
/** Directory id of replicas from before directories had ids: the zero uuid. */
export const MIGRATING_DIRECTORY = 'AAAAAAAAAAAAAAAAAAAAAA'

const NONE: readonly never[] = []

/** One partition of a topic. Brokers are given by id. */
export interface PartitionImage {
  /** The first is the preferred leader. */
  readonly replicas: readonly number[]
  /** The directory of each replica, in the replicas' order. */
  readonly directories: readonly string[]
  readonly isr: readonly number[]
  readonly removingReplicas: readonly number[]
  readonly addingReplicas: readonly number[]
  /** -1 when nobody can lead. */
  readonly leader: number
  /** True after an unclean election, until the leader has recovered (KIP-704). */
  readonly isRecovering: boolean
  /** Goes up whenever the leader changes. */
  readonly leaderEpoch: number
  /** Goes up with every change. */
  readonly partitionEpoch: number
  /** Eligible leader replicas: out of the ISR, but with all that is committed (KIP-966). */
  readonly eligibleLeaderReplicas: readonly number[]
  readonly lastKnownEligibleLeaderReplicas: readonly number[]
}

/** The directory of a broker's replica; unassigned when it has none. */
export function directoryOf(partition: PartitionImage, brokerId: number): string {
  return partition.directories[partition.replicas.indexOf(brokerId)] ?? UNASSIGNED_DIRECTORY
}

/** Stands for a partition whose record has not come yet. */
export const ABSENT_PARTITION: PartitionImage = {
  replicas: NONE,
  directories: NONE,
  isr: NONE,
  removingReplicas: NONE,
  addingReplicas: NONE,
  leader: NO_LEADER,
  isRecovering: false,
  leaderEpoch: -1,
  partitionEpoch: -1,
  eligibleLeaderReplicas: NONE,
  lastKnownEligibleLeaderReplicas: NONE,
}

export function partitionFromRecord(record: PartitionRecord): PartitionImage {
  return {
    replicas: compact(record.replicas),
    directories: directoriesOrMigrating(record.directories, record.replicas.length),
    isr: compact(record.isr),
    removingReplicas: compact(record.removingReplicas),
    addingReplicas: compact(record.addingReplicas),
    leader: record.leader,
    isRecovering: record.leaderRecoveryState === 1,
    leaderEpoch: record.leaderEpoch,
    partitionEpoch: record.partitionEpoch,
    eligibleLeaderReplicas: compact(record.eligibleLeaderReplicas),
    lastKnownEligibleLeaderReplicas: compact(record.lastKnownElr),
  }
}

/**
 * The partition after a change. A null field leaves things as they are; naming a leader, even the
 * one there is, raises the leader epoch.
 */
export function changedPartition(
  partition: PartitionImage,
  change: PartitionChangeRecord,
): PartitionImage {
  const replicas = change.replicas ?? partition.replicas
  const namesLeader = change.leader !== NO_LEADER_CHANGE
  return {
    replicas,
    directories: directoriesOrMigrating(
      change.directories ?? partition.directories,
      replicas.length,
    ),
    isr: change.isr ?? partition.isr,
    removingReplicas: compact(change.removingReplicas ?? partition.removingReplicas),
    addingReplicas: compact(change.addingReplicas ?? partition.addingReplicas),
    leader: namesLeader ? change.leader : partition.leader,
    isRecovering:
      change.leaderRecoveryState === -1 ? partition.isRecovering : change.leaderRecoveryState === 1,
    leaderEpoch: namesLeader ? partition.leaderEpoch + 1 : partition.leaderEpoch,
    partitionEpoch: partition.partitionEpoch + 1,
    eligibleLeaderReplicas: compact(
      change.eligibleLeaderReplicas ?? partition.eligibleLeaderReplicas,
    ),
    lastKnownEligibleLeaderReplicas: compact(
      change.lastKnownElr ?? partition.lastKnownEligibleLeaderReplicas,
    ),
  }
}

/** Most of these lists are empty, in every partition: one empty list serves them all. */
function compact(list: readonly number[] | null): readonly number[] {
  return list === null || list.length === 0 ? NONE : list
}

function directoriesOrMigrating(directories: readonly string[], count: number): readonly string[] {
  if (directories.some((directory) => directory !== MIGRATING_DIRECTORY)) return directories
  return Array.from({ length: count }, () => MIGRATING_DIRECTORY)
}
