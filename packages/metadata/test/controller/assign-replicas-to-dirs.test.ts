import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ImageDraft } from '../../src/image/image-draft.ts'
import { MetadataImage } from '../../src/image/metadata-image.ts'
import type { MetadataRecord } from '../../src/records/metadata-record.ts'
import { assignReplicasToDirs } from '../../src/controller/assign-replicas-to-dirs.ts'

const TOPIC = '5NCCo1sgSMSTkRljSX4JQA'
const UNASSIGNED = 'AAAAAAAAAAAAAAAAAAAAAQ'
const HERE = 'cuqPrO7vjgAOGSSugsYbmw'

function imageOf(records: readonly MetadataRecord[]): MetadataImage {
  const draft = new ImageDraft(MetadataImage.empty)
  records.forEach((record, offset) => draft.apply(record, offset))
  return draft.finish().image
}

const image = imageOf([
  {
    type: 'FeatureLevelRecord',
    version: 0,
    value: { name: 'metadata.version', featureLevel: 30 },
  },
  {
    type: 'RegisterBrokerRecord',
    version: 4,
    value: {
      brokerId: 1,
      isMigratingZkBroker: false,
      incarnationId: HERE,
      brokerEpoch: 7,
      endPoints: [],
      features: [],
      rack: null,
      fenced: false,
      inControlledShutdown: false,
      logDirs: [HERE, TOPIC],
      cordonedLogDirs: null,
    },
  },
  { type: 'TopicRecord', version: 0, value: { name: 'orders', topicId: TOPIC } },
  {
    type: 'PartitionRecord',
    version: 2,
    value: {
      partitionId: 0,
      topicId: TOPIC,
      replicas: [2, 1],
      isr: [2, 1],
      removingReplicas: [],
      addingReplicas: [],
      leader: 1,
      leaderRecoveryState: 0,
      leaderEpoch: 0,
      partitionEpoch: 0,
      directories: [UNASSIGNED, UNASSIGNED],
      eligibleLeaderReplicas: null,
      lastKnownElr: null,
    },
  },
])

function assign(topicId: string, partitionIndex: number, brokerEpoch = 7) {
  const topics = [{ topicId, partitions: [{ partitionIndex }] }]
  const request = { brokerId: 1, brokerEpoch, directories: [{ id: HERE, topics }] }
  return assignReplicasToDirs(image, request)
}

// Apache Kafka 4.3.1 writes the same: a PartitionChangeRecord with nothing but the directories.
test('a broker says where its replica is, and the others stay where they are', () => {
  const { records, reply } = assign(TOPIC, 0)
  assert.equal(records.length, 1)
  const [record] = records
  assert.ok(record?.type === 'PartitionChangeRecord')
  assert.equal(record.version, 2)
  assert.deepEqual(record.value.directories, [UNASSIGNED, HERE])
  assert.deepEqual([record.value.isr, record.value.leader, record.value.replicas], [null, -2, null])
  assert.equal(reply.errorCode, 0)
  assert.deepEqual(reply.directories[0]?.topics[0]?.partitions, [
    { partitionIndex: 0, errorCode: 0 },
  ])
})

test('replicas that are not the broker’s are refused one by one, a stale broker altogether', () => {
  const codeOf = (topicId: string, partition: number): number | undefined => {
    const { records, reply } = assign(topicId, partition)
    assert.deepEqual(records, [])
    return reply.directories[0]?.topics[0]?.partitions[0]?.errorCode
  }
  assert.equal(codeOf(HERE, 0), 100, 'UNKNOWN_TOPIC_ID')
  assert.equal(codeOf(TOPIC, 5), 3, 'UNKNOWN_TOPIC_OR_PARTITION')
  assert.throws(() => assign(TOPIC, 0, 6), { code: 'STALE_BROKER_EPOCH' })
})
