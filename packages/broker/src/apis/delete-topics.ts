import { DeleteTopicsRequest, DeleteTopicsResponse } from '@ottla/protocol/messages/delete-topics'
import { KafkaError } from '@ottla/protocol'
import { type AnyApi, defineApi } from '../network/api.ts'
import { withMutationQuota } from '../quotas/with-mutation-quota.ts'

/**
 * DeleteTopics (key 20), versions 1–6.
 *
 * By name, from v6 by id too. Answers once this broker no longer shows the topics; their files go
 * after `file.delete.delay.ms`. With `delete.topic.enable=false` everything is refused.
 *
 *   v4  flexible      v5  error messages, throttled above the controller's mutation quota (KIP-599)
 *   v6  topic ids (KIP-516)
 */
export const deleteTopicsApi: AnyApi = defineApi({
  request: DeleteTopicsRequest,
  response: DeleteTopicsResponse,
  handle: (request, context) => {
    const { controller, settings, apiVersion } = context
    if (!settings.deleteTopicEnable) {
      // Clients before v3 know no better error for it.
      throw new KafkaError(apiVersion < 3 ? 'INVALID_REQUEST' : 'TOPIC_DELETION_DISABLED')
    }
    return withMutationQuota(context, apiVersion >= 5, (charge) =>
      controller.deleteTopics(request, apiVersion, { charge }),
    )
  },
  waitsForOthers: true,
  refuse: ({ topics, topicNames }, error) => {
    const { errorCode, message: errorMessage } = error
    return {
      responses: [
        ...topicNames.map((name) => ({ name, errorCode, errorMessage })),
        ...topics.map(({ name, topicId }) => ({ name, topicId, errorCode, errorMessage })),
      ],
    }
  },
})
