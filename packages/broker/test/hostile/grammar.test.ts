import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Reader } from '@ottla/protocol'
import { SeededRandom } from '@ottla/runtime/simulated'
import { grammarBody } from '../../fuzz/grammar.ts'
import { Pools } from '../../fuzz/pools.ts'
import { servedApis } from '../../src/index.ts'

test('what the grammar writes without lies is a request of its API, in every version', () => {
  const random = new SeededRandom(1)
  const pools = new Pools(random)
  for (const { key, name, lowestVersion, highestVersion, api } of servedApis.values()) {
    for (let version = lowestVersion; version <= highestVersion; version++) {
      for (let left = 20; left > 0; left--) {
        const body = grammarBody(key, version, random, pools, null)
        const reader = new Reader(body)
        api.request.read(reader, version)
        assert.equal(reader.remaining, 0, `${name} v${version} ${body.toString('hex')}`)
      }
    }
  }
})

test('with lies most cannot be read, and none takes the reader down', () => {
  const random = new SeededRandom(2)
  const pools = new Pools(random)
  let read = 0
  let refused = 0
  for (const { key, lowestVersion, highestVersion, api } of servedApis.values()) {
    for (let version = lowestVersion; version <= highestVersion; version++) {
      for (let left = 20; left > 0; left--) {
        try {
          api.request.read(new Reader(grammarBody(key, version, random, pools, 3)), version)
          read += 1
        } catch (error) {
          assert.equal((error as Error).name, 'KafkaError', String((error as Error).stack))
          refused += 1
        }
      }
    }
  }
  assert.ok(refused > read && read > 0, `${read} read, ${refused} refused`)
})
