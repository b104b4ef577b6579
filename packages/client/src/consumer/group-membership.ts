import { KafkaError, throwIfError } from '@ottla/protocol'
import { HeartbeatApi } from '@ottla/protocol/messages/heartbeat'
import { JoinGroupApi, type JoinGroupResponse } from '@ottla/protocol/messages/join-group'
import { LeaveGroupApi } from '@ottla/protocol/messages/leave-group'
import { SyncGroupApi } from '@ottla/protocol/messages/sync-group'
import type { Timer } from '@ottla/runtime'
import type { Cluster, SendOptions } from '../cluster/cluster.ts'
import type { TopicPartition } from './consumer-record.ts'
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from './embedded-protocol.ts'
import { assignRanges } from './range-assignor.ts'

export interface GroupOptions {
  readonly groupId: string
  readonly topics: readonly string[]
  /** Names this member across restarts: one that is back in time gets its partitions again (KIP-345). */
  readonly groupInstanceId?: string | null
  /** A member that was silent so long is out. Default 45 s. */
  readonly sessionTimeoutMs?: number
  /** How long the others wait in a rebalance for this member to poll. Default 5 min. */
  readonly rebalanceTimeoutMs?: number
  /** Default 3 s. */
  readonly heartbeatIntervalMs?: number
}

/** A member of one generation of a group; commits carry it, so that the coordinator can fence. */
export interface Generation {
  readonly coordinatorId: number
  readonly generationId: number
  readonly memberId: string
}

const PROTOCOL_TYPE = 'consumer'
const PROTOCOL_NAME = 'range'

/**
 * Membership of a classic group, eager protocol, range assignor.
 *
 *              JoinGroup              SyncGroup
 *   outside ─────────────→ joining ─────────────→ stable ──→ heartbeats
 *      ↑                      ↑                      │
 *      │ out: unknown member  │ rebalance in progress│
 *      └──────────────────────┴──────────────────────┘
 */
export class GroupMembership {
  readonly #cluster: Cluster
  readonly #options: Required<GroupOptions>
  /** Called when the group rebalances, or this member is out: everything is to be given up. */
  readonly #onRebalance: () => void
  /** Its own: a join that waits for the others must not hold up another member's heartbeats. */
  readonly #lane: string
  #memberId = ''
  #generation: Generation | null = null
  #isJoinDue = true
  #heartbeat: Timer | null = null
  #failure: KafkaError | null = null

