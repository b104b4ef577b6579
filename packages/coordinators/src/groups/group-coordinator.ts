import { errorNumber, KafkaError, type ErrorName } from '@ottla/protocol'
import type { DeletableGroupResultInput } from '@ottla/protocol/messages/delete-groups'
import type { DescribedGroupInput } from '@ottla/protocol/messages/describe-groups'
import type { HeartbeatRequest, HeartbeatResponseInput } from '@ottla/protocol/messages/heartbeat'
import type { JoinGroupRequest, JoinGroupResponseInput } from '@ottla/protocol/messages/join-group'
import type {
  LeaveGroupRequest,
  LeaveGroupResponseInput,
} from '@ottla/protocol/messages/leave-group'
import type { ListedGroupInput, ListGroupsRequest } from '@ottla/protocol/messages/list-groups'
import type {
  OffsetCommitRequest,
  OffsetCommitResponseInput,
} from '@ottla/protocol/messages/offset-commit'
import type {
  OffsetDeleteRequest,
  OffsetDeleteResponseInput,
} from '@ottla/protocol/messages/offset-delete'
import type {
  OffsetFetchRequestGroup,
  OffsetFetchResponseGroupInput,
} from '@ottla/protocol/messages/offset-fetch'
import type { SyncGroupRequest, SyncGroupResponseInput } from '@ottla/protocol/messages/sync-group'
import { assert, type Clock, type Logger, type Random } from '@ottla/runtime'
import { StateMachine, type Appender, type Decision } from '@ottla/state-machine'
import { Alarm } from './alarm.ts'
import type { ClassicContext } from './classic/classic-context.ts'
import type { Answer } from './classic/classic-group.ts'
import { describeGroup, describeMissing } from './classic/describe.ts'
import { heartbeat } from './classic/heartbeat.ts'
import { joinAnswerOfVersion, joinGroup } from './classic/join.ts'
import { leaveAnswer, leaveGroup, leavingMembers } from './classic/leave.ts'
import { joinError, restartSession, syncError } from './classic/members.ts'
import { syncGroup } from './classic/sync.ts'
import { coordinatorError } from './coordinator-error.ts'
import { defaultGroupSettings, type GroupSettings } from './group-settings.ts'
import { type GroupOverview, overviewOf } from './group-overview.ts'
import { EXPIRY_GROUPS_PER_TURN_MAX } from './limits.ts'
import { listGroups } from './list-groups.ts'
import { LiveGroups } from './live-groups.ts'
import { checkCommit, commitError, decideCommit } from './offsets/offset-commit.ts'
import {
  allOffsetTombstones,
  decideOffsetDelete,
  topicOffsetTombstones,
  type DeletedTopic,
} from './offsets/offset-delete.ts'
import { expiredRecords } from './offsets/offset-expiry.ts'
import { fetchOffsets, offsetFetchError } from './offsets/offset-fetch.ts'
import type { RequestOrigin } from './request-origin.ts'
import { apply } from './state/apply.ts'
import { groupMetadataRecord, groupTombstone, type GroupRecord } from './state/group-record.ts'
import {
  emptyStoredGroup,
  newGroupsState,
  type GroupsState,
  type GroupType,
} from './state/groups-state.ts'
import { inPortions } from './tombstones.ts'
import type { TopicLookup } from './topic-lookup.ts'

export interface GroupCoordinatorOptions {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** The log of the `__consumer_offsets` partition. */
  readonly appender: Appender<GroupRecord>
  readonly topics: TopicLookup
  /** Read at every use, so that a change holds from then on. */
  readonly settings?: GroupSettings
  /**
   * The log refused to commit what is applied already: this coordinator has stopped, and its owner
   * makes a new one from the log.
   */
  readonly onFailure?: (error: Error) => void
}

/**
 * The groups of one `__consumer_offsets` partition, for the broker that leads it.
 *
 * It is loading until `onLoaded`, and has stopped after `stop`. Every request is answered, with an
 * error code if need be: the promises do not reject. A request goes to the coordinator of the
 * partition that `partitionFor` names; it is not checked here.
 */
export class GroupCoordinator {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #settings: GroupSettings
  readonly #topics: TopicLookup
  readonly #machine: StateMachine<GroupsState, GroupRecord>
  readonly #onFailure: ((error: Error) => void) | undefined
  readonly #context: ClassicContext
  readonly #live: LiveGroups
  readonly #expiryAlarm: Alarm
  #phase: 'loading' | 'active' | 'stopped' = 'loading'

