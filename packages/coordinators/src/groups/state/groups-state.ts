import type { Int64 } from '@ottla/protocol'
import type { OffsetsByGroup } from './offsets-by-group.ts'

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

/** A committed offset with its place among all others of the log. */
export interface StoredOffset extends CommittedOffset {
  /** Grows with every record: of two, the one that was appended later counts. */
  readonly order: number
}

/**
 * What the records of one `__consumer_offsets` partition come to. Only `apply` changes it.
 *
 * A group that only stores offsets has no record of its own: it comes into being with its first
 * offset.
 */
export interface GroupsState {
  readonly groups: Map<string, StoredGroup>
  readonly offsets: OffsetsByGroup
  /** Producer id → what it has committed in a transaction that is not decided yet (KIP-98). */
  readonly transactions: Map<number, OffsetsByGroup>
  /** Of the latest record. */
  order: number
}

export function newGroupsState(): GroupsState {
  return { groups: new Map(), offsets: new Map(), transactions: new Map(), order: 0 }
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
