import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InvariantError } from '@ottla/runtime'
import {
  decodeRecord,
  encodeRecord,
  ImageDraft,
  imageRecords,
  MetadataImage,
} from '../../src/index.ts'
import type { MetadataRecord } from '../../src/index.ts'
import { id } from '../requests.ts'

function fold(base: MetadataImage, ...records: MetadataRecord[]) {
  const draft = new ImageDraft(base)
  for (const [index, record] of records.entries()) draft.apply(record, base.offset + 1 + index)
  return draft.finish()
}

const topicRecord = (name: string, topicId: string): MetadataRecord => ({
  type: 'TopicRecord',
  version: 0,
  value: { name, topicId },
})

const removal = (topicId: string): MetadataRecord => ({
  type: 'RemoveTopicRecord',
  version: 0,
  value: { topicId },
})

const partitionRecord = (topicId: string, partitionId: number): MetadataRecord => ({
  type: 'PartitionRecord',
  version: 2,
  value: {
    partitionId,
    topicId,
    replicas: [1, 2],
    isr: [1, 2],
    removingReplicas: [],
    addingReplicas: [],
    leader: 1,
    leaderRecoveryState: 0,
    leaderEpoch: 3,
    partitionEpoch: 4,
    directories: [id(1), id(2)],
    eligibleLeaderReplicas: [3],
    lastKnownElr: [4],
  },
})

const config = (
  resourceType: number,
  resourceName: string,
  name: string,
  value: string | null,
): MetadataRecord => ({
  type: 'ConfigRecord',
  version: 0,
  value: { resourceType, resourceName, name, value },
})

const feature = (name: string, featureLevel: number): MetadataRecord => ({
  type: 'FeatureLevelRecord',
  version: 0,
  value: { name, featureLevel },
})

const broker = (brokerId: number): MetadataRecord => ({
  type: 'RegisterBrokerRecord',
  version: 4,
  value: {
    brokerId,
    isMigratingZkBroker: false,
    incarnationId: id(brokerId),
    brokerEpoch: 10 + brokerId,
    endPoints: [
      { name: 'PLAINTEXT', host: 'a', port: 9092, securityProtocol: 0 },
      { name: 'INTERNAL', host: 'b', port: 9093, securityProtocol: 1 },
    ],
    features: [{ name: 'metadata.version', minSupportedVersion: 7, maxSupportedVersion: 30 }],
    rack: 'r1',
    fenced: true,
    inControlledShutdown: false,
    logDirs: [id(100 + brokerId)],
    cordonedLogDirs: null,
  },
})

/** One of every kind of record that leaves a trace. */
const everything: MetadataRecord[] = [
  feature('metadata.version', 30),
  feature('group.version', 1),
  broker(1),
  broker(2),
  {
    type: 'BrokerRegistrationChangeRecord',
    version: 1,
    value: {
      brokerId: 1,
      brokerEpoch: 11,
      fenced: -1,
      inControlledShutdown: 1,
      logDirs: [],
      cordonedLogDirs: null,
    },
  },
  {
    type: 'RegisterControllerRecord',
    version: 0,
    value: {
      controllerId: 1,
      incarnationId: id(50),
      zkMigrationReady: false,
      endPoints: [{ name: 'CONTROLLER', host: 'c', port: 9094, securityProtocol: 0 }],
      features: [{ name: 'metadata.version', minSupportedVersion: 7, maxSupportedVersion: 30 }],
    },
  },
  topicRecord('orders', id(1)),
  partitionRecord(id(1), 0),
  partitionRecord(id(1), 1),
  config(2, 'orders', 'retention.ms', '1'),
  config(4, '', 'min.insync.replicas', '1'),
  config(32, 'a:group\nwith everything', 'consumer.session.timeout.ms', '45000'),
  {
    type: 'ClientQuotaRecord',
    version: 0,
    value: {
      entity: [
        { entityType: 'user', entityName: null },
        { entityType: 'client-id', entityName: 'c' },
      ],
      key: 'producer_byte_rate',
      value: 10.5,
      remove: false,
    },
  },
  {
    type: 'ProducerIdsRecord',
    version: 0,
    value: { brokerId: 1, brokerEpoch: 11, nextProducerId: 3000 },
  },
  {
    type: 'AccessControlEntryRecord',
    version: 0,
    value: {
      id: id(70),
      resourceType: 2,
      resourceName: 'orders',
      patternType: 3,
      principal: 'User:me',
      host: '*',
      operation: 3,
      permissionType: 3,
    },
  },
  {
    type: 'UserScramCredentialRecord',
    version: 0,
    value: {
      name: 'me',
      mechanism: 1,
      salt: Buffer.from('salt'),
      storedKey: Buffer.from('stored'),
      serverKey: Buffer.from('server'),
      iterations: 4096,
    },
  },
  {
    type: 'DelegationTokenRecord',
    version: 0,
    value: {
      owner: 'User:me',
      requester: 'User:me',
      renewers: ['User:you'],
      issueTimestamp: 1,
      maxTimestamp: 3,
      expirationTimestamp: 2,
      tokenId: 'token',
    },
  },
  { type: 'ZkMigrationStateRecord', version: 0, value: { zkMigrationState: 0 } },
]

