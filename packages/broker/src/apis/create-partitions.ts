import {
  CreatePartitionsRequest,
  CreatePartitionsResponse,
} from '@ottla/protocol/messages/create-partitions'
import { type AnyApi, defineApi } from '../network/api.ts'
import { withMutationQuota } from '../quotas/with-mutation-quota.ts'

/**
 * CreatePartitions (key 37), versions 0–3.
 *
 * Handed to the controller, which decides topic by topic: one that is refused does not hinder the
 * others. Answers once the new partitions can be used here.
 *
 *   v2  flexible      v3  throttled above the controller's mutation quota (KIP-599)
 */
export const createPartitionsApi: AnyApi = defineApi({
  request: CreatePartitionsRequest,
  response: CreatePartitionsResponse,
  handle: (request, context) =>
    withMutationQuota(context, context.apiVersion >= 3, (charge) =>
      context.controller.createPartitions(request, { charge }),
    ),
  waitsForOthers: true,
  refuse: ({ topics }, { errorCode, message }) => ({
    throttleTimeMs: 0,
    results: topics.map(({ name }) => ({ name, errorCode, errorMessage: message })),
  }),
})
