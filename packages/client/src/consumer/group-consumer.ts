import { KafkaError } from '@ottla/protocol'
import type { Cluster } from '../cluster/cluster.ts'
import { type ConsumerRecord, partitionName, type TopicPartition } from './consumer-record.ts'
import { Consumer, type ConsumerOptions, type PollOptions } from './consumer.ts'
import { GroupMembership, type GroupOptions } from './group-membership.ts'
import { commitOffsets, committedOffsets, type OffsetToCommit } from './group-offsets.ts'

export interface GroupConsumerOptions extends ConsumerOptions, GroupOptions {
  /** How often positions are committed by themselves; null leaves it to `commit`. Default 5 s. */
  readonly autoCommitIntervalMs?: number | null
}

/**
 * Reads topics as a member of a group: partitions come and go with the other members, and committed
 * offsets say where to go on.
 *
 * A record counts as read when `poll` is called again (or `commit`, or `close`): what is committed by
 * itself is never ahead of what the caller has finished.
 */
export class GroupConsumer {
  readonly #cluster: Cluster
  readonly #options: GroupConsumerOptions
  readonly #membership: GroupMembership
  readonly #consumer: Consumer
  #assignment: readonly TopicPartition[] = []
  #committed = new Map<string, number>()
  #nextCommitAt = 0
  #isClosed = false

  constructor(cluster: Cluster, options: GroupConsumerOptions) {
    this.#cluster = cluster
    this.#options = options
    this.#consumer = new Consumer(cluster, options)
    this.#membership = new GroupMembership(cluster, options, () => this.#consumer.wake())
  }

  /** What this member reads at present. */
  get assignment(): readonly TopicPartition[] {
    return this.#assignment
  }

  /** How far this member has read, where that is known: the offsets of the next records. */
  positions(): readonly OffsetToCommit[] {
    return this.#consumer.positions()
  }

  /**
   * The next records; joins the group first when need be. May end without records before its time,
   * when the group rebalances.
   */
  async poll(options: PollOptions = {}): Promise<ConsumerRecord[]> {
    if (this.#isClosed) throw new KafkaError('INVALID_REQUEST', 'this consumer is closed')
    if (this.#membership.isJoinDue) {
      if (this.#options.autoCommitIntervalMs !== null) await this.#commitQuietly()
      await this.#join(options.signal)
    } else {
      await this.#autoCommit()
    }
    return this.#consumer.poll(options)
  }

  /**
   * Commits how far this member has read, or the offsets given.
   * @throws {KafkaError} REBALANCE_IN_PROGRESS, ILLEGAL_GENERATION or UNKNOWN_MEMBER_ID when the partitions
   *   may be somebody else's now: those records will be read again.
   */
  async commit(offsets: readonly OffsetToCommit[] = this.#consumer.positions()): Promise<void> {
    const { generation, groupInstanceId } = this.#membership
    if (generation === null) {
      throw new KafkaError('UNKNOWN_MEMBER_ID', 'this consumer is not in its group: poll first')
    }
    const news = offsets.filter(
      (entry) => this.#committed.get(partitionName(entry)) !== entry.offset,
    )
    const member = { ...generation, groupInstanceId }
    try {
      await commitOffsets(this.#cluster, this.#options.groupId, news, member)
    } catch (error) {
      this.#commitFailed(error)
      throw error
    }
    for (const entry of news) this.#committed.set(partitionName(entry), entry.offset)
  }

  /** Commits when that happens by itself, and leaves the group. Harmless twice. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    if (this.#options.autoCommitIntervalMs !== null) await this.#commitQuietly()
    await this.#membership.leave()
    this.#consumer.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #join(signal: AbortSignal | undefined): Promise<void> {
    this.#assignment = []
    this.#consumer.assign([])
    this.#committed = new Map()
    const assignment = await this.#membership.join(signal)
    const { groupId, offsetReset = 'latest' } = this.#options
    const committed = await committedOffsets(this.#cluster, groupId, assignment, { signal })
    this.#committed = new Map(committed)
    this.#assignment = assignment
    const starts = assignment.map((partition) => {
      const offset = committed.get(partitionName(partition))
      if (offset === undefined && offsetReset === 'error') {
        throw new KafkaError(
          'OFFSET_OUT_OF_RANGE',
          `group ${groupId} has committed no offset for ${partitionName(partition)}`,
        )
      }
      return { ...partition, start: offset ?? (offsetReset === 'error' ? 'latest' : offsetReset) }
    })
    this.#consumer.assign(starts)
    this.#nextCommitAt = this.#now() + (this.#options.autoCommitIntervalMs ?? 5_000)
  }

  async #autoCommit(): Promise<void> {
    const { autoCommitIntervalMs = 5_000 } = this.#options
    if (autoCommitIntervalMs === null || this.#now() < this.#nextCommitAt) return
    this.#nextCommitAt = this.#now() + autoCommitIntervalMs
    await this.#commitQuietly()
  }

  /** A commit that failed is no loss: the records are read again, by whoever has them then. */
  async #commitQuietly(): Promise<void> {
    if (this.#membership.generation === null) return
    try {
      await this.commit()
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      this.#cluster.options.runtime.logger.warn('could not commit offsets', { error })
    }
  }

  #commitFailed(error: unknown): void {
    const code = error instanceof KafkaError ? error.code : null
    if (code === 'REBALANCE_IN_PROGRESS') this.#membership.giveUp(false)
    if (code === 'ILLEGAL_GENERATION' || code === 'UNKNOWN_MEMBER_ID') this.#membership.giveUp(true)
  }

  #now(): number {
    return this.#cluster.options.runtime.clock.monotonic()
  }
}
