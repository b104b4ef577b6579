import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Reader, Writer, ZERO_UUID, type MessageCodec } from '@ottla/protocol'
import { FetchRequest, FetchResponse } from '@ottla/protocol/messages/fetch'
import { HeartbeatRequest } from '@ottla/protocol/messages/heartbeat'
import { MetadataRequest, MetadataResponse } from '@ottla/protocol/messages/metadata'
import { ConsumerGroupMemberMetadataValue } from '@ottla/protocol/records/consumer-group-member-metadata'

function encode<Message extends Input, Input>(
  codec: MessageCodec<Message, Input>,
  message: Input,
  version: number,
): Buffer {
  const writer = new Writer()
  codec.write(writer, message, version)
  return writer.finishWhole()
}

const fetch = { maxWaitMs: 500, minBytes: 1, topics: [] }
const unsupported = { name: 'KafkaError', code: 'UNSUPPORTED_VERSION' }
const undecodable = { name: 'KafkaError', code: 'INVALID_REQUEST' }

test('fields that a version lacks read as their defaults', () => {
  const request = FetchRequest.read(new Reader(encode(FetchRequest, fetch, 4)), 4)
  assert.deepEqual(request, {
    clusterId: null,
    replicaId: -1,
    replicaState: { replicaId: -1, replicaEpoch: -1 },
    maxWaitMs: 500,
    minBytes: 1,
    maxBytes: 0x7fff_ffff,
    isolationLevel: 0,
    sessionId: 0,
    sessionEpoch: -1,
    topics: [],
    forgottenTopicsData: [],
    rackId: '',
  })
})

test('a value that the version has no place for is refused unless the field can be ignored', () => {
  assert.throws(() => encode(FetchRequest, { ...fetch, replicaId: 3 }, 15), unsupported)
  assert.throws(
    () => encode(FetchRequest, { ...fetch, replicaState: { replicaId: 3 } }, 14),
    unsupported,
  )
  assert.throws(
    () => encode(FetchRequest, { ...fetch, forgottenTopicsData: [{ partitions: [1] }] }, 6),
    unsupported,
  )
  // rackId is ignorable.
  assert.deepEqual(
    encode(FetchRequest, { ...fetch, rackId: 'a' }, 4),
    encode(FetchRequest, fetch, 4),
  )
})

test('a null is refused in a version that cannot say it', () => {
  assert.throws(() => encode(MetadataRequest, { topics: null }, 0), unsupported)
  assert.equal(encode(MetadataRequest, { topics: null }, 1).toString('hex'), 'ffffffff')
})

test('a version that a message does not have is refused', () => {
  for (const version of [-1, 3, 19, NaN]) {
    assert.throws(() => FetchRequest.read(new Reader(Buffer.alloc(100)), version), unsupported)
    assert.throws(() => encode(FetchRequest, fetch, version), unsupported)
  }
})

test('bytes after a message are left to the caller', () => {
  const bytes = Buffer.concat([encode(FetchRequest, fetch, 12), Buffer.from('more')])
  const reader = new Reader(bytes)
  FetchRequest.read(reader, 12)
  assert.equal(reader.remaining, 4)
})

test('a decoded message of one version can be written in another', () => {
  const request = FetchRequest.read(new Reader(encode(FetchRequest, fetch, 18)), 18)
  assert.deepEqual(encode(FetchRequest, request, 4), encode(FetchRequest, fetch, 4))
})

test('default structures are shared, so they cannot be changed', () => {
  const request = FetchRequest.read(new Reader(encode(FetchRequest, fetch, 4)), 4)
  assert.ok(Object.isFrozen(request.replicaState))
})

test('records are slices of the frame', () => {
  const records = Buffer.alloc(5000, 1)
  const partition = { partitionIndex: 0, errorCode: 0, highWatermark: 1, abortedTransactions: null }
  const response = { responses: [{ topicId: ZERO_UUID, partitions: [{ ...partition, records }] }] }
  const bytes = encode(FetchResponse, response, 18)
  const decoded = FetchResponse.read(new Reader(bytes), 18).responses[0]!.partitions[0]!.records
  assert.equal(decoded?.buffer, bytes.buffer)
  assert.deepEqual(decoded, records)
})

// Heartbeat v4 up to its tags: group "g", generation 1, member "m", no instance.
const heartbeat = '026700000001026d00'

