import assert from 'node:assert/strict'
import { AlterConfigsApi } from '@ottla/protocol/messages/alter-configs'
import { DescribeConfigsApi } from '@ottla/protocol/messages/describe-configs'
import { IncrementalAlterConfigsApi } from '@ottla/protocol/messages/incremental-alter-configs'
import { behaviour } from '../support/behaviour.ts'
import type { RawClient } from '../support/broker-world.ts'
import { batch, produce, record } from '../support/letters.ts'

const UNKNOWN_TOPIC_OR_PARTITION = 3
const MESSAGE_TOO_LARGE = 10
const INVALID_CONFIG = 40
const INVALID_REQUEST = 42

const TOPIC = 2
const [SET, DELETE, APPEND] = [0, 1, 2]

type Operation = readonly [name: string, operation: number, value: string | null]

async function alter(
  client: RawClient,
  resources: readonly (readonly [type: number, name: string, ...operations: Operation[]])[],
  { version = 1, validateOnly = false } = {},
): Promise<[string, number][]> {
  const { responses } = await client.request(IncrementalAlterConfigsApi, version, {
    resources: resources.map(([resourceType, resourceName, ...operations]) => ({
      resourceType,
      resourceName,
      configs: operations.map(([name, configOperation, value]) => ({
        name,
        configOperation,
        value,
      })),
    })),
    validateOnly,
  })
  return responses.map(({ resourceName, errorCode }) => [resourceName, errorCode])
}

async function replace(
  client: RawClient,
  name: string,
  configs: Readonly<Record<string, string | null>>,
  { version = 2, validateOnly = false } = {},
): Promise<number> {
  const { responses } = await client.request(AlterConfigsApi, version, {
    resources: [
      {
        resourceType: TOPIC,
        resourceName: name,
        configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
      },
    ],
    validateOnly,
  })
  return responses[0]!.errorCode
}

/** What is set on the topic itself. */
async function settings(client: RawClient, name: string): Promise<Record<string, string | null>> {
  const { results } = await client.request(DescribeConfigsApi, 4, {
    resources: [{ resourceType: TOPIC, resourceName: name, configurationKeys: null }],
    includeSynonyms: false,
    includeDocumentation: false,
  })
  const own = results[0]!.configs.filter(({ configSource }) => configSource === 1)
  return Object.fromEntries(own.map((config) => [config.name, config.value]))
}

behaviour(
  'IncrementalAlterConfigs of a topic is in force for the next record, in every version',
  async ({ client, topic, now, sleep }) => {
    const made = await topic()
    const large = () => batch(now(), { records: [record(now(), 'x'.repeat(500))] })
    for (const version of [0, 1]) {
      const small = await alter(client, [[TOPIC, made.name, ['max.message.bytes', SET, '100']]], {
        version,
      })
      assert.deepEqual(small, [[made.name, 0]])
      await sleep(300)
      assert.deepEqual(await settings(client, made.name), { 'max.message.bytes': '100' })
      assert.equal((await produce(client, made, large())).errorCode, MESSAGE_TOO_LARGE)
      await alter(client, [[TOPIC, made.name, ['max.message.bytes', DELETE, null]]], { version })
      await sleep(300)
      assert.deepEqual(await settings(client, made.name), {})
      assert.equal((await produce(client, made, large())).errorCode, 0)
    }
  },
)

behaviour(
  'IncrementalAlterConfigs decides resource by resource, each as a whole',
  async ({ client, topic, sleep }) => {
    const [right, wrong, twice] = [await topic(), await topic(), await topic()]
    const answers = await alter(client, [
      [TOPIC, right.name, ['cleanup.policy', APPEND, 'compact']],
      [TOPIC, wrong.name, ['retention.ms', SET, '5000'], ['segment.ms', SET, 'soon']],
      [TOPIC, twice.name, ['retention.ms', SET, '5000']],
      [TOPIC, 'no-such-topic', ['retention.ms', SET, '5000']],
      [TOPIC, twice.name, ['retention.ms', SET, '6000']],
      [3, 'what', ['retention.ms', SET, '6000']],
    ])
    assert.deepEqual(answers, [
      [right.name, 0],
      [wrong.name, INVALID_CONFIG],
      [twice.name, INVALID_REQUEST],
      ['no-such-topic', UNKNOWN_TOPIC_OR_PARTITION],
      [twice.name, INVALID_REQUEST],
      ['what', INVALID_REQUEST],
    ])
    await sleep(300)
    assert.deepEqual(await settings(client, right.name), { 'cleanup.policy': 'delete,compact' })
    assert.deepEqual(await settings(client, wrong.name), {})
    assert.deepEqual(await settings(client, twice.name), {})
  },
)

behaviour(
  'IncrementalAlterConfigs that only validates changes nothing',
  async ({ client, topic, sleep }) => {
    const { name } = await topic()
    const validateOnly = true
    for (const [value, errorCode] of [
      ['5000', 0],
      ['soon', INVALID_CONFIG],
    ] as const) {
      const asked = [[TOPIC, name, ['retention.ms', SET, value]]] as const
      assert.deepEqual(await alter(client, asked, { validateOnly }), [[name, errorCode]])
    }
    await sleep(300)
    assert.deepEqual(await settings(client, name), {})
  },
)

behaviour(
  'AlterConfigs replaces what is set on a topic, in every version',
  async ({ client, topic, sleep }) => {
    for (const version of [0, 1, 2]) {
      const { name } = await topic({ 'segment.ms': '60000' })
      const options = { version }
      assert.equal(await replace(client, name, { 'retention.ms': '5000' }, options), 0)
      await sleep(300)
      assert.deepEqual(await settings(client, name), { 'retention.ms': '5000' })
      const asked = { 'retention.ms': '6000' }
      assert.equal(await replace(client, name, asked, { version, validateOnly: true }), 0)
      assert.equal(await replace(client, name, { 'retention.ms': 'soon' }, options), INVALID_CONFIG)
      assert.equal(await replace(client, name, { 'retention.ms': null }, options), INVALID_REQUEST)
      await sleep(300)
      assert.deepEqual(await settings(client, name), { 'retention.ms': '5000' })
    }
    assert.equal(
      await replace(client, 'no-such-topic', { 'retention.ms': '5000' }),
      UNKNOWN_TOPIC_OR_PARTITION,
    )
  },
)
