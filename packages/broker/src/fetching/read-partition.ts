import { KafkaError, NO_ERROR, ZERO_UUID } from '@ottla/protocol'
import type { PartitionDataInput } from '@ottla/protocol/messages/fetch'
import type { AbortedTransaction, LogSlice } from '@ottla/storage'
import { currentLeaderOf } from '../apis/leader-hint.ts'
import type { RequestContext } from '../network/request-context.ts'
import type { Partition } from '../partitions/partition.ts'
import type { FetchedPartition } from './fetch-session.ts'

export interface ReadLimits {
  /** What is left of the request's limit. */
  readonly bytesLeft: number
  /** The first batch goes out even if it is larger than every limit (KIP-74). */
  readonly minOneBatch: boolean
  /** Up to the last stable offset instead of the high watermark. */
  readonly isCommittedOnly: boolean
  /** A follower reads up to the log end offset. */
  readonly isReplica: boolean
  readonly context: RequestContext
}

export interface PartitionRead {
  readonly wanted: FetchedPartition
  readonly data: PartitionDataInput
  readonly sizeBytes: number
  /** Whose bytes `data` has: to be released once they have left. */
  readonly slice: LogSlice | undefined
  /** A divergence or an error of a partition that is there: answered at once, however few bytes. */
  readonly isUrgent: boolean
  /** What to watch for more; undefined after an error. */
  readonly partition: Partition | undefined
}

/**
 * Kafka finds these before it reads: it says "no aborted transactions", not null, and lets the client
 * wait for its other partitions (one that asks for a deleted topic must not ask without pause).
 */
const unknownPartition = new Set<string>(['UNKNOWN_TOPIC_ID', 'UNKNOWN_TOPIC_OR_PARTITION'])

const NO_RECORDS: readonly Buffer[] = []

/** Reads one partition of a fetch; a promise only where the disk must be read. */
export function readPartition(
  wanted: FetchedPartition,
  limits: ReadLimits,
): PartitionRead | Promise<PartitionRead> {
  try {
    const partition = leaderOf(wanted, limits.context)
    const diverging = divergence(partition, wanted)
    if (diverging !== undefined) {
      const data = { ...describe(partition, wanted, limits), divergingEpoch: diverging }
      return { wanted, data, sizeBytes: 0, slice: undefined, isUrgent: true, partition }
    }
    const bound = limits.isReplica
      ? partition.log.logEndOffset
      : limits.isCommittedOnly
        ? partition.lastStableOffset
        : partition.highWatermark
    const maxBytes = Math.max(0, Math.min(wanted.maxBytes, limits.bytesLeft))
    const slice = partition.read(wanted.fetchOffset, maxBytes, bound, limits.minOneBatch)
    if (slice instanceof Promise) {
      return slice.then(
        (read) => withAborted(partition, wanted, limits, read),
        (error: unknown) => failure(wanted, error, limits.context),
      )
    }
    return withAborted(partition, wanted, limits, slice)
  } catch (error) {
    return failure(wanted, error, limits.context)
  }
}

function leaderOf(wanted: FetchedPartition, context: RequestContext): Partition {
  if (wanted.topic === null) throw new KafkaError('UNKNOWN_TOPIC_ID')
  const partition = context.replicas.leader(wanted.topic, wanted.index, context.metadata)
  if (wanted.topicId !== ZERO_UUID && wanted.topicId !== partition.topicId) {
    throw new KafkaError('INCONSISTENT_TOPIC_ID', `${partition.name} has another topic id`)
  }
  partition.checkLeaderEpoch(wanted.currentLeaderEpoch)
  return partition
}

/**
 * Where this log parts from the reader's: the reader's last epoch ended here before the offset that
 * it asks for, or never was (KIP-595).
 */
function divergence(
  partition: Partition,
  { lastFetchedEpoch, fetchOffset }: FetchedPartition,
): { epoch: number; endOffset: number } | undefined {
  if (lastFetchedEpoch < 0) return undefined
  const end = partition.log.endOffsetForEpoch(lastFetchedEpoch)
  if (end.epoch < 0) {
    throw new KafkaError(
      'OFFSET_OUT_OF_RANGE',
      `${partition.name} has no leader epoch up to ${lastFetchedEpoch}`,
    )
  }
  if (end.epoch === lastFetchedEpoch && end.endOffset >= fetchOffset) return undefined
  return end
}

function describe(
  partition: Partition,
  wanted: FetchedPartition,
  limits: ReadLimits,
): PartitionDataInput {
  return {
    partitionIndex: wanted.index,
    errorCode: NO_ERROR,
    highWatermark: partition.highWatermark,
    lastStableOffset: partition.lastStableOffset,
    logStartOffset: partition.log.logStartOffset,
    abortedTransactions: tellsAborted(limits) ? [] : null,
    records: NO_RECORDS,
  }
}

/** A follower wants all records, whatever isolation it names. */
function tellsAborted({ isCommittedOnly, isReplica }: ReadLimits): boolean {
  return isCommittedOnly && !isReplica
}

/** A reader of committed records is told which of those that it gets were aborted. */
function withAborted(
  partition: Partition,
  wanted: FetchedPartition,
  limits: ReadLimits,
  slice: LogSlice,
): PartitionRead | Promise<PartitionRead> {
  const answer = (aborted: readonly AbortedTransaction[]): PartitionRead =>
    success(partition, wanted, limits, slice, aborted)
  if (!tellsAborted(limits) || slice.sizeBytes === 0) return answer([])
  const refuse = (error: unknown): PartitionRead => {
    slice.release()
    return failure(wanted, error, limits.context)
  }
  try {
    const aborted = partition.log.abortedTransactions(wanted.fetchOffset, slice.nextOffset)
    return aborted instanceof Promise ? aborted.then(answer, refuse) : answer(aborted)
  } catch (error) {
    return refuse(error)
  }
}

function success(
  partition: Partition,
  wanted: FetchedPartition,
  limits: ReadLimits,
  slice: LogSlice,
  aborted: readonly AbortedTransaction[],
): PartitionRead {
  const data = describe(partition, wanted, limits)
  data.records = slice.records
  if (aborted.length > 0) {
    data.abortedTransactions = aborted.map(({ producerId, firstOffset }) => ({
      producerId: BigInt(producerId),
      firstOffset: BigInt(firstOffset),
    }))
  }
  return { wanted, data, sizeBytes: slice.sizeBytes, slice, isUrgent: false, partition }
}

function failure(wanted: FetchedPartition, cause: unknown, context: RequestContext): PartitionRead {
  const error = context.asKafkaError(cause)
  if (wanted.topic !== null) {
    context.replicas.find(wanted.topic, wanted.index)?.traffic.countFailedFetch()
  }
  const data: PartitionDataInput = {
    partitionIndex: wanted.index,
    errorCode: error.errorCode,
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: -1,
    abortedTransactions: unknownPartition.has(error.code) ? [] : null,
    records: NO_RECORDS,
  }
  if (
    context.apiVersion >= 12 &&
    wanted.topic !== null &&
    (error.code === 'NOT_LEADER_OR_FOLLOWER' || error.code === 'FENCED_LEADER_EPOCH')
  ) {
    const leader = currentLeaderOf(context.metadata, wanted.topic, wanted.index)
    if (leader !== undefined) data.currentLeader = leader
  }
  return {
    wanted,
    data,
    sizeBytes: 0,
    slice: undefined,
    isUrgent: !unknownPartition.has(error.code),
    partition: undefined,
  }
}
