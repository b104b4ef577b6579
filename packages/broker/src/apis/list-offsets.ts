import { KafkaError, nearestInt64, NO_ERROR } from '@ottla/protocol'
import {
  type ListOffsetsPartition,
  type ListOffsetsPartitionResponseInput,
  ListOffsetsResponse,
  ListOffsetsRequest,
  type ListOffsetsResponseInput,
} from '@ottla/protocol/messages/list-offsets'
import { type AnyApi, defineApi } from '../network/api.ts'
import type { RequestContext } from '../network/request-context.ts'
import type { Partition } from '../partitions/partition.ts'

/** Timestamps that ask for a place in the log instead of a time. */
const LATEST = -1
const EARLIEST = -2
const MAX_TIMESTAMP = -3
const EARLIEST_LOCAL = -4
const LATEST_TIERED = -5
const EARLIEST_PENDING_UPLOAD = -6

/** The first version in which each may be asked. */
const firstVersionOf: Readonly<Record<number, number>> = {
  [MAX_TIMESTAMP]: 7,
  [EARLIEST_LOCAL]: 8,
  [LATEST_TIERED]: 9,
  [EARLIEST_PENDING_UPLOAD]: 11,
}

/** A replica id that asks for the log end offset, past the high watermark, as tools do. */
const DEBUGGING_CONSUMER = -2
const READ_COMMITTED = 1

/**
 * ListOffsets (key 2), versions 1–11.
 *
 * The earliest, the latest, or the first offset at or after a time. "Latest" is the high watermark, or
 * the last stable offset for read_committed; nothing at or past it is ever answered. A time that no
 * record reaches is answered with offset -1.
 *
 *   v2  isolation level      v4  leader epoch (KIP-320)      v6  flexible
 *   v7  max timestamp (KIP-734)      v8  earliest local (KIP-405)      v9  latest tiered (KIP-1005)
 *   v10 timeout for tiered reads     v11 earliest pending upload (KIP-1023)
 *
 * There is no tiered storage: the earliest local offset is the log start offset, and what would lie
 * in tiered storage is answered with offset -1.
 */
export const listOffsetsApi: AnyApi = defineApi({
  request: ListOffsetsRequest,
  response: ListOffsetsResponse,
  handle: listOffsets,
})

async function listOffsets(
  request: ListOffsetsRequest,
  context: RequestContext,
): Promise<ListOffsetsResponseInput> {
  const seen = new Set<string>()
  const twice = new Set<string>()
  for (const { name, partitions } of request.topics) {
    for (const { partitionIndex } of partitions) {
      const key = `${name}\n${partitionIndex}`
      if (seen.has(key)) twice.add(key)
      seen.add(key)
    }
  }

  // A partition named twice is refused, once.
  const topics: { name: string; partitions: ListOffsetsPartitionResponseInput[] }[] = []
  for (const { name, partitions } of request.topics) {
    const answers: ListOffsetsPartitionResponseInput[] = []
    for (const asked of partitions) {
      if (answers.some(({ partitionIndex }) => partitionIndex === asked.partitionIndex)) continue
      try {
        if (twice.has(`${name}\n${asked.partitionIndex}`)) throw new KafkaError('INVALID_REQUEST')
        answers.push(await offsetFor(name, asked, request, context))
      } catch (error) {
        answers.push({
          partitionIndex: asked.partitionIndex,
          errorCode: context.asKafkaError(error).errorCode,
          timestamp: -1,
          offset: -1,
          leaderEpoch: -1,
        })
      }
    }
    topics.push({ name, partitions: answers })
  }
  return { throttleTimeMs: 0, topics }
}

async function offsetFor(
  topic: string,
  { partitionIndex, currentLeaderEpoch, timestamp: wanted }: ListOffsetsPartition,
  { replicaId, isolationLevel }: ListOffsetsRequest,
  { replicas, metadata, apiVersion }: RequestContext,
): Promise<ListOffsetsPartitionResponseInput> {
  const timestamp = Number(wanted)
  if (
    timestamp < 0 &&
    (timestamp < EARLIEST_PENDING_UPLOAD || apiVersion < (firstVersionOf[timestamp] ?? 0))
  ) {
    throw new KafkaError('UNSUPPORTED_VERSION')
  }
  const partition = replicas.leader(topic, partitionIndex, metadata)
  partition.checkLeaderEpoch(currentLeaderEpoch)

  const bound =
    replicaId === DEBUGGING_CONSUMER || replicaId >= 0
      ? partition.log.logEndOffset
      : isolationLevel === READ_COMMITTED
        ? partition.lastStableOffset
        : partition.highWatermark
  const found = await lookUp(partition, timestamp, bound)
  const { offset, leaderEpoch } = found
  return {
    partitionIndex,
    errorCode: NO_ERROR,
    timestamp: nearestInt64(found.timestamp),
    offset,
    ...(apiVersion >= 4 ? { leaderEpoch } : {}),
  }
}

interface Found {
  readonly timestamp: number
  readonly offset: number
  readonly leaderEpoch: number
}

const NOTHING: Found = { timestamp: -1, offset: -1, leaderEpoch: -1 }

async function lookUp(partition: Partition, timestamp: number, bound: number): Promise<Found> {
  const { log } = partition
  switch (timestamp) {
    case LATEST:
      return { timestamp: -1, offset: bound, leaderEpoch: partition.leaderEpoch }
    case EARLIEST:
    case EARLIEST_LOCAL: {
      const offset = log.logStartOffset
      return { timestamp: -1, offset, leaderEpoch: log.epochAt(offset) }
    }
    case LATEST_TIERED:
    case EARLIEST_PENDING_UPLOAD:
      return NOTHING
    default: {
      const found = await partition.findByTimestamp(timestamp === MAX_TIMESTAMP ? null : timestamp)
      return found === null || found.offset >= bound ? NOTHING : found
    }
  }
}
