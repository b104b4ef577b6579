import assert from 'node:assert/strict'
import { DescribeConfigsApi } from '@ottla/protocol/messages/describe-configs'
import { IncrementalAlterConfigsApi } from '@ottla/protocol/messages/incremental-alter-configs'
import { behaviour } from '../support/behaviour.ts'
import type { RawClient } from '../support/broker-world.ts'

const INVALID_CONFIG = 40
const INVALID_REQUEST = 42

const BROKER = 4
const LOGGER = 8
const CLIENT_METRICS = 16
const GROUP = 32
const [SET, DELETE, APPEND] = [0, 1, 2]

type Answer = readonly [errorCode: number, errorMessage: string | null]

async function alter(
  client: RawClient,
  resourceType: number,
  resourceName: string,
  name: string,
  value: string | null,
  configOperation: number = value === null ? DELETE : SET,
): Promise<Answer> {
  const { responses } = await client.request(IncrementalAlterConfigsApi, 1, {
    resources: [{ resourceType, resourceName, configs: [{ name, configOperation, value }] }],
    validateOnly: false,
  })
  return [responses[0]!.errorCode, responses[0]!.errorMessage]
}

/** `value (source)` of one setting, and of what stands behind it. */
async function describe(
  client: RawClient,
  resourceType: number,
  resourceName: string,
  name: string,
): Promise<string[]> {
  const { results } = await client.request(DescribeConfigsApi, 4, {
    resources: [{ resourceType, resourceName, configurationKeys: [name] }],
    includeSynonyms: true,
    includeDocumentation: false,
  })
  const [config] = results[0]!.configs
  if (config === undefined) return []
  return config.synonyms.map(({ value, source }) => `${value} (${source})`)
}

behaviour('settings of a broker come before those of all brokers', async ({ client, sleep }) => {
  const name = 'log.cleaner.backoff.ms'
  assert.deepEqual(await alter(client, BROKER, '', name, '20000'), [0, null])
  assert.deepEqual(await alter(client, BROKER, '1', name, '25000'), [0, null])
  await sleep(300)
  assert.deepEqual(await describe(client, BROKER, '1', name), [
    '25000 (2)',
    '20000 (3)',
    '15000 (5)',
  ])
  assert.deepEqual(await describe(client, BROKER, '', name), ['20000 (3)'])
  assert.deepEqual(await alter(client, BROKER, '1', name, null), [0, null])
  assert.deepEqual(await alter(client, BROKER, '', name, null), [0, null])
  await sleep(300)
  assert.deepEqual(await describe(client, BROKER, '1', name), ['15000 (5)'])
})

behaviour('a setting that a broker cannot take on is refused, and says why', async ({ client }) => {
  const name = 'log.cleaner.backoff.ms'
  for (const [resource, setting, value, message] of [
    ['2', name, '20000', 'Unexpected broker id, expected 1, but received 2'],
    ['x', name, '20000', 'Node id must be an integer, but it is: x'],
    ['', name, 'abc', `Invalid value abc for configuration ${name}: Not a number of type LONG`],
    ['', name, '-5', `Invalid value -5 for configuration ${name}: Value must be at least 0`],
    ['', 'node.id', '7', 'Cannot update these configs dynamically: [node.id]'],
    ['1', 'log.dirs', '/x', 'Cannot update these configs dynamically: [log.dirs]'],
    [
      '',
      'listeners',
      'PLAINTEXT://:9999',
      'Cannot update these configs at default cluster level, broker id must be specified: [listeners]',
    ],
  ] as const) {
    const answer = await alter(client, BROKER, resource, setting, value)
    assert.deepEqual(answer, [INVALID_REQUEST, message])
  }
  const [code] = await alter(client, BROKER, '1', 'listeners', 'PLAINTEXT://:9999')
  assert.equal(code, INVALID_REQUEST)
})

behaviour('settings of groups and of client metrics are kept', async ({ client, sleep }) => {
  const timeout = 'consumer.session.timeout.ms'
  assert.deepEqual(await alter(client, GROUP, 'readers', timeout, '50000'), [0, null])
  assert.deepEqual(await alter(client, CLIENT_METRICS, 'sub', 'interval.ms', '60000'), [0, null])
  assert.deepEqual(await alter(client, CLIENT_METRICS, 'sub', 'match', 'client_id=a.*'), [0, null])
  await sleep(300)
  assert.equal((await describe(client, GROUP, 'readers', timeout))[0], '50000 (8)')
  assert.equal((await describe(client, CLIENT_METRICS, 'sub', 'interval.ms'))[0], '60000 (7)')
  for (const [type, resource, setting, value, code] of [
    [GROUP, 'readers', 'nope', '1', INVALID_CONFIG],
    [GROUP, '', timeout, '50000', INVALID_REQUEST],
    [CLIENT_METRICS, 'sub', 'interval.ms', '1', INVALID_REQUEST],
    [CLIENT_METRICS, 'sub', 'nope', '1', INVALID_REQUEST],
    [CLIENT_METRICS, 'sub', 'match', 'nope=a.*', INVALID_CONFIG],
    [CLIENT_METRICS, '', 'interval.ms', '1000', INVALID_REQUEST],
  ] as const) {
    const [errorCode, message] = await alter(client, type, resource, setting, value)
    assert.equal(errorCode, code, setting)
    assert.ok(message)
  }
})

behaviour('a logger that there is not has no level', async ({ client }) => {
  for (const [node, logger, value, operation, code] of [
    ['1', 'nope', 'DEBUG', SET, INVALID_CONFIG],
    ['1', 'root', 'DEBUG', APPEND, INVALID_REQUEST],
    ['2', 'root', 'DEBUG', SET, INVALID_REQUEST],
    ['', 'root', 'DEBUG', SET, INVALID_REQUEST],
  ] as const) {
    const [errorCode, message] = await alter(client, LOGGER, node, logger, value, operation)
    assert.equal(errorCode, code, `${node} ${logger}`)
    assert.ok(message)
  }
})

behaviour(
  'how many connections a broker takes changes while it runs, and is there after a restart',
  async ({ client, connect, world }) => {
    const isTaken = async (): Promise<boolean> => {
      const peer = await connect()
      await world!.world.node('client').clock.sleep(10)
      const { isClosed } = peer
      peer.close()
      await world!.world.node('client').clock.sleep(10)
      return !isClosed
    }
    assert.equal(await isTaken(), true)
    assert.deepEqual(await alter(client, BROKER, '', 'max.connections', '1'), [0, null])
    assert.equal(await isTaken(), false)
    assert.deepEqual(await alter(client, BROKER, '1', 'max.connections', '2'), [0, null])
    assert.equal(await isTaken(), true)
    assert.deepEqual(await alter(client, BROKER, '1', 'max.connections', null), [0, null])
    client.close()
    await world!.broker.close()
    await world!.start()
    const only = await connect()
    assert.equal(await isTaken(), false)
    only.close()
  },
  { isOwn: true },
)