test('lookups by name, id, partition, listener and resource', () => {
  const { image } = fold(MetadataImage.empty, ...everything)
  assert.equal(image.topic('orders')?.id, id(1))
  assert.equal(image.topicById(id(1))?.name, 'orders')
  assert.equal(image.partition('orders', 1)?.leaderEpoch, 3)
  assert.equal(image.partition('orders', 2), undefined)
  assert.equal(image.partition('nope', 0), undefined)
  assert.deepEqual(
    image.aliveBrokers().map((alive) => alive.id),
    [1],
  )
  assert.equal(image.endpoint(1, 'INTERNAL')?.port, 9093)
  assert.equal(image.endpoint(1, 'NOPE'), undefined)
  assert.equal(image.endpoint(2, 'INTERNAL'), undefined, 'a fenced broker is not to be reached')
  assert.equal(image.topicConfig('orders').get('retention.ms'), '1')
  assert.equal(image.config(4, '').get('min.insync.replicas'), '1')
  assert.equal(image.config(4, '7').size, 0)
  assert.equal(image.featureLevel('group.version'), 1)
  assert.equal(image.featureLevel('share.version'), 0)
  assert.equal(image.producerIds.nextProducerId, 3000)
  assert.equal(image.offset, everything.length - 1)
})

test('nothing is lost in a snapshot: its records make the same image again', () => {
  const { image } = fold(MetadataImage.empty, ...everything)
  const frames = [...imageRecords(image)].map(encodeRecord)
  const again = new ImageDraft(MetadataImage.empty)
  for (const frame of frames) again.apply(decodeRecord(frame), 0)
  const records = [...imageRecords(again.finish().image)]
  assert.deepEqual(records.map(encodeRecord), frames)
  // What changes another record is part of it; every other kind stands for itself.
  const kinds = new Set(records.map(({ type }) => type))
  for (const { type } of everything) {
    assert.ok(kinds.has(type) || type === 'BrokerRegistrationChangeRecord', type)
  }
})

test('removals leave nothing behind', () => {
  const { image } = fold(
    MetadataImage.empty,
    ...everything,
    removal(id(1)),
    config(4, '', 'min.insync.replicas', null),
    config(32, 'a:group\nwith everything', 'consumer.session.timeout.ms', null),
    feature('group.version', 0),
    { type: 'UnregisterBrokerRecord', version: 0, value: { brokerId: 1, brokerEpoch: 11 } },
    { type: 'RemoveAccessControlEntryRecord', version: 0, value: { id: id(70) } },
    { type: 'RemoveUserScramCredentialRecord', version: 0, value: { name: 'me', mechanism: 1 } },
    { type: 'RemoveDelegationTokenRecord', version: 0, value: { tokenId: 'token' } },
    {
      type: 'ClientQuotaRecord',
      version: 0,
      value: {
        // In another order, the same entity.
        entity: [
          { entityType: 'client-id', entityName: 'c' },
          { entityType: 'user', entityName: null },
        ],
        key: 'producer_byte_rate',
        value: 0,
        remove: true,
      },
    },
  )
  assert.deepEqual(
    [...imageRecords(image)].map(({ type }) => type),
    [
      'FeatureLevelRecord',
      'RegisterBrokerRecord',
      'RegisterControllerRecord',
      'ProducerIdsRecord',
      'ZkMigrationStateRecord',
    ],
  )
  assert.equal(image.topicCount, 0)
})