test('unknown tagged fields are kept as they came', () => {
  const bytes = Buffer.from(`${heartbeat}02050100060101`, 'hex')
  const request = HeartbeatRequest.read(new Reader(bytes), 4)
  assert.deepEqual(request.unknownTaggedFields, [
    { tag: 5, data: Buffer.from([0]) },
    { tag: 6, data: Buffer.from([1]) },
  ])
  assert.deepEqual(encode(HeartbeatRequest, request, 4), bytes)
})

test('unknown tagged fields are refused in a version without tags', () => {
  const request = HeartbeatRequest.read(new Reader(Buffer.from(`${heartbeat}01050100`, 'hex')), 4)
  assert.throws(() => encode(HeartbeatRequest, request, 3), unsupported)
})

test('tags that repeat, descend, or overrun the message are undecodable', () => {
  const tags = {
    repeated: '02050100050101',
    descending: '02060100050101',
    overrunning: '01050a00',
    'more than there are': '03050100060100',
    countless: 'ffffffff0f',
  }
  for (const [what, hex] of Object.entries(tags)) {
    const reader = new Reader(Buffer.from(heartbeat + hex, 'hex'))
    assert.throws(() => HeartbeatRequest.read(reader, 4), undecodable, what)
  }
})

test('a known tagged field must have the size that it says', () => {
  // Fetch v12 up to its tags, then tag 0, the cluster id "a", said to have 2, 3 and 1 bytes.
  const body = 'ffffffff00000000000000007fffffff0000000000ffffffff010101'
  const read = (hex: string): FetchRequest =>
    FetchRequest.read(new Reader(Buffer.from(body + hex, 'hex')), 12)
  assert.equal(read('0100020261').clusterId, 'a')
  assert.throws(() => read('010003026100'), undecodable)
  assert.throws(() => read('0100010261'), undecodable)
})

test('a structure in a tag may be null, and is left out when it holds defaults', () => {
  const codec = ConsumerGroupMemberMetadataValue
  const member = {
    instanceId: null,
    rackId: null,
    clientId: '',
    clientHost: '',
    subscribedTopicNames: [],
    subscribedTopicRegex: null,
    serverAssignor: null,
  }
  const read = (bytes: Buffer): ConsumerGroupMemberMetadataValue => codec.read(new Reader(bytes), 0)
  const without = encode(codec, member, 0)
  const withNull = encode(codec, { ...member, classicMemberMetadata: null }, 0)
  assert.equal(withNull.length, without.length + 3)
  assert.equal(read(withNull).classicMemberMetadata, null)
  assert.deepEqual(read(without).classicMemberMetadata, {
    sessionTimeoutMs: 0,
    supportedProtocols: [],
  })
})

test('a count beyond the bytes that remain takes no memory', () => {
  // Metadata v1: 2,147,483,647 topics, and no byte more.
  const reader = new Reader(Buffer.from('7fffffff', 'hex'))
  assert.throws(() => MetadataRequest.read(reader, 1), undecodable)
})

test('a frame of tiny elements may not take far more memory than its own size', () => {
  // 20 MB of topics of three bytes each, which would be 500 MB of objects.
  const bytes = Buffer.alloc(20_000_000, 0)
  const count = Math.floor((bytes.length - 4) / 3)
  const writer = new Writer()
  writer.uvarint(count + 1)
  writer.finishWhole().copy(bytes)
  for (let at = 4; at < bytes.length; at += 3) bytes[at + 1] = 1
  const before = process.memoryUsage().heapUsed
  assert.throws(() => MetadataRequest.read(new Reader(bytes), 9), undecodable)
  assert.ok(process.memoryUsage().heapUsed - before < 50_000_000)
})

test('a cluster of 200,000 partitions is not too much to decode', () => {
  const partitions = Array.from({ length: 1000 }, (_, partitionIndex) => ({
    errorCode: 0,
    partitionIndex,
    leaderId: 1,
    leaderEpoch: 5,
    replicaNodes: [1, 2, 3],
    isrNodes: [1, 2, 3],
    offlineReplicas: [],
  }))
  const topics = Array.from({ length: 200 }, (_, index) => ({
    errorCode: 0,
    name: `topic-${index}`,
    partitions,
  }))
  const response = { brokers: [], topics, controllerId: 1, clusterId: 'c' }
  const decoded = MetadataResponse.read(new Reader(encode(MetadataResponse, response, 12)), 12)
  assert.equal(decoded.topics.length, 200)
  assert.equal(decoded.topics[199]!.partitions.length, 1000)
})
