import { once } from 'node:events'
import { connect } from 'node:net'
import { decodeResponse, encodeRequest, ZERO_UUID, type MessageCodec } from '@ottla/protocol'
import { CreateTopicsRequest, CreateTopicsResponse } from '@ottla/protocol/messages/create-topics'
import { DeleteGroupsRequest, DeleteGroupsResponse } from '@ottla/protocol/messages/delete-groups'
import {
  DescribeGroupsRequest,
  DescribeGroupsResponse,
} from '@ottla/protocol/messages/describe-groups'
import {
  FindCoordinatorRequest,
  FindCoordinatorResponse,
} from '@ottla/protocol/messages/find-coordinator'
import { HeartbeatRequest, HeartbeatResponse } from '@ottla/protocol/messages/heartbeat'
import { JoinGroupRequest, JoinGroupResponse } from '@ottla/protocol/messages/join-group'
import { LeaveGroupRequest, LeaveGroupResponse } from '@ottla/protocol/messages/leave-group'
import { ListGroupsRequest, ListGroupsResponse } from '@ottla/protocol/messages/list-groups'
import { MetadataRequest, MetadataResponse } from '@ottla/protocol/messages/metadata'
import { OffsetCommitRequest, OffsetCommitResponse } from '@ottla/protocol/messages/offset-commit'
import { OffsetDeleteRequest, OffsetDeleteResponse } from '@ottla/protocol/messages/offset-delete'
import { OffsetFetchRequest, OffsetFetchResponse } from '@ottla/protocol/messages/offset-fetch'
import { SyncGroupRequest, SyncGroupResponse } from '@ottla/protocol/messages/sync-group'
import type { RequestOrigin } from '../../src/index.ts'
import type { GroupService } from './group-service.ts'

/** A broker's groups over the wire; every request has a connection of its own, for some are parked. */
export function kafkaService(port: number): GroupService {
  async function ask<
    Request extends RequestInput,
    RequestInput,
    Response extends ResponseInput,
    ResponseInput,
  >(
    requests: MessageCodec<Request, RequestInput>,
    responses: MessageCodec<Response, ResponseInput>,
    version: number,
    request: RequestInput,
    clientId = 'test',
  ): Promise<Response> {
    const socket = connect(port, '127.0.0.1')
    try {
      socket.write(
        Buffer.concat(encodeRequest(requests, { correlationId: 1, clientId, version }, request)),
      )
      let received = Buffer.alloc(0)
      while (received.length < 4 || received.length < 4 + received.readInt32BE(0)) {
        const [chunk] = (await once(socket, 'data', { signal: AbortSignal.timeout(400_000) })) as [
          Buffer,
        ]
        received = Buffer.concat([received, chunk])
      }
      return decodeResponse(responses, 1, version, received.subarray(4))
    } finally {
      socket.destroy()
    }
  }
  const client = ({ clientId }: RequestOrigin) => clientId ?? ''

  return {
    joinGroup: (request, origin) =>
      ask(JoinGroupRequest, JoinGroupResponse, origin.apiVersion, request, client(origin)),
    syncGroup: (request, origin) =>
      ask(SyncGroupRequest, SyncGroupResponse, origin.apiVersion, request, client(origin)),
    heartbeat: (request) => ask(HeartbeatRequest, HeartbeatResponse, 4, request),
    leaveGroup: (request, origin) =>
      ask(
        LeaveGroupRequest,
        LeaveGroupResponse,
        origin.apiVersion,
        origin.apiVersion < 3 ? { ...request, members: [] } : { ...request, memberId: '' },
      ),
    commitOffsets: (request, { apiVersion }) =>
      ask(OffsetCommitRequest, OffsetCommitResponse, apiVersion, request),
    fetchOffsets: async (group, { apiVersion }) => {
      if (apiVersion >= 8) {
        const { groups } = await ask(OffsetFetchRequest, OffsetFetchResponse, apiVersion, {
          groups: [group],
        })
        return groups[0]!
      }
      const answer = await ask(OffsetFetchRequest, OffsetFetchResponse, apiVersion, {
        groupId: group.groupId,
        topics:
          group.topics?.map(({ name, partitionIndexes }) => ({ name, partitionIndexes })) ?? null,
      })
      return {
        groupId: group.groupId,
        errorCode: answer.errorCode,
        topics: answer.topics.map((topic) => ({ ...topic, topicId: ZERO_UUID })),
      }
    },
    deleteOffsets: (request) => ask(OffsetDeleteRequest, OffsetDeleteResponse, 0, request),
    listGroups: async (request) => [
      ...(await ask(ListGroupsRequest, ListGroupsResponse, 5, request)).groups,
    ],
    describeGroups: async (groups, { apiVersion }) => [
      ...(
        await ask(DescribeGroupsRequest, DescribeGroupsResponse, apiVersion, {
          groups: [...groups],
        })
      ).groups,
    ],
    deleteGroups: async (groupsNames) => [
      ...(
        await ask(DeleteGroupsRequest, DeleteGroupsResponse, 2, { groupsNames: [...groupsNames] })
      ).results,
    ],
    makeTopics: async (names) => {
      await ask(CreateTopicsRequest, CreateTopicsResponse, 5, {
        topics: names.map((name) => ({
          name,
          numPartitions: 4,
          replicationFactor: 1,
          assignments: [],
          configs: [],
        })),
        timeoutMs: 10_000,
      })
      // Asking for a coordinator makes __consumer_offsets.
      for (;;) {
        const { coordinators } = await ask(FindCoordinatorRequest, FindCoordinatorResponse, 4, {
          keyType: 0,
          coordinatorKeys: ['g'],
        })
        const tried = await ask(ListGroupsRequest, ListGroupsResponse, 5, {
          statesFilter: [],
          typesFilter: [],
        })
        if (coordinators[0]!.errorCode === 0 && tried.errorCode === 0) break
        await new Promise((resolve) => setTimeout(resolve, 200))
      }
      const { topics } = await ask(MetadataRequest, MetadataResponse, 12, {
        topics: names.map((name) => ({ name })),
      })
      return new Map(topics.map(({ name, topicId }) => [name!, topicId]))
    },
  }
}
