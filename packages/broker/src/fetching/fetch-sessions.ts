import { KafkaError } from '@ottla/protocol'
import type { FetchRequest } from '@ottla/protocol/messages/fetch'
import type { Clock, Random } from '@ottla/runtime'
import {
  type FetchedPartition,
  type FetchSession,
  requestedPartitions,
  updateSession,
} from './fetch-session.ts'

/** The session epoch that asks for no session, or ends the one it names. */
const FINAL_EPOCH = -1
/** The session epoch of a full fetch, which may begin a session. */
const INITIAL_EPOCH = 0

export interface FetchSessionsOptions {
  readonly clock: Clock
  readonly random: Random
  /** How many sessions are kept (`max.incremental.fetch.session.cache.slots`). */
  readonly sessionsMax: number
  /** A session used within this time is not given up for a new one. */
  readonly evictionMs: number
}

/** What one fetch request reads, and the session that it belongs to. */
export interface FetchRound {
  readonly partitions: readonly FetchedPartition[]
  /** undefined for a fetch outside any session. */
  readonly session: FetchSession | undefined
  /** An incremental answer leaves out partitions with nothing new. */
  readonly isIncremental: boolean
}

/**
 * The fetch sessions of this broker, least recently used first.
 *
 * A full cache gives up its oldest session once that was idle for `evictionMs`; until then new
 * clients simply get no session and go on with full fetches.
 */
export class FetchSessions {
  readonly #options: FetchSessionsOptions
  readonly #sessions = new Map<number, FetchSession>()

  constructor(options: FetchSessionsOptions) {
    this.#options = options
  }

  get count(): number {
    return this.#sessions.size
  }

  /**
   * Finds what a request wants to read.
   * @throws {KafkaError} FETCH_SESSION_ID_NOT_FOUND, INVALID_FETCH_SESSION_EPOCH, FETCH_SESSION_TOPIC_ID_ERROR.
   */
  begin(
    request: FetchRequest,
    version: number,
    nameOf: (topicId: string) => string | undefined,
  ): FetchRound {
    const usesTopicIds = version >= 13
    if (request.sessionEpoch === INITIAL_EPOCH || request.sessionEpoch === FINAL_EPOCH) {
      if (request.sessionId !== 0) this.#sessions.delete(request.sessionId)
      const asked = requestedPartitions(request, usesTopicIds, nameOf)
      const session =
        request.sessionEpoch === FINAL_EPOCH ? undefined : this.#create(asked, usesTopicIds)
      return { partitions: [...asked.values()], session, isIncremental: false }
    }

    const session = this.#sessions.get(request.sessionId)
    if (session === undefined) throw new KafkaError('FETCH_SESSION_ID_NOT_FOUND')
    if (session.usesTopicIds !== usesTopicIds) throw new KafkaError('FETCH_SESSION_TOPIC_ID_ERROR')
    if (session.epoch !== request.sessionEpoch) throw new KafkaError('INVALID_FETCH_SESSION_EPOCH')
    session.epoch = session.epoch === 0x7fffffff ? 1 : session.epoch + 1
    updateSession(session, request, nameOf)
    this.#touch(session)
    if (session.partitions.size === 0) {
      this.#sessions.delete(session.id)
      return { partitions: [], session: undefined, isIncremental: false }
    }
    return { partitions: [...session.partitions.values()], session, isIncremental: true }
  }

  #create(
    partitions: Map<string, FetchedPartition>,
    usesTopicIds: boolean,
  ): FetchSession | undefined {
    if (partitions.size === 0 || !this.#makeRoom()) return undefined
    let id: number
    do id = this.#options.random.int(0x7fffffff) + 1
    while (this.#sessions.has(id))
    const session: FetchSession = {
      id,
      usesTopicIds,
      epoch: 1,
      lastUsedMs: this.#options.clock.monotonic(),
      partitions,
    }
    this.#sessions.set(id, session)
    return session
  }

  #makeRoom(): boolean {
    const { sessionsMax, evictionMs, clock } = this.#options
    if (this.#sessions.size < sessionsMax) return true
    const oldest = this.#sessions.values().next().value
    if (oldest === undefined || clock.monotonic() - oldest.lastUsedMs < evictionMs) return false
    return this.#sessions.delete(oldest.id)
  }

  #touch(session: FetchSession): void {
    session.lastUsedMs = this.#options.clock.monotonic()
    this.#sessions.delete(session.id)
    this.#sessions.set(session.id, session)
  }
}
