import { KafkaError, throwIfError } from '@ottla/protocol'
import { ConsumerGroupDescribeApi } from '@ottla/protocol/messages/consumer-group-describe'
import { DeleteGroupsApi } from '@ottla/protocol/messages/delete-groups'
import { DescribeGroupsApi } from '@ottla/protocol/messages/describe-groups'
import { ListGroupsApi } from '@ottla/protocol/messages/list-groups'
import type { CallOptions, Cluster } from '../cluster/cluster.ts'
import type { TopicPartition } from '../consumer/consumer-record.ts'
import { decodeAssignment } from '../consumer/embedded-protocol.ts'
import { errorOf, retryIfAny } from './outcome.ts'

export interface ListedGroup {
  readonly groupId: string
  /** Classic, Consumer, Share or Streams, as the broker spells it. Brokers before 3.8: Classic. */
  readonly type: string
  /** Stable, Empty, … as the broker spells it; empty from brokers before 2.6. */
  readonly state: string
  /** `consumer`, `connect`, …; empty when it has never had a member. */
  readonly protocolType: string
}

export interface GroupMember {
  readonly memberId: string
  /** Of a static member (KIP-345). */
  readonly instanceId: string | null
  readonly clientId: string
  readonly host: string
  /** What it reads now. */
  readonly partitions: readonly TopicPartition[]
}

export interface DescribedGroup extends ListedGroup {
  readonly coordinatorId: number
  /** What divides the partitions: `range`, `uniform`, …; empty when nothing does. */
  readonly assignor: string
  readonly members: readonly GroupMember[]
}

export interface GroupOutcome {
  readonly groupId: string
  readonly error: KafkaError | null
}

/** All groups of the cluster, by name: every broker lists those that it coordinates. */
export async function listGroups(
  cluster: Cluster,
  options: CallOptions = {},
): Promise<readonly ListedGroup[]> {
  return cluster.call(async () => {
    const { brokers } = await cluster.refresh([])
    const lists = await Promise.all(
      [...brokers.keys()].map((nodeId) => groupsOf(cluster, nodeId, options)),
    )
    return lists.flat().sort((one, other) => (one.groupId < other.groupId ? -1 : 1))
  }, options)
}

async function groupsOf(
  cluster: Cluster,
  nodeId: number,
  { signal }: CallOptions,
): Promise<readonly ListedGroup[]> {
  const response = await cluster.send(nodeId, ListGroupsApi, () => ({}), { signal })
  throwIfError(response.errorCode)
  return response.groups.map(({ groupId, groupType, groupState, protocolType }) => ({
    groupId,
    type: groupType === '' ? 'Classic' : groupType,
    state: groupState,
    protocolType,
  }))
}

/**
 * A group with its members.
 *
 * @param group As listed: its type says which API describes it.
 * @throws {KafkaError} GROUP_ID_NOT_FOUND; INVALID_REQUEST for a share or streams group.
 */
export async function describeGroup(
  cluster: Cluster,
  group: Pick<ListedGroup, 'groupId' | 'type'>,
  options: CallOptions = {},
): Promise<DescribedGroup> {
  const type = group.type.toLowerCase()
  if (type !== 'classic' && type !== 'consumer') {
    throw new KafkaError(
      'INVALID_REQUEST',
      `${group.groupId} is a ${type} group; only classic and consumer groups can be described`,
    )
  }
  const describe = type === 'consumer' ? describeConsumerGroup : describeClassicGroup
  return cluster.call(() => describe(cluster, group.groupId, options), options)
}

async function describeConsumerGroup(
  cluster: Cluster,
  groupId: string,
  { signal }: CallOptions,
): Promise<DescribedGroup> {
  const coordinatorId = await cluster.coordinator(groupId, 'group', signal)
  const body = { groupIds: [groupId], includeAuthorizedOperations: false }
  const response = await cluster.send(coordinatorId, ConsumerGroupDescribeApi, () => body, {
    signal,
  })
  const group = onlyOne(response.groups)
  throwIfError(group.errorCode, group.errorMessage)
  return {
    groupId,
    type: 'Consumer',
    state: group.groupState,
    protocolType: 'consumer',
    coordinatorId,
    assignor: group.assignorName,
    members: group.members.map((member) => ({
      memberId: member.memberId,
      instanceId: member.instanceId,
      clientId: member.clientId,
      host: member.clientHost,
      partitions: member.assignment.topicPartitions.flatMap(({ topicName, partitions }) =>
        partitions.map((partition) => ({ topic: topicName, partition })),
      ),
    })),
  }
}

async function describeClassicGroup(
  cluster: Cluster,
  groupId: string,
  { signal }: CallOptions,
): Promise<DescribedGroup> {
  const coordinatorId = await cluster.coordinator(groupId, 'group', signal)
  const body = { groups: [groupId] }
  const response = await cluster.send(coordinatorId, DescribeGroupsApi, () => body, { signal })
  const group = onlyOne(response.groups)
  throwIfError(group.errorCode, group.errorMessage)
  // Before version 6 a group that does not exist is a dead one.
  if (group.groupState === 'Dead') {
    throw new KafkaError('GROUP_ID_NOT_FOUND', `there is no group ${groupId}`)
  }
  const isOfConsumers = group.protocolType === 'consumer'
  return {
    groupId,
    type: 'Classic',
    state: group.groupState,
    protocolType: group.protocolType,
    coordinatorId,
    assignor: group.protocolData,
    members: group.members.map((member) => ({
      memberId: member.memberId,
      instanceId: member.groupInstanceId,
      clientId: member.clientId,
      host: member.clientHost,
      // What other kinds of members tell each other is their own affair.
      partitions: isOfConsumers ? decodeAssignment(member.memberAssignment) : [],
    })),
  }
}

/** Deletes groups that have no members, with their offsets; one that failed has its error in the result. */
export async function deleteGroups(
  cluster: Cluster,
  groupIds: readonly string[],
  options: CallOptions = {},
): Promise<readonly GroupOutcome[]> {
  const { signal } = options
  // One by one: each may have another coordinator.
  return Promise.all(
    groupIds.map((groupId) =>
      cluster.call(async () => {
        const coordinatorId = await cluster.coordinator(groupId, 'group', signal)
        const body = { groupsNames: [groupId] }
        const response = await cluster.send(coordinatorId, DeleteGroupsApi, () => body, { signal })
        const error = errorOf(onlyOne(response.results).errorCode)
        retryIfAny([error])
        return { groupId, error }
      }, options),
    ),
  )
}

function onlyOne<T>(items: readonly T[]): T {
  const [item] = items
  if (item === undefined) {
    throw new KafkaError('UNKNOWN_SERVER_ERROR', 'the coordinator answered without the group')
  }
  return item
}