test('a change of a partition raises its epochs as KRaft does', () => {
  const { image } = fold(MetadataImage.empty, topicRecord('t', id(1)), partitionRecord(id(1), 0))
  const change = {
    partitionId: 0,
    topicId: id(1),
    isr: null,
    leader: -2,
    replicas: null,
    removingReplicas: null,
    addingReplicas: null,
    leaderRecoveryState: -1,
    directories: null,
    eligibleLeaderReplicas: null,
    lastKnownElr: null,
  }
  const changed = (fields: Partial<typeof change> | { isr: number[] }) =>
    fold(image, {
      type: 'PartitionChangeRecord',
      version: 2,
      value: { ...change, ...fields },
    }).image.partition('t', 0)!

  assert.deepEqual(
    [changed({ isr: [1] }).isr, changed({ isr: [1] }).leaderEpoch],
    [[1], 3],
    'an ISR change keeps the leader epoch',
  )
  assert.equal(changed({ isr: [1] }).partitionEpoch, 5)
  assert.equal(changed({ leader: 2 }).leaderEpoch, 4)
  assert.equal(changed({ leader: 1 }).leaderEpoch, 4, 'naming the same leader is a new election')
  assert.equal(changed({ leaderRecoveryState: 1 }).isRecovering, true)
})

test('topics that metrics would confuse are found by their other name', () => {
  const { image } = fold(
    MetadataImage.empty,
    topicRecord('a.b', id(1)),
    topicRecord('a_b', id(2)),
    topicRecord('plain', id(3)),
  )
  assert.equal(image.topicCollidingWith('a.b'), 'a_b')
  assert.equal(image.topicCollidingWith('plain'), undefined)
  const without = fold(image, removal(id(1))).image
  assert.equal(without.topicCollidingWith('a.b'), 'a_b')
  assert.equal(without.topicCollidingWith('a_b'), undefined)
  const none = fold(without, removal(id(2))).image
  assert.equal(none.topicCollidingWith('a.b'), undefined)
})

test('the delta names what changed, and only that', () => {
  const first = fold(MetadataImage.empty, ...everything)
  assert.deepEqual([...first.delta.changedTopics], [id(1)])
  assert.deepEqual([...first.delta.changedBrokers], [1, 2])
  assert.equal(first.delta.haveAclsChanged, true)

  const second = fold(
    first.image,
    topicRecord('new', id(2)),
    partitionRecord(id(2), 0),
    removal(id(1)),
    // Made and removed at once: nobody ever saw it.
    topicRecord('short', id(3)),
    removal(id(3)),
    config(2, 'new', 'retention.ms', '2'),
  )
  assert.deepEqual([...second.delta.changedTopics], [id(2)])
  assert.deepEqual(
    [...second.delta.deletedTopics].map(([key, { name }]) => [key, name]),
    [[id(1), 'orders']],
  )
  assert.deepEqual(second.delta.changedConfigs, [
    { type: 2, name: 'orders' },
    { type: 2, name: 'new' },
  ])
  assert.deepEqual([...second.delta.changedBrokers], [])
  assert.equal(second.delta.haveAclsChanged, false)
  // What nothing changed is the same object, not a copy.
  assert.equal(second.image.brokers, first.image.brokers)
  assert.equal(second.image.acls, first.image.acls)
})

test('an image is not touched by what is folded on top of it', () => {
  const { image } = fold(MetadataImage.empty, ...everything)
  const before = [...imageRecords(image)].map(encodeRecord)
  fold(image, partitionRecord(id(1), 5), config(2, 'orders', 'segment.ms', '7'), removal(id(1)))
  assert.deepEqual([...imageRecords(image)].map(encodeRecord), before)
  assert.equal(image.topic('orders')?.partitions.length, 2)
})

test('eligible leader replicas are cleared for one topic or for all', () => {
  const { image } = fold(
    MetadataImage.empty,
    topicRecord('t', id(1)),
    partitionRecord(id(1), 0),
    topicRecord('u', id(2)),
    partitionRecord(id(2), 0),
  )
  const clear = (topicName: string) =>
    fold(image, { type: 'ClearElrRecord', version: 0, value: { topicName } }).image
  const kept = (of: MetadataImage) =>
    ['t', 'u'].filter((name) => of.partition(name, 0)!.eligibleLeaderReplicas.length > 0)
  assert.deepEqual(kept(clear('t')), ['u'])
  assert.deepEqual(kept(clear('')), [])
})

test('a log that contradicts itself is a broken invariant', () => {
  const { image } = fold(MetadataImage.empty, ...everything)
  const wrong: MetadataRecord[] = [
    topicRecord('orders', id(9)),
    partitionRecord(id(9), 0),
    removal(id(9)),
    { type: 'FenceBrokerRecord', version: 0, value: { id: 1, epoch: 99 } },
    { type: 'UnfenceBrokerRecord', version: 0, value: { id: 9, epoch: 1 } },
  ]
  for (const record of wrong) assert.throws(() => fold(image, record), InvariantError, record.type)
})
