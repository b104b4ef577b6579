import { errorNumber, KafkaError, NO_ERROR } from '@ottla/protocol'
import {
  DeleteRecordsRequest,
  DeleteRecordsResponse,
  type DeleteRecordsPartitionResultInput,
  type DeleteRecordsResponseInput,
} from '@ottla/protocol/messages/delete-records'
import { isInternalTopic } from '../internal-topics.ts'
import { type AnyApi, defineApi } from '../network/api.ts'
import type { RequestContext } from '../network/request-context.ts'

/** The offset that asks for the high watermark. */
const HIGH_WATERMARK = -1
const NO_LOW_WATERMARK = -1

/**
 * DeleteRecords (key 21), versions 0–2.
 *
 * Raises each partition's log start offset, never above the high watermark, and answers what it is then
 * (KIP-107). What is below it cannot be read from that moment on, nor after a crash: the new log start
 * offsets are on disk before the answer. (Kafka writes them within a minute and relies on other replicas
 * meanwhile.) The bytes go later, when retention deletes the segments wholly below.
 *
 *   v1  a throttled answer is sent before the client is muted (KIP-219)
 *   v2  flexible encoding (KIP-482)
 *
 * A partition named twice counts as it is named last. What is left out: waiting for followers.
 */
export const deleteRecordsApi: AnyApi = defineApi({
  request: DeleteRecordsRequest,
  response: DeleteRecordsResponse,
  handle: deleteRecords,
  refuse: (request, { errorCode }) => answer(request, () => failure(errorCode)),
})

async function deleteRecords(
  request: DeleteRecordsRequest,
  context: RequestContext,
): Promise<DeleteRecordsResponseInput> {
  let isAnyMoved = false
  const response = answer(request, (topic, partitionIndex, offset) => {
    try {
      const lowWatermark = deleteBefore(topic, partitionIndex, offset, context)
      isAnyMoved = true
      return { lowWatermark, errorCode: NO_ERROR }
    } catch (error) {
      return failure(context.asKafkaError(error).errorCode)
    }
  })
  if (isAnyMoved) await context.logStarts.checkpointLogStartOffsets()
  for (const { name, partitions } of response.topics) {
    for (const result of partitions) {
      // It is not written down where the disk failed meanwhile.
      const isLost = context.replicas.find(name, result.partitionIndex)?.log.isFailed ?? true
      if (result.errorCode === NO_ERROR && isLost) {
        Object.assign(result, failure(errorNumber('KAFKA_STORAGE_ERROR')))
      }
    }
  }
  return response
}

/** @returns The low watermark: the log start offset that all live replicas have reached. */
function deleteBefore(
  topic: string,
  partitionIndex: number,
  offset: number,
  { replicas, metadata }: RequestContext,
): number {
  // It says so also of internal topics that are not there.
  if (!metadata.hasPartition(topic, partitionIndex)) {
    throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION')
  }
  if (isInternalTopic(topic)) throw new KafkaError('INVALID_TOPIC_EXCEPTION')
  const partition = replicas.leader(topic, partitionIndex, metadata)
  const { cleanupPolicy } = partition.settings
  if (cleanupPolicy.includes('compact') && !cleanupPolicy.includes('delete')) {
    throw new KafkaError('POLICY_VIOLATION')
  }
  const target = offset === HIGH_WATERMARK ? partition.highWatermark : offset
  if (target < 0) throw new KafkaError('OFFSET_OUT_OF_RANGE')
  return partition.deleteRecordsBefore(target)
}

type Result = Omit<DeleteRecordsPartitionResultInput, 'partitionIndex'>

function failure(errorCode: number): Result {
  return { lowWatermark: NO_LOW_WATERMARK, errorCode }
}

/** Topics and partitions are answered once, however often they are named. */
function answer(
  { topics }: DeleteRecordsRequest,
  of: (topic: string, partitionIndex: number, offset: number) => Result,
): DeleteRecordsResponseInput {
  const offsets = new Map<string, Map<number, number>>()
  for (const { name, partitions } of topics) {
    for (const { partitionIndex, offset } of partitions) {
      let ofTopic = offsets.get(name)
      if (ofTopic === undefined) offsets.set(name, (ofTopic = new Map()))
      ofTopic.set(partitionIndex, Number(offset))
    }
  }
  return {
    throttleTimeMs: 0,
    topics: Array.from(offsets, ([name, ofTopic]) => ({
      name,
      partitions: Array.from(ofTopic, ([partitionIndex, offset]) => ({
        partitionIndex,
        ...of(name, partitionIndex, offset),
      })),
    })),
  }
}
