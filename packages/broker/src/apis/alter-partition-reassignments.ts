import {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
} from '@ottla/protocol/messages/alter-partition-reassignments'
import { type AnyApi, defineApi } from '../network/api.ts'

/**
 * AlterPartitionReassignments (key 45), versions 0–1.
 *
 * Handed to the controller, which answers partition by partition (KIP-455).
 *
 *   v1  whether the number of replicas may change (KIP-860)
 */
export const alterPartitionReassignmentsApi: AnyApi = defineApi({
  request: AlterPartitionReassignmentsRequest,
  response: AlterPartitionReassignmentsResponse,
  handle: (request, { controller }) => controller.alterPartitionReassignments(request),
  waitsForOthers: true,
  refuse: (_request, { errorCode, message }) => ({
    throttleTimeMs: 0,
    errorCode,
    errorMessage: message,
    responses: [],
  }),
})
