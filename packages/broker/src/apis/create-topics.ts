import { CreateTopicsRequest, CreateTopicsResponse } from '@ottla/protocol/messages/create-topics'
import { type AnyApi, defineApi } from '../network/api.ts'
import { withMutationQuota } from '../quotas/with-mutation-quota.ts'

/**
 * CreateTopics (key 19), versions 2–7.
 *
 * Handed to the controller, which decides topic by topic: one that is refused does not hinder the
 * others. Answers once this broker's own image shows the topics.
 *
 *   v4  -1 for the default partitions and replication factor      v5  flexible; the topic's configs
 *   v6  throttled above the controller's mutation quota (KIP-599) v7  topic id
 */
export const createTopicsApi: AnyApi = defineApi({
  request: CreateTopicsRequest,
  response: CreateTopicsResponse,
  handle: (request, context) =>
    withMutationQuota(context, context.apiVersion >= 6, (charge) =>
      context.controller.createTopics(request, { charge }),
    ),
  waitsForOthers: true,
  refuse: ({ topics }, error) => ({
    topics: topics.map(({ name }) => ({
      name,
      errorCode: error.errorCode,
      errorMessage: error.message,
    })),
  }),
})
