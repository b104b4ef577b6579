import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KafkaError } from '@ottla/protocol'
import { MetadataApi } from '@ottla/protocol/messages/metadata'
import { parseAddresses } from '../../src/cluster/address.ts'
import { backoff, retry } from '../../src/cluster/retry.ts'
import { simulation } from '@ottla/runtime/simulated'
import { drop, scripted } from '../scripted-broker.ts'

test('bootstrap servers are host:port, several with commas, IPv6 in brackets', () => {
  assert.deepEqual(parseAddresses('a:1, b:2,'), [
    { host: 'a', port: 1 },
    { host: 'b', port: 2 },
  ])
  assert.deepEqual(parseAddresses(['[::1]:9092']), [{ host: '::1', port: 9092 }])
  for (const wrong of ['', 'a', 'a:', ':1', 'a:70000', 'a:b', 'a:1:2']) {
    assert.throws(() => parseAddresses(wrong), { code: 'INVALID_CONFIG' })
  }
})

test('a retry follows each retriable error, with pauses that double up to a limit', async () => {
  const world = simulation()
  await world.run(async () => {
    const { clock, random } = world.node('a')
    const times: number[] = []
    const options = { clock, random, backoffMs: 100, backoffMaxMs: 1_000, timeoutMs: 10_000 }
    await assert.rejects(
      retry(options, () => {
        times.push(clock.monotonic())
        return Promise.reject(new KafkaError('LEADER_NOT_AVAILABLE'))
      }),
      { code: 'LEADER_NOT_AVAILABLE' },
    )
    const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0))
    assert((pauses[0] ?? 0) >= 80 && (pauses[0] ?? 0) <= 120)
    assert((pauses[1] ?? 0) >= 160 && (pauses[1] ?? 0) <= 240)
    assert(pauses.every((pause) => pause <= 1_200))
    assert((times.at(-1) ?? 0) - (times[0] ?? 0) <= 10_000)
    assert(backoff({ random, backoffMs: 100, backoffMaxMs: 1_000 }, 1_000) <= 1_200)
  })
})

test('an error that is not retriable is thrown at once', async () => {
  const world = simulation()
  await world.run(async () => {
    const { clock, random } = world.node('a')
    let attempts = 0
    const options = { clock, random, backoffMs: 1, backoffMaxMs: 1, timeoutMs: 1_000 }
    await assert.rejects(
      retry(options, () => {
        attempts += 1
        return Promise.reject(new KafkaError('TOPIC_AUTHORIZATION_FAILED'))
      }),
    )
    assert.equal(attempts, 1)
  })
})

test('any bootstrap server that answers will do', () =>
  scripted(
    async ({ client }) => {
      const { clusterId, brokers } = await client.cluster.refresh(null)
      assert.equal(clusterId, 'scripted')
      assert.deepEqual([...brokers.keys()], [1])
    },
    { client: { bootstrapServers: ['broker-1:1', 'broker-1:2', 'broker-1:9092'] } },
  ))

test('a connection that broke is made again', () =>
  scripted(async ({ brokers, client }) => {
    const [broker] = brokers
    await client.cluster.refresh(null)
    broker!.on(MetadataApi, () => drop)
    await assert.rejects(client.cluster.refresh(null), { code: 'NETWORK_EXCEPTION' })
    broker!.on(MetadataApi, () => ({ brokers: [], topics: [], clusterId: 'again' }))
    assert.equal((await client.cluster.refresh(null)).clusterId, 'again')
  }))

test('those who ask for the same at once share one request', () =>
  scripted(async ({ brokers, client }) => {
    await Promise.all([1, 2, 3].map(() => client.cluster.topic('letters')))
    await client.cluster.topic('letters')
    assert.equal(brokers[0]!.requests.filter((name) => name === 'Metadata').length, 1)
  }))

test('a topic and a partition that are not there are named', () =>
  scripted(async ({ client }) => {
    await assert.rejects(client.cluster.topic('nowhere'), /there is no topic nowhere/)
    await assert.rejects(client.cluster.partition('letters', 3), /letters has no partition 3/)
  }))

test('a closed client says so', () =>
  scripted(async ({ client }) => {
    await client.close()
    await assert.rejects(client.cluster.refresh(null), /closed/)
  }))
