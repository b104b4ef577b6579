import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  decodeResponse,
  encodeRequest,
  encodeResponse,
  readRequestHeader,
  Reader,
  requestHeaderVersion,
  responseHeaderVersion,
} from '@ottla/protocol'
import { ApiVersionsRequest, ApiVersionsResponse } from '@ottla/protocol/messages/api-versions'
import { HeartbeatRequest, HeartbeatResponse } from '@ottla/protocol/messages/heartbeat'

interface ApiJson {
  readonly key: number
  readonly requestHeader?: readonly HeaderJson[]
  readonly responseHeader?: readonly HeaderJson[]
}

interface HeaderJson {
  readonly header: number
  readonly from: number
  readonly to: number
}

test('headers have the versions that Kafka gives them, for every version of every API', () => {
  const path = join(import.meta.dirname, '../schemas/apis.json')
  const { apis } = JSON.parse(readFileSync(path, 'utf8')) as { apis: ApiJson[] }
  let count = 0
  for (const { key, requestHeader = [], responseHeader = [] } of apis) {
    for (const { header, from, to } of requestHeader) {
      for (let version = from; version <= to; version++, count++) {
        assert.equal(requestHeaderVersion(key, version), header)
      }
    }
    for (const { header, from, to } of responseHeader) {
      for (let version = from; version <= to; version++, count++) {
        assert.equal(responseHeaderVersion(key, version), header)
      }
    }
  }
  assert.ok(count > 500)
})

test('a request is read from its frame, whatever the version of its header', () => {
  for (const version of [0, 4]) {
    const chunks = encodeRequest(
      HeartbeatRequest,
      { correlationId: 7, clientId: 'test', version },
      { groupId: 'g', generationId: 1, memberId: 'm' },
    )
    const frame = Buffer.concat(chunks)
    assert.equal(frame.readInt32BE(0), frame.length - 4)
    const reader = new Reader(frame, 4)
    assert.deepEqual(readRequestHeader(reader), {
      requestApiKey: 12,
      requestApiVersion: version,
      correlationId: 7,
      clientId: 'test',
    })
    assert.deepEqual(HeartbeatRequest.read(reader, version), {
      groupId: 'g',
      generationId: 1,
      memberId: 'm',
      groupInstanceId: null,
    })
    assert.equal(reader.remaining, 0)
  }
})

test('a response is read from its frame, whatever the version of its header', () => {
  for (const version of [0, 4]) {
    const frame = Buffer.concat(encodeResponse(HeartbeatResponse, 7, version, { errorCode: 27 }))
    assert.deepEqual(decodeResponse(HeartbeatResponse, 7, version, frame.subarray(4)), {
      throttleTimeMs: 0,
      errorCode: 27,
    })
    assert.throws(() => decodeResponse(HeartbeatResponse, 8, version, frame.subarray(4)), {
      code: 'INVALID_REQUEST',
    })
  }
})

test('an ApiVersions response has header 0 even where its body is flexible', () => {
  const chunks = encodeResponse(ApiVersionsResponse, 1, 4, { errorCode: 0, apiKeys: [] })
  // Size, correlation id, error code, no APIs, throttle time, no tags.
  assert.equal(Buffer.concat(chunks).toString('hex'), '0000000c000000010000010000000000')
})

test('an ApiVersions request of an unknown future version still has a readable header', () => {
  const frame = Buffer.concat(
    encodeRequest(
      ApiVersionsRequest,
      { correlationId: 1, clientId: null, version: 4 },
      { clientSoftwareName: 'test', clientSoftwareVersion: '1' },
    ),
  )
  frame.writeInt16BE(99, 6)
  assert.equal(readRequestHeader(new Reader(frame, 4)).requestApiVersion, 99)
})

test('a request for an API that nobody knows is undecodable', () => {
  const header = Buffer.from('7fff0000000000010000', 'hex')
  assert.throws(() => readRequestHeader(new Reader(header)), { code: 'INVALID_REQUEST' })
})
