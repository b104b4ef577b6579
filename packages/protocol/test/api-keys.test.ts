import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { apiKeys, apiNamed, apiOfKey, Reader, type VersionRange } from '@ottla/protocol'
import { allCodecs } from '@ottla/protocol/all'
import { ApiVersionsResponse } from '@ottla/protocol/messages/api-versions'
import { ResponseHeader } from '@ottla/protocol/messages/response-header'

interface Answer {
  readonly version: number
  readonly hex: string
}

// What live Apache Kafka 4.3.1 listeners answered to ApiVersions: hex is header 0 and the body.
const answers = JSON.parse(
  readFileSync(join(import.meta.dirname, 'vectors/api-versions-answers.json'), 'utf8'),
) as Record<'broker' | 'controller', Answer[]>

function offered(listener: 'broker' | 'controller'): Map<number, VersionRange> {
  const answer = answers[listener].find(({ version }) => version === 4)!
  const reader = new Reader(Buffer.from(answer.hex, 'hex'))
  ResponseHeader.read(reader, 0)
  const response = ApiVersionsResponse.read(reader, 4)
  assert.equal(reader.remaining, 0)
  return new Map(
    response.apiKeys.map((api) => [api.apiKey, { from: api.minVersion, to: api.maxVersion }]),
  )
}

function tabled(listener: 'brokerVersions' | 'controllerVersions'): Map<number, VersionRange> {
  return new Map(
    apiKeys.flatMap((api) => {
      const versions = api[listener]
      return versions === null ? [] : [[api.key, versions]]
    }),
  )
}

test('the table offers on each listener what a live Kafka offers there', () => {
  const telemetry = [71, 72]
  const broker = tabled('brokerVersions')
  for (const key of telemetry) {
    // Offered only where a telemetry receiver is configured.
    assert.equal(broker.has(key), offered('broker').has(key))
  }
  assert.deepEqual(broker, offered('broker'))
  assert.deepEqual(tabled('controllerVersions'), offered('controller'))
})

test('Produce is offered from 0, below what it can be read in', () => {
  assert.deepEqual(apiNamed('Produce').brokerVersions, { from: 0, to: 13 })
  assert.deepEqual(apiNamed('Produce').versions, { from: 3, to: 13 })
})

test('each API’s request and response have the versions that the table says', () => {
  for (const api of apiKeys) {
    for (const kind of ['Request', 'Response']) {
      const codec = allCodecs.find(({ name }) => name === api.name + kind)
      assert.ok(codec !== undefined, api.name)
      assert.deepEqual(
        [codec.apiKey, codec.lowestVersion, codec.highestVersion, codec.firstFlexibleVersion],
        [api.key, api.versions.from, api.versions.to, api.firstFlexibleVersion],
        codec.name,
      )
    }
  }
})

test('an API is found by its number and its name', () => {
  for (const api of apiKeys) {
    assert.equal(apiOfKey(api.key), api)
    assert.equal(apiNamed(api.name), api)
  }
  assert.equal(apiOfKey(4), undefined)
  assert.equal(apiOfKey(-1), undefined)
})
