import type { Int64 } from '@ottla/protocol'

/** The kinds of groups whose records a `__consumer_offsets` partition may hold. */
export type GroupType = 'classic' | 'consumer' | 'share' | 'streams'

export interface StoredMember {
  readonly id: string
  readonly instanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly rebalanceTimeoutMs: number
  readonly sessionTimeoutMs: number
  /** Its metadata for the group's strategy; what it said for other strategies is not stored. */
  readonly subscription: Buffer
  readonly assignment: Buffer
}

/** What the last record of a classic group says: its last generation that a leader completed. */
export interface StoredClassicGroup {
  readonly type: 'classic'
  readonly protocolType: string | null
  readonly generation: number
  readonly protocolName: string | null
  readonly leaderId: string | null
  /** -1 when the record is too old to say. */
  readonly stateTimestampMs: number
  readonly members: readonly StoredMember[]
}

/** A group of a newer kind: known to be there, so that nobody takes its id for another kind. */
export interface StoredModernGroup {
  readonly type: Exclude<GroupType, 'classic'>
}

export type StoredGroup = StoredClassicGroup | StoredModernGroup

export interface CommittedOffset {
  readonly offset: Int64
  /** -1 when the consumer did not say. */
  readonly leaderEpoch: number
  readonly metadata: string
  readonly commitTimestampMs: number
  /** When it goes, said by a client of OffsetCommit 2–4; -1 when the broker's retention decides. */
  readonly expireTimestampMs: number
  /** The zero uuid when the record is too old to say. */
  readonly topicId: string
}

/** Partition → offset. */
export type PartitionOffsets = Map<number, CommittedOffset>
/** Topic → partition → offset. */
export type GroupOffsets = Map<string, PartitionOffsets>

/**
 * What the records of one `__consumer_offsets` partition come to. Only `apply` changes it.
 *
 * A group that only stores offsets has no record of its own: it comes into being with its first
 * offset. No map of offsets is empty.
 */
export interface GroupsState {
  readonly groups: Map<string, StoredGroup>
  readonly offsets: Map<string, GroupOffsets>
}

export function newGroupsState(): GroupsState {
  return { groups: new Map(), offsets: new Map() }
}

/** A classic group that has no members and no protocol type. */
export function emptyStoredGroup(nowMs: number): StoredClassicGroup {
  return {
    type: 'classic',
    protocolType: null,
    generation: 0,
    protocolName: null,
    leaderId: null,
    stateTimestampMs: nowMs,
    members: [],
  }
}
