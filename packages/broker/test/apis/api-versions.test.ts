import assert from 'node:assert/strict'
import { apiKeys, Reader } from '@ottla/protocol'
import { ApiVersionsApi, ApiVersionsResponse } from '@ottla/protocol/messages/api-versions'
import { servedApis } from '../../src/index.ts'
import { behaviour } from '../support/behaviour.ts'

const program = { clientSoftwareName: 'a-test', clientSoftwareVersion: '1.0' }

behaviour('ApiVersions names APIs in the versions that Kafka has', async ({ client, world }) => {
  for (let version = 0; version <= 4; version++) {
    const answer = await client.request(ApiVersionsApi, version, version >= 3 ? program : {})
    assert.equal(answer.errorCode, 0)
    const keys = answer.apiKeys.map(({ apiKey }) => apiKey)
    if (world !== null)
      assert.deepEqual(
        keys,
        [...servedApis.keys()].sort((a, b) => a - b),
      )
    for (const { apiKey, minVersion, maxVersion } of answer.apiKeys) {
      const known = apiKeys.find(({ key }) => key === apiKey)
      assert.deepEqual(
        { apiKey, minVersion, maxVersion },
        {
          apiKey,
          minVersion: known?.brokerVersions?.from,
          maxVersion: known?.brokerVersions?.to,
        },
      )
    }
    const level = answer.finalizedFeatures.find(({ name }) => name === 'metadata.version')
    assert.equal(level?.maxVersionLevel, version >= 3 ? 30 : undefined)
  }
})

behaviour('ApiVersions in a version to come is answered in version 0', async ({ client }) => {
  client.write(client.frame({ key: 18, request: { write() {} } }, 9, Buffer.from('000000', 'hex')))
  const frame = await client.receive()
  assert.ok(frame !== null)
  // correlation id 1, UNSUPPORTED_VERSION, one key: 18, versions 0 to 4. Kafka's own bytes.
  assert.equal(frame.toString('hex'), '00000001002300000001001200000004')
  const reader = new Reader(frame)
  assert.equal(reader.int32(), 1)
  assert.equal(ApiVersionsResponse.read(reader, 0).errorCode, 35)
})

behaviour('ApiVersions wants a plain name of the client', async ({ client }) => {
  for (const clientSoftwareName of ['', ' x', 'a b', '-x', 'x-', 'ünï']) {
    const answer = await client.request(ApiVersionsApi, 3, {
      clientSoftwareName,
      clientSoftwareVersion: '1',
    })
    assert.equal(answer.errorCode, 42, clientSoftwareName)
    assert.deepEqual(answer.apiKeys, [])
  }
  const answer = await client.request(ApiVersionsApi, 3, program)
  assert.equal(answer.errorCode, 0)
})
