import { NO_ERROR } from '@ottla/protocol'
import {
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse,
  type OngoingTopicReassignmentInput,
} from '@ottla/protocol/messages/list-partition-reassignments'
import { type AnyApi, defineApi } from '../network/api.ts'
import type { RequestContext } from '../network/request-context.ts'

/**
 * ListPartitionReassignments (key 46), version 0 (KIP-455).
 *
 * Partitions whose replicas are on the move, of all topics (null) or of those named; one that is not, or
 * that does not exist, is left out.
 */
export const listPartitionReassignmentsApi: AnyApi = defineApi({
  request: ListPartitionReassignmentsRequest,
  response: ListPartitionReassignmentsResponse,
  handle: (request, context) => ({
    throttleTimeMs: 0,
    errorCode: NO_ERROR,
    errorMessage: null,
    topics: [...reassignments(request, context)],
  }),
  refuse: (_request, { errorCode, message }) => ({
    throttleTimeMs: 0,
    errorCode,
    errorMessage: message,
    topics: [],
  }),
})

function* reassignments(
  { topics }: ListPartitionReassignmentsRequest,
  { metadata }: RequestContext,
): Generator<OngoingTopicReassignmentInput> {
  const asked =
    topics ??
    Array.from(metadata.image.topics(), ({ name, partitions }) => ({
      name,
      partitionIndexes: [...partitions.keys()],
    }))
  for (const { name, partitionIndexes } of asked) {
    const topic = metadata.topic(name)
    const partitions = partitionIndexes.flatMap((partitionIndex) => {
      const partition = topic?.partitions[partitionIndex]
      if (partition === undefined) return []
      const { replicas, addingReplicas, removingReplicas } = partition
      if (addingReplicas.length === 0 && removingReplicas.length === 0) return []
      return [
        {
          partitionIndex,
          replicas: [...replicas],
          addingReplicas: [...addingReplicas],
          removingReplicas: [...removingReplicas],
        },
      ]
    })
    if (partitions.length > 0) yield { name, partitions }
  }
}
