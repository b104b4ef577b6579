import type { JoinGroupResponseInput } from '@ottla/protocol/messages/join-group'
import type { SyncGroupResponseInput } from '@ottla/protocol/messages/sync-group'
import { assert, type Clock } from '@ottla/runtime'
import { Alarm } from '../alarm.ts'

/**
 *             first member           all joined, or time is up        leader's assignment is committed
 *   Empty ─────────────▶ PreparingRebalance ─────────▶ CompletingRebalance ─────────────▶ Stable
 *     ▲                     │        ▲                        │                              │
 *     └─────────────────────┘        └────────────────────────┴──────────────────────────────┘
 *        no member is left              a member joins anew, changes, leaves or falls silent
 */
export type ClassicGroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable'

const previousStates: Readonly<Record<ClassicGroupState, readonly ClassicGroupState[]>> = {
  Empty: ['PreparingRebalance'],
  PreparingRebalance: ['Empty', 'CompletingRebalance', 'Stable'],
  CompletingRebalance: ['PreparingRebalance'],
  Stable: ['CompletingRebalance'],
}

/** Sends the answer of a parked request; called exactly once. */
export type Answer<T> = (response: T) => void

/** An assignment strategy that a member supports, with what it tells the leader. Opaque to us. */
export interface MemberProtocol {
  readonly name: string
  readonly metadata: Buffer
}

export interface ClassicMember {
  readonly id: string
  /** `group.instance.id` of a static member (KIP-345). */
  readonly instanceId: string | null
  readonly clientId: string
  /** As Kafka stores it: a slash and the address. */
  readonly clientHost: string
  rebalanceTimeoutMs: number
  sessionTimeoutMs: number
  /** In order of preference. */
  protocols: readonly MemberProtocol[]
  /** What the leader gave it in the current generation; empty before that. */
  assignment: Buffer
  /** Has not had an answer to its first JoinGroup: parked or not, it may time out. */
  isNew: boolean
  awaitingJoin: Answer<JoinGroupResponseInput> | null
  awaitingSync: Answer<SyncGroupResponseInput> | null
  readonly session: Alarm
  /** What happens when its session ends. */
  readonly onSilence: () => void
}

/**
 * A classic group as it lives between its records: who is here, who is waited for. Only generations
 * that a leader completed, and emptiness, are stored; after a restart the group is what the last
 * record says, and its members find out by their next heartbeat.
 *
 * Invariants
 *   state is Empty exactly when there are no members, except while PreparingRebalance
 *   leaderId is null or a member's id
 *   staticMembers has exactly the members with an instance id
 *   awaitingJoinCount is the number of members whose JoinGroup is parked
 */
export interface ClassicGroup {
  readonly id: string
  state: ClassicGroupState
  previousState: ClassicGroupState | null
  /** When `state` began; -1 when an old record did not say. */
  stateTimestampMs: number
  /** Grows by one with every completed join phase. */
  generation: number
  /** `consumer`, `connect` …; null for a group that only stores offsets. */
  protocolType: string | null
  /** The strategy that the members voted for in this generation. */
  protocolName: string | null
  leaderId: string | null
  /** Oldest first. */
  readonly members: Map<string, ClassicMember>
  /** Instance id → member id. */
  readonly staticMembers: Map<string, string>
  /** Member ids that were handed out and must join within their session time-out (KIP-394). */
  readonly pendingMembers: Map<string, Alarm>
  /** Members whose SyncGroup of this generation has not come. */
  readonly pendingSyncs: Set<string>
  /** How many members support each strategy. */
  readonly protocolCounts: Map<string, number>
  /** What the members of a `consumer` group consume; null when nobody can say. */
  subscribedTopics: ReadonlySet<string> | null
  awaitingJoinCount: number
  /** Somebody came during the initial delay, which may therefore grow. */
  hasNewMember: boolean
  /** Ends the join phase. */
  readonly joinAlarm: Alarm
  /** Ends the wait for the members' SyncGroups. */
  readonly syncAlarm: Alarm
}

export function newClassicGroup(id: string, clock: Clock): ClassicGroup {
  return {
    id,
    state: 'Empty',
    previousState: null,
    stateTimestampMs: clock.now(),
    generation: 0,
    protocolType: null,
    protocolName: null,
    leaderId: null,
    members: new Map(),
    staticMembers: new Map(),
    pendingMembers: new Map(),
    pendingSyncs: new Set(),
    protocolCounts: new Map(),
    subscribedTopics: null,
    awaitingJoinCount: 0,
    hasNewMember: false,
    joinAlarm: new Alarm(clock),
    syncAlarm: new Alarm(clock),
  }
}

export function canRebalance(group: ClassicGroup): boolean {
  return previousStates.PreparingRebalance.includes(group.state)
}

export function transitionTo(group: ClassicGroup, state: ClassicGroupState, nowMs: number): void {
  assert(previousStates[state].includes(group.state), 'a group changes state only as drawn above')
  group.previousState = group.state
  group.state = state
  group.stateTimestampMs = nowMs
}

export function isLeader(group: ClassicGroup, memberId: string): boolean {
  return group.leaderId === memberId
}

export function hasAllMembersJoined(group: ClassicGroup): boolean {
  return group.members.size === group.awaitingJoinCount && group.pendingMembers.size === 0
}

/** The longest of its members'. */
export function rebalanceTimeoutMs(group: ClassicGroup): number {
  let longestMs = 0
  for (const member of group.members.values()) {
    longestMs = Math.max(longestMs, member.rebalanceTimeoutMs)
  }
  return longestMs
}

/** Rings no more: the group was deleted, or its coordinator stops. */
export function cancelAlarms(group: ClassicGroup): void {
  group.joinAlarm.cancel()
  group.syncAlarm.cancel()
  for (const alarm of group.pendingMembers.values()) alarm.cancel()
  for (const member of group.members.values()) member.session.cancel()
}
