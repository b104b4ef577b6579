import { OffsetCommitRequest, OffsetCommitResponse } from '@ottla/protocol/messages/offset-commit'
import { type AnyApi, defineApi } from '../network/api.ts'

/**
 * OffsetCommit (key 8), versions 2–10.
 *
 * Keeps a group's offsets, each with its metadata and leader epoch.
 *
 *   v2–4 the client's own retention time      v6  leader epoch      v7  static members
 *   v8  flexible      v9  newer group protocol's errors      v10 topic ids (KIP-848)
 */
export const offsetCommitApi: AnyApi = defineApi({
  request: OffsetCommitRequest,
  response: OffsetCommitResponse,
  handle: (request, context) => context.groups.of(request.groupId).commitOffsets(request, context),
  refuse: ({ topics }, { errorCode }) => ({
    topics: topics.map(({ name, topicId, partitions }) => ({
      name,
      topicId,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    })),
  }),
})
