import assert from 'node:assert/strict'
import { DescribeConfigsApi } from '@ottla/protocol/messages/describe-configs'
import { behaviour } from '../support/behaviour.ts'

const TOPIC = 2
const BROKER = 4
const UNKNOWN_TOPIC_OR_PARTITION = 3
const INVALID_TOPIC = 17
const INVALID_REQUEST = 42

/** Sources: 1 the topic's own, 3 the cluster's, 4 the broker's file, 5 the default. */
const CLUSTER_DEFAULT = 3
const DEFAULT = 5

/** Every topic setting of Apache Kafka 4.3.1 as `name|type|default`, in one broker that sets none. */
const topicSettings = `
cleanup.policy|7|delete
compression.gzip.level|3|-1
compression.lz4.level|3|9
compression.type|2|producer
compression.zstd.level|3|3
delete.retention.ms|5|86400000
file.delete.delay.ms|5|60000
flush.messages|5|9223372036854775807
flush.ms|5|9223372036854775807
follower.replication.throttled.replicas|7|
index.interval.bytes|3|4096
leader.replication.throttled.replicas|7|
local.retention.bytes|5|-2
local.retention.ms|5|-2
max.compaction.lag.ms|5|9223372036854775807
max.message.bytes|3|1048588
message.timestamp.after.max.ms|5|3600000
message.timestamp.before.max.ms|5|9223372036854775807
message.timestamp.type|2|CreateTime
min.cleanable.dirty.ratio|6|0.5
min.compaction.lag.ms|5|0
min.insync.replicas|3|1
preallocate|1|false
remote.log.copy.disable|1|false
remote.log.delete.on.disable|1|false
remote.storage.enable|1|false
retention.bytes|5|-1
retention.ms|5|604800000
segment.bytes|3|1073741824
segment.index.bytes|3|10485760
segment.jitter.ms|5|0
segment.ms|5|604800000
unclean.leader.election.enable|1|false
`.trim()

behaviour(
  'DescribeConfigs tells every setting of a topic as Kafka does',
  async ({ client, topic }) => {
    const { name } = await topic()
    const answer = await client.request(DescribeConfigsApi, 4, {
      resources: [{ resourceType: TOPIC, resourceName: name, configurationKeys: null }],
      includeSynonyms: true,
      includeDocumentation: true,
    })
    const [result] = answer.results
    assert.deepEqual(
      [result?.errorCode, result?.resourceType, result?.resourceName],
      [0, TOPIC, name],
    )
    const configs = (result?.configs ?? []).toSorted((a, b) => (a.name < b.name ? -1 : 1))
    assert.equal(
      configs.map(({ name: key, configType, value }) => `${key}|${configType}|${value}`).join('\n'),
      topicSettings,
    )
    for (const { name: key, configSource, readOnly, isSensitive, documentation } of configs) {
      // With eligible leader replicas the cluster itself sets this one (KIP-966).
      const source = key === 'min.insync.replicas' ? CLUSTER_DEFAULT : DEFAULT
      assert.deepEqual([key, configSource, readOnly, isSensitive], [key, source, false, false])
      assert.ok(documentation)
    }
  },
)

behaviour('DescribeConfigs tells where a value comes from', async ({ client, topic }) => {
  const { name } = await topic({ 'max.message.bytes': '1000', 'cleanup.policy': 'compact,delete' })
  for (const version of [1, 2, 3, 4]) {
    const answer = await client.request(DescribeConfigsApi, version, {
      resources: [
        {
          resourceType: TOPIC,
          resourceName: name,
          configurationKeys: ['max.message.bytes', 'no.such.setting', 'cleanup.policy'],
        },
      ],
      includeSynonyms: true,
    })
    const configs = answer.results[0]?.configs ?? []
    const found = configs.find((config) => config.name === 'max.message.bytes')
    assert.equal(configs.length, 2)
    assert.equal(found?.value, '1000')
    assert.equal(found.configSource, 1)
    assert.equal(found.configType, version >= 3 ? 3 : 0)
    assert.deepEqual(found.synonyms, [
      { name: 'max.message.bytes', value: '1000', source: 1 },
      { name: 'message.max.bytes', value: '1048588', source: DEFAULT },
    ])
    const policy = configs.find((config) => config.name === 'cleanup.policy')
    assert.equal(policy?.value, 'compact,delete')
  }
})

behaviour('DescribeConfigs without synonyms names none', async ({ client, topic }) => {
  const { name } = await topic({ 'retention.ms': '5' })
  const answer = await client.request(DescribeConfigsApi, 4, {
    resources: [{ resourceType: TOPIC, resourceName: name, configurationKeys: ['retention.ms'] }],
  })
  const [config] = answer.results[0]?.configs ?? []
  assert.deepEqual([config?.value, config?.synonyms, config?.documentation], ['5', [], null])
})

behaviour('DescribeConfigs of what there is not', async ({ client }) => {
  const answer = await client.request(DescribeConfigsApi, 4, {
    resources: [
      { resourceType: TOPIC, resourceName: 'no-such-topic', configurationKeys: null },
      { resourceType: TOPIC, resourceName: 'bad name', configurationKeys: null },
      { resourceType: BROKER, resourceName: '99', configurationKeys: null },
      { resourceType: BROKER, resourceName: 'one', configurationKeys: null },
    ],
  })
  assert.deepEqual(
    answer.results.map(({ errorCode, resourceName, configs }) => [
      resourceName,
      errorCode,
      configs.length,
    ]),
    [
      ['no-such-topic', UNKNOWN_TOPIC_OR_PARTITION, 0],
      ['bad name', INVALID_TOPIC, 0],
      ['99', INVALID_REQUEST, 0],
      ['one', INVALID_REQUEST, 0],
    ],
  )
})

behaviour(
  'DescribeConfigs of a broker: what its file says, and what may change',
  async ({ client }) => {
    const answer = await client.request(DescribeConfigsApi, 4, {
      resources: [
        {
          resourceType: BROKER,
          resourceName: '1',
          configurationKeys: ['node.id', 'log.retention.hours', 'num.io.threads'],
        },
      ],
    })
    const rows = answer.results[0]?.configs.map(({ name, value, configSource, readOnly }) => [
      name,
      value,
      configSource,
      readOnly,
    ])
    assert.deepEqual(
      rows?.toSorted((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1)),
      [
        ['log.retention.hours', '168', DEFAULT, true],
        ['node.id', '1', 4, true],
        ['num.io.threads', '8', DEFAULT, false],
      ],
    )
  },
)