  constructor(cluster: Cluster, options: GroupOptions, onRebalance: () => void) {
    this.#cluster = cluster
    this.#lane = cluster.newLane('group')
    this.#onRebalance = onRebalance
    this.#options = {
      groupInstanceId: null,
      sessionTimeoutMs: 45_000,
      rebalanceTimeoutMs: 300_000,
      heartbeatIntervalMs: 3_000,
      ...options,
    }
  }

  get groupInstanceId(): string | null {
    return this.#options.groupInstanceId
  }

  /** The last one joined, with which to commit even while the next one is formed; null: out. */
  get generation(): Generation | null {
    return this.#generation
  }

  /** Whether `join` is to be called before more is read. */
  get isJoinDue(): boolean {
    return this.#isJoinDue
  }

  /**
   * Joins and takes part in the rebalance; resolves with what this member is to read.
   * @throws {KafkaError} FENCED_INSTANCE_ID, GROUP_AUTHORIZATION_FAILED, INCONSISTENT_GROUP_PROTOCOL, …
   */
  async join(signal?: AbortSignal): Promise<readonly TopicPartition[]> {
    if (this.#failure !== null) throw this.#failure
    for (;;) {
      try {
        return await this.#cluster.call(() => this.#joinOnce(signal), {
          signal,
          timeoutMs: Infinity,
        })
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error
        if (error.code === 'MEMBER_ID_REQUIRED') continue
        if (error.code === 'UNKNOWN_MEMBER_ID' || error.code === 'ILLEGAL_GENERATION') {
          this.#memberId = ''
          continue
        }
        // A rebalance began between the two requests: it is joined like any other.
        if (error.code === 'REBALANCE_IN_PROGRESS') continue
        throw error
      }
    }
  }

  /** Leaves, so that the others need not wait for the session to end. Static members stay. */
  async leave(): Promise<void> {
    this.#stopHeartbeats()
    const generation = this.#generation
    this.#generation = null
    this.#isJoinDue = true
    if (generation !== null && this.#options.groupInstanceId === null) {
      await this.#sendLeave(generation)
    }
    this.#cluster.closeLane(this.#lane)
  }

  /** The group must be joined anew, as a member that it knows (or, `isOut`, does not). */
  giveUp(isOut: boolean): void {
    this.#isJoinDue = true
    if (isOut) {
      this.#generation = null
      this.#memberId = ''
    }
    this.#stopHeartbeats()
    this.#onRebalance()
  }

  async #sendLeave({ memberId, coordinatorId }: Generation): Promise<void> {
    const { groupId } = this.#options
    try {
      await this.#cluster.send(
        coordinatorId,
        LeaveGroupApi,
        (version) => (version >= 3 ? { groupId, members: [{ memberId }] } : { groupId, memberId }),
        { lane: this.#lane },
      )
    } catch (error) {
      // The session ends by itself then.
      this.#cluster.options.runtime.logger.debug('could not leave the group', { error })
    }
  }

  async #joinOnce(signal?: AbortSignal): Promise<readonly TopicPartition[]> {
    const { groupId } = this.#options
    const coordinatorId = await this.#cluster.coordinator(groupId, 'group', signal)
    const joined = await this.#sendJoin(coordinatorId, signal)
    this.#memberId = joined.memberId
    throwIfError(joined.errorCode)
    const assignments =
      joined.leader === joined.memberId && !joined.skipAssignment ? await this.#assign(joined) : []
    const { groupInstanceId } = this.#options
    const synced = await this.#cluster.send(
      coordinatorId,
      SyncGroupApi,
      () => ({
        groupId,
        generationId: joined.generationId,
        memberId: joined.memberId,
        groupInstanceId,
        protocolType: PROTOCOL_TYPE,
        protocolName: joined.protocolName,
        assignments,
      }),
      this.#held(signal),
    )
    throwIfError(synced.errorCode)
    const { generationId, memberId } = joined
    this.#generation = { coordinatorId, generationId, memberId }
    this.#isJoinDue = false
    this.#scheduleHeartbeat()
    return decodeAssignment(synced.assignment)
  }

  async #sendJoin(coordinatorId: number, signal?: AbortSignal): Promise<JoinGroupResponse> {
    const { groupId, topics, groupInstanceId, sessionTimeoutMs, rebalanceTimeoutMs } = this.#options
    const protocols = [{ name: PROTOCOL_NAME, metadata: encodeSubscription(topics) }]
    const memberId = this.#memberId
    return this.#cluster.send(
      coordinatorId,
      JoinGroupApi,
      (version) => ({
        groupId,
        sessionTimeoutMs,
        ...(version >= 1 && { rebalanceTimeoutMs }),
        memberId,
        groupInstanceId,
        protocolType: PROTOCOL_TYPE,
        protocols,
      }),
      this.#held(signal),
    )
  }

  /** The leader's part: divides the partitions among all members. */
  async #assign({
    members,
  }: JoinGroupResponse): Promise<{ memberId: string; assignment: Buffer }[]> {
    const wanting = members.map(({ memberId, groupInstanceId, metadata }) => ({
      memberId,
      groupInstanceId,
      topics: decodeSubscription(metadata),
    }))
    const topics = [...new Set(wanting.flatMap((member) => member.topics))]
    const { topics: states } = await this.#cluster.refresh(topics)
    const counts = new Map(
      topics.map((topic) => [topic, states.get(topic)?.partitions.length ?? 0] as const),
    )
    return [...assignRanges(wanting, counts)].map(([memberId, partitions]) => ({
      memberId,
      assignment: encodeAssignment(partitions),
    }))
  }

  /** A coordinator holds these requests back until every member is there. */
  #held(signal?: AbortSignal): SendOptions {
    const { rebalanceTimeoutMs } = this.#options
    return { signal, timeoutMs: rebalanceTimeoutMs + 10_000, lane: this.#lane }
  }

  #scheduleHeartbeat(): void {
    this.#stopHeartbeats()
    const { clock } = this.#cluster.options.runtime
    this.#heartbeat = clock.schedule(this.#options.heartbeatIntervalMs, () => {
      void this.#sendHeartbeat()
    })
  }

  #stopHeartbeats(): void {
    this.#heartbeat?.cancel()
    this.#heartbeat = null
  }

  /** Never rejects. */
  async #sendHeartbeat(): Promise<void> {
    const generation = this.#generation
    if (generation === null) return
    const { groupId, groupInstanceId, sessionTimeoutMs } = this.#options
    const { coordinatorId, generationId, memberId } = generation
    try {
      const response = await this.#cluster.send(
        coordinatorId,
        HeartbeatApi,
        () => ({ groupId, generationId, memberId, groupInstanceId }),
        { lane: this.#lane, timeoutMs: sessionTimeoutMs },
      )
      throwIfError(response.errorCode)
    } catch (error) {
      if (this.#generation === generation && !this.#isJoinDue) this.#heartbeatFailed(error)
    }
    if (this.#generation === generation && !this.#isJoinDue) this.#scheduleHeartbeat()
  }

  #heartbeatFailed(error: unknown): void {
    const code = error instanceof KafkaError ? error.code : null
    if (code === 'FENCED_INSTANCE_ID') {
      this.#failure = error as KafkaError
      this.giveUp(true)
    } else if (code === 'UNKNOWN_MEMBER_ID' || code === 'ILLEGAL_GENERATION') {
      this.giveUp(true)
    } else if (code !== null && rejoinCodes.has(code)) {
      this.giveUp(false)
    } else {
      this.#cluster.options.runtime.logger.warn('heartbeat failed', { error })
    }
  }
}

/**
 * A rebalance is under way; or the group lives on with another coordinator, or the same one after a
 * restart: joining finds it, and a member id that it still knows costs the others nothing.
 */
const rejoinCodes: ReadonlySet<string> = new Set([
  'REBALANCE_IN_PROGRESS',
  'NOT_COORDINATOR',
  'COORDINATOR_NOT_AVAILABLE',
  'NETWORK_EXCEPTION',
  'REQUEST_TIMED_OUT',
])