  constructor(options: GroupCoordinatorOptions) {
    const { clock, random, logger, appender, topics, settings, onFailure } = options
    this.#clock = clock
    this.#logger = logger
    this.#settings = settings ?? defaultGroupSettings
    this.#topics = topics
    this.#onFailure = onFailure
    this.#expiryAlarm = new Alarm(clock)
    this.#machine = new StateMachine<GroupsState, GroupRecord>({
      state: newGroupsState(),
      apply: (state, record) => apply(state, record, logger),
      appender,
      onFailure: (error) => this.#onMachineFailure(error),
    })
    this.#context = {
      clock,
      random,
      logger,
      settings: this.#settings,
      write: (record, onDone) => this.#write(record, onDone),
    }
    this.#live = new LiveGroups(this.#context, this.#machine.state)
  }

  /** Folds in one record of the partition's log, oldest first, while loading. */
  replay(record: GroupRecord): void {
    assert(this.#phase === 'loading', 'records are replayed before requests are served')
    this.#machine.replay(record)
  }

  /** All records are in: requests are served, and members have a fresh session to be heard of. */
  onLoaded(): void {
    assert(this.#phase === 'loading', 'a coordinator is loaded once')
    this.#phase = 'active'
    this.#live.restoreMembers()
    this.#scheduleExpiry()
    this.#warnOfModernGroups()
  }

  /**
   * Serves no more; harmless twice.
   * @param error What everybody who waits, and everybody who still comes, is told: NOT_COORDINATOR.
   */
  stop(error: KafkaError): void {
    if (this.#phase === 'stopped') return
    this.#phase = 'stopped'
    this.#expiryAlarm.cancel()
    this.#live.stop(error.code)
    this.#machine.stop(error)
  }

  /** JoinGroup, versions 0–9. */
  joinGroup(request: JoinGroupRequest, origin: RequestOrigin): Promise<JoinGroupResponseInput> {
    const { groupId, memberId, sessionTimeoutMs } = request
    const { minSessionTimeoutMs, maxSessionTimeoutMs } = this.#settings
    const { promise, resolve } = Promise.withResolvers<JoinGroupResponseInput>()
    const answer = (response: JoinGroupResponseInput): void => {
      resolve(joinAnswerOfVersion(response, origin.apiVersion))
    }
    const unavailable = this.#unavailable()
    if (unavailable !== null) {
      answer(joinError(unavailable, memberId))
    } else if (groupId === '') {
      answer(joinError('INVALID_GROUP_ID', memberId))
    } else if (sessionTimeoutMs < minSessionTimeoutMs || sessionTimeoutMs > maxSessionTimeoutMs) {
      answer(joinError('INVALID_SESSION_TIMEOUT', memberId))
    } else {
      this.#join(request, origin, answer)
    }
    return promise
  }

  /** SyncGroup, versions 0–5. */
  syncGroup(request: SyncGroupRequest, origin: RequestOrigin): Promise<SyncGroupResponseInput> {
    const { promise, resolve } = Promise.withResolvers<SyncGroupResponseInput>()
    const unavailable = this.#unavailable()
    if (unavailable !== null) {
      resolve(syncError(unavailable))
    } else if (request.groupId === '') {
      resolve(syncError('INVALID_GROUP_ID'))
    } else if (
      origin.apiVersion >= 5 &&
      (request.protocolType === null || request.protocolName === null)
    ) {
      resolve(syncError('INCONSISTENT_GROUP_PROTOCOL'))
    } else {
      const group = this.#live.find(request.groupId)
      if (group === undefined) resolve(syncError('UNKNOWN_MEMBER_ID'))
      else syncGroup(this.#context, group, request, resolve)
    }
    return promise
  }

  /** Heartbeat, versions 0–4. While loading, all is well: nobody need rejoin for that. */
  heartbeat(request: HeartbeatRequest): Promise<HeartbeatResponseInput> {
    return this.#answer(
      () => {
        if (request.groupId === '') throw new KafkaError('INVALID_GROUP_ID')
        const group = this.#live.find(request.groupId)
        const error = group === undefined ? 'UNKNOWN_MEMBER_ID' : heartbeat(group, request)
        return { records: [], reply: { errorCode: errorNumber(error) } }
      },
      (error) => ({
        errorCode: errorNumber(error === 'COORDINATOR_LOAD_IN_PROGRESS' ? 'NONE' : error),
      }),
    )
  }

  /** LeaveGroup, versions 0–5. */
  leaveGroup(request: LeaveGroupRequest, origin: RequestOrigin): Promise<LeaveGroupResponseInput> {
    const { apiVersion } = origin
    const members = leavingMembers(request, apiVersion)
    let errors: ErrorName[] = members.map(() => 'UNKNOWN_MEMBER_ID')
    if (this.#unavailable() === null && request.groupId !== '') {
      const group = this.#live.find(request.groupId)
      if (group !== undefined) errors = leaveGroup(this.#context, group, members)
    }
    // After the fact: a group that is empty now is stored before the answer leaves.
    return this.#answer(
      () => {
        if (request.groupId === '') throw new KafkaError('INVALID_GROUP_ID')
        return { records: [], reply: leaveAnswer(members, errors, apiVersion) }
      },
      (error) => ({ errorCode: errorNumber(error), members: [] }),
    )
  }

  /** OffsetCommit, versions 2–10. */
  commitOffsets(
    request: OffsetCommitRequest,
    origin: RequestOrigin,
  ): Promise<OffsetCommitResponseInput> {
    return this.#answer(
      () => {
        this.#checkCommit(request, origin)
        return decideCommit(request, {
          apiVersion: origin.apiVersion,
          nowMs: this.#clock.now(),
          settings: this.#settings,
          topics: this.#topics,
        })
      },
      (error) => commitError(request, error),
    )
  }

  /**
   * OffsetFetch, versions 1–10, for one of the groups that `offsetFetchGroups` finds in a request;
   * `offsetFetchResponse` puts the answers together.
   *
   * @param requireStable From the request: an offset that an undecided transaction is about to
   *   change is answered UNSTABLE_OFFSET_COMMIT (KIP-447).
   */
  fetchOffsets(
    request: OffsetFetchRequestGroup,
    { apiVersion }: RequestOrigin,
    requireStable = false,
  ): Promise<OffsetFetchResponseGroupInput> {
    return this.#answer(
      (state) => {
        const facts = { state, topics: this.#topics, apiVersion, requireStable }
        return { records: [], reply: fetchOffsets(facts, request) }
      },
      (error) => {
        // Old consumers know no COORDINATOR_NOT_AVAILABLE here.
        const known = error === 'COORDINATOR_NOT_AVAILABLE' ? 'NOT_COORDINATOR' : error
        return offsetFetchError(request, known, apiVersion)
      },
    )
  }

  /** OffsetDelete, version 0. */
  deleteOffsets(request: OffsetDeleteRequest): Promise<OffsetDeleteResponseInput> {
    return this.#answer(
      (state) => {
        const { groupId } = request
        if (groupId === '') throw new KafkaError('INVALID_GROUP_ID')
        const group = this.#live.find(groupId)
        if (group === undefined) throw this.#notThere(groupId)
        return decideOffsetDelete(state, group, request, this.#topics)
      },
      (error): OffsetDeleteResponseInput => ({
        errorCode: errorNumber(error),
        throttleTimeMs: 0,
        topics: [],
      }),
    )
  }

  /**
   * The groups that pass a ListGroups request's filters, versions 0–5.
   * @throws {KafkaError} COORDINATOR_LOAD_IN_PROGRESS, for the response as a whole.
   */
  async listGroups(request: ListGroupsRequest): Promise<ListedGroupInput[]> {
    const listed = await this.#answer(
      () => ({ records: [], reply: listGroups(this.#live.all(), request) }),
      (error): ListedGroupInput[] | ErrorName => error,
    )
    if (typeof listed === 'string') throw new KafkaError(listed)
    return listed
  }

  /**
   * What DescribeGroups, versions 0–6, says of these groups; whoever knows the principal adds the
   * authorized operations.
   */
  describeGroups(
    groupIds: readonly string[],
    origin: RequestOrigin,
  ): Promise<DescribedGroupInput[]> {
    return this.#answer(
      () => ({
        records: [],
        reply: groupIds.map((groupId) => {
          const group = this.#live.find(groupId)
          if (group !== undefined) return describeGroup(group)
          return describeMissing(groupId, this.#notThere(groupId).message, origin.apiVersion)
        }),
      }),
      (error) =>
        groupIds.map((groupId) => ({
          ...describeMissing(groupId, '', 0),
          groupState: '',
          errorCode: errorNumber(error),
        })),
    )
  }

  /** DeleteGroups, versions 0–2: groups without members go, and their offsets with them. */
  deleteGroups(groupIds: readonly string[]): Promise<DeletableGroupResultInput[]> {
    const deleted = groupIds.map((groupId) => this.#deleteGroup(groupId))
    return Promise.all(deleted)
  }

  /** Its groups, one by one, for whoever counts; none while it is loading. */
  overview(): Iterable<GroupOverview> {
    return this.#phase === 'active' ? overviewOf(this.#machine.state, this.#live) : []
  }

  /** Forgets what was committed of topics that are no more. */
  async onTopicsDeleted(topics: readonly DeletedTopic[]): Promise<void> {
    for (const topic of topics) {
      await this.#appendTombstones((state) => topicOffsetTombstones(state, topic))
    }
  }

  /** Forgets expired offsets and groups; runs by itself every `offsetsRetentionCheckIntervalMs`. */
  async expireOffsets(): Promise<void> {
    const groupIds = [...this.#machine.state.groups.keys()]
    for (let i = 0; i < groupIds.length; i += EXPIRY_GROUPS_PER_TURN_MAX) {
      const some = groupIds.slice(i, i + EXPIRY_GROUPS_PER_TURN_MAX)
      await this.#appendTombstones((state) =>
        some.flatMap((groupId) => {
          const group = this.#live.find(groupId)
          if (group === undefined) return []
          return expiredRecords(state, group, this.#clock.now(), this.#settings.offsetsRetentionMs)
        }),
      )
      if (i + EXPIRY_GROUPS_PER_TURN_MAX < groupIds.length) {
        await new Promise<void>((resolve) => this.#clock.defer(resolve))
      }
    }
  }

  #join(
    request: JoinGroupRequest,
    origin: RequestOrigin,
    answer: Answer<JoinGroupResponseInput>,
  ): void {
    const { groupId, memberId } = request
    const { groups } = this.#machine.state
    if (this.#isModern(groupId)) {
      answer(joinError('INCONSISTENT_GROUP_PROTOCOL', ''))
      return
    }
    if (!groups.has(groupId)) {
      if (memberId !== '') {
        answer(joinError('UNKNOWN_MEMBER_ID', memberId))
        return
      }
      // The group is stored from the start, so that it is there for whoever leads next.
      const record = groupMetadataRecord(groupId, emptyStoredGroup(this.#clock.now()))
      this.#write(record, (refusal) => {
        if (refusal !== null) answer(joinError(coordinatorError(refusal), ''))
      })
    }
    const unavailable = this.#unavailable()
    if (unavailable !== null) {
      answer(joinError(unavailable, memberId))
      return
    }
    const group = this.#live.findToJoin(groupId)
    // Without a group the log refused it, and says so in a moment.
    if (group !== undefined) joinGroup(this.#context, group, request, origin, answer)
  }

  #checkCommit(request: OffsetCommitRequest, { apiVersion }: RequestOrigin): void {
    const { groupId, generationIdOrMemberEpoch: generation, memberId } = request
    if (this.#isModern(groupId)) {
      throw new KafkaError('UNKNOWN_MEMBER_ID', `group ${groupId} is not a classic group`)
    }
    const group = this.#live.find(groupId)
    if (group === undefined) {
      // Whoever manages partitions alone makes a group by committing to it.
      if (generation < 0) return
      throw apiVersion >= 9 ? this.#notThere(groupId) : new KafkaError('ILLEGAL_GENERATION')
    }
    checkCommit(group, request)
    if (group.state === 'Stable' || group.state === 'PreparingRebalance') {
      // A commit is a sign of life, as a heartbeat is.
      const member = group.members.get(memberId)
      if (member !== undefined) restartSession(member)
    }
  }

  async #deleteGroup(groupId: string): Promise<DeletableGroupResultInput> {
    let error: ErrorName = this.#unavailable() ?? 'NONE'
    const group = error === 'NONE' ? this.#live.find(groupId) : undefined
    if (error === 'NONE') {
      if (this.#isModern(groupId)) error = 'NON_EMPTY_GROUP'
      else if (group === undefined) error = 'GROUP_ID_NOT_FOUND'
      else if (group.state !== 'Empty') error = 'NON_EMPTY_GROUP'
    }
    if (error === 'NONE') {
      try {
        await this.#appendTombstones((state) => [
          ...allOffsetTombstones(state, groupId),
          groupTombstone(groupId),
        ])
        this.#logger.info('a group was deleted', { group: groupId })
      } catch (cause) {
        error = coordinatorError(cause)
      }
    } else {
      // A refusal, too, may rest on what is not committed yet.
      error = await this.#answer(
        () => ({ records: [], reply: error }),
        (unavailable) => unavailable,
      )
    }
    return { groupId, errorCode: errorNumber(error) }
  }

  /** Appends all portions with nothing between them; resolves once all are committed. */
  async #appendTombstones(find: (state: GroupsState) => readonly GroupRecord[]): Promise<void> {
    if (this.#phase !== 'active') return
    const appends: Promise<void>[] = []
    for (const records of inPortions(find(this.#machine.state))) {
      appends.push(this.#machine.submit(() => ({ records, reply: undefined })))
    }
    await Promise.all(appends)
  }

  /** A decision's reply, or what `onError` makes of the code that it failed with. */
  async #answer<Reply, Failed>(
    decide: (state: GroupsState) => Decision<GroupRecord, Reply>,
    onError: (error: ErrorName) => Failed,
  ): Promise<Reply | Failed> {
    const unavailable = this.#unavailable()
    if (unavailable !== null) return onError(unavailable)
    try {
      return await this.#machine.submit(decide)
    } catch (error) {
      return onError(coordinatorError(error))
    }
  }

  #write(record: GroupRecord, onDone: (refusal: KafkaError | null) => void): void {
    this.#machine
      .submit(() => ({ records: [record], reply: null }))
      .then(
        (done) => {
          if (this.#phase === 'active') onDone(done)
        },
        (error: unknown) => {
          if (this.#phase === 'active') onDone(asKafkaError(error))
        },
      )
      .catch((error: Error) => this.#machine.stop(error))
  }

  /** Apache Kafka wrote them: they stay in the log, and what they committed can be fetched. */
  #warnOfModernGroups(): void {
    const counts: Partial<Record<GroupType, number>> = {}
    for (const { type } of this.#machine.state.groups.values()) {
      if (type !== 'classic') counts[type] = (counts[type] ?? 0) + 1
    }
    if (Object.keys(counts).length === 0) return
    this.#logger.warn('groups of kinds that are not served keep their offsets', counts)
  }

  #isModern(groupId: string): boolean {
    const stored = this.#machine.state.groups.get(groupId)
    return stored !== undefined && stored.type !== 'classic'
  }

  #notThere(groupId: string): KafkaError {
    const message = this.#isModern(groupId) ? 'is not a classic group.' : 'not found.'
    return new KafkaError('GROUP_ID_NOT_FOUND', `Group ${groupId} ${message}`)
  }

  #unavailable(): ErrorName | null {
    switch (this.#phase) {
      case 'loading':
        return 'COORDINATOR_LOAD_IN_PROGRESS'
      case 'active':
        return null
      case 'stopped':
        return coordinatorError(this.#machine.failure)
      default:
        return this.#phase satisfies never
    }
  }

  #scheduleExpiry(): void {
    this.#expiryAlarm.set(this.#settings.offsetsRetentionCheckIntervalMs, () => {
      this.expireOffsets().catch((error: unknown) => {
        this.#logger.warn('expired offsets could not be removed', { error })
      })
      this.#scheduleExpiry()
    })
  }

  #onMachineFailure(error: Error): void {
    if (this.#phase === 'stopped') return
    this.#logger.error('a group coordinator failed', { error })
    const code = coordinatorError(error)
    // Whoever waits looks for the coordinator again, and finds the one that is made in its place.
    this.stop(new KafkaError(code === 'UNKNOWN_SERVER_ERROR' ? 'NOT_COORDINATOR' : code))
    this.#onFailure?.(error)
  }
}

function asKafkaError(error: unknown): KafkaError {
  if (error instanceof KafkaError) return error
  return new KafkaError('UNKNOWN_SERVER_ERROR', 'a record was not written', { cause: error })
}
