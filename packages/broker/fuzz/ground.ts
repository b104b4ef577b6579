import { CreateTopicsApi } from '@ottla/protocol/messages/create-topics'
import { FindCoordinatorApi } from '@ottla/protocol/messages/find-coordinator'
import { InitProducerIdApi } from '@ottla/protocol/messages/init-producer-id'
import { JoinGroupApi } from '@ottla/protocol/messages/join-group'
import { MetadataApi } from '@ottla/protocol/messages/metadata'
import { ProduceApi } from '@ottla/protocol/messages/produce'
import { SyncGroupApi } from '@ottla/protocol/messages/sync-group'
import { encodeBatch } from '@ottla/records'
import type { Peer } from './peer.ts'
import { FUZZED_GROUP, fuzzedTopics, type Pools } from './pools.ts'

const topicConfigs: Readonly<Record<string, readonly { name: string; value: string }[]>> = {
  compacted: [{ name: 'cleanup.policy', value: 'compact' }],
  stamped: [
    { name: 'message.timestamp.type', value: 'LogAppendTime' },
    { name: 'compression.type', value: 'zstd' },
  ],
}

/**
 * Topics, records, producer ids and a member of a group: what the fuzzer's requests can mean. Laid again
 * from time to time, since those requests also delete topics and end memberships.
 */
export async function layGround(peer: Peer, pools: Pools, now: number): Promise<void> {
  await peer.request(CreateTopicsApi, 7, {
    topics: [...fuzzedTopics].map(([name, numPartitions]) => ({
      name,
      numPartitions,
      replicationFactor: 1,
      assignments: [],
      configs: topicConfigs[name] ?? [],
    })),
    timeoutMs: 10_000,
    validateOnly: false,
  })
  pools.learn(
    await peer.request(InitProducerIdApi, 4, {
      transactionalId: null,
      transactionTimeoutMs: 0,
      producerId: -1,
      producerEpoch: -1,
    }),
  )
  const topics = [...fuzzedTopics.keys()].map((name) => ({ name }))
  pools.learn(
    await peer.request(MetadataApi, 12, {
      topics,
      allowAutoTopicCreation: false,
      includeTopicAuthorizedOperations: false,
    }),
  )
  await writeRecords(peer, now)
  await becomeMember(peer, pools)
}

async function writeRecords(peer: Peer, timestamp: number): Promise<void> {
  const value = Buffer.from('laid')
  const records = encodeBatch({ records: [{ timestamp, key: value, value, headers: [] }] })
  await peer.request(ProduceApi, 9, {
    transactionalId: null,
    acks: 1,
    timeoutMs: 1_000,
    topicData: [...fuzzedTopics].map(([name, count]) => ({
      name,
      partitionData: Array.from({ length: count }, (_, index) => ({ index, records })),
    })),
  })
}

/** As far as the group lets it: others that the fuzzer made members may keep it waiting. */
async function becomeMember(peer: Peer, pools: Pools): Promise<void> {
  const groupId = FUZZED_GROUP
  await peer.request(FindCoordinatorApi, 4, { keyType: 0, coordinatorKeys: [groupId] })
  const request = {
    groupId,
    sessionTimeoutMs: 30_000,
    rebalanceTimeoutMs: 1_000,
    memberId: '',
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.from('topics') }],
  }
  const { memberId } = await peer.request(JoinGroupApi, 6, request)
  const joined = await peer.request(JoinGroupApi, 6, { ...request, memberId })
  pools.learn(joined)
  if (joined.errorCode !== 0) return
  pools.learn(
    await peer.request(SyncGroupApi, 4, {
      groupId,
      generationId: joined.generationId,
      memberId: joined.memberId,
      assignments: joined.members.map((member) => ({ ...member, assignment: Buffer.from('some') })),
    }),
  )
}
