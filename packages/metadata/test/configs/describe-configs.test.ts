import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { KafkaError } from '@ottla/protocol'
import type { DescribeConfigsResult } from '@ottla/protocol/messages/describe-configs'
import type { ConfigSource } from '../../src/configs/config-source.ts'
import { describeConfigs } from '../../src/configs/describe-configs.ts'
import { parseBrokerSettings } from '../../src/configs/parse-broker-settings.ts'

// What Apache Kafka 4.3.1 answered (DescribeConfigs v4, synonyms included, documentation left out,
// settings sorted by name) when it was started with `given` and `dynamic` was set with its own tool.
const answers = readFileSync(new URL('kafka-4.3.1-describe-configs.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as DescribeConfigsResult)

const given: Record<string, string> = {
  'process.roles': 'broker,controller',
  'node.id': '1',
  'controller.quorum.voters': '1@127.0.0.1:19271',
  listeners: 'PLAINTEXT://127.0.0.1:19270,CONTROLLER://127.0.0.1:19271',
  'advertised.listeners': 'PLAINTEXT://127.0.0.1:19270',
  'controller.listener.names': 'CONTROLLER',
  'log.dirs': '/var/lib/kafka',
  'offsets.topic.replication.factor': '1',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  'group.initial.rebalance.delay.ms': '0',
  'log.retention.hours': '48',
  'log.roll.ms': '1000000',
  'log.segment.bytes': '+2000000',
  'compression.type': 'gzip',
  'super.users': 'User:a',
  'listener.name.plaintext.ssl.key.password': 'secret',
  'log.flush.scheduler.interval.ms': '5000',
  'log.cleanup.policy': 'compact, delete',
  'unstable.feature.versions.enable': 'true',
  'ssl.key.password': 'hush',
  'log.cleaner.io.buffer.load.factor': '0.5',
}

// Kafka passes over names it does not know; Ottla refuses to start with them.
const refusedHere = 'foo.bar'
// Kafka requires these three; Ottla starts without them and so has defaults.
const requiredInKafka = new Set(['node.id', 'process.roles', 'controller.listener.names'])

function makeSource(): ConfigSource {
  const entries = Object.entries(given).map(([name, value]) => ({ name, value, where: 'test' }))
  const parsed = parseBrokerSettings(entries)
  assert('settings' in parsed)
  const topics: Record<string, Record<string, string>> = {
    zzz: { 'retention.ms': '1234', 'cleanup.policy': 'compact,delete', 'segment.bytes': '2000000' },
    plain: {},
  }
  return {
    settings: parsed.settings,
    dynamic: {
      broker: new Map([
        ['log.cleaner.threads', '2'],
        ['log.cleanup.policy', 'delete'],
      ]),
      clusterDefault: new Map([
        ['log.retention.ms', '99999999'],
        ['log.cleaner.threads', '3'],
        // Kafka's controller writes this one itself, with eligible leader replicas (KIP-966).
        ['min.insync.replicas', '1'],
      ]),
    },
    topic: (name) => (topics[name] === undefined ? null : new Map(Object.entries(topics[name]))),
    group: (name) => new Map(name === 'g' ? [['consumer.session.timeout.ms', '50000']] : []),
    clientMetrics: (name) => new Map(name === 'm' ? [['interval.ms', '1000']] : []),
    loggers: new Map([
      ['root', 'ERROR'],
      ['org.apache.kafka.server.logger.LoggingController', 'ERROR'],
    ]),
  }
}

for (const { resourceType, resourceName } of answers) {
  test(`describes resource '${resourceName}' of type ${resourceType} as Kafka does`, () => {
    const [ours] = describe(resourceType, resourceName)
    const kafkas = answers.find(
      (answer) => answer.resourceType === resourceType && answer.resourceName === resourceName,
    )
    assert(ours !== undefined && kafkas !== undefined)
    assert.equal(ours.errorCode, kafkas.errorCode)
    assert.equal(ours.errorMessage, kafkas.errorMessage)
    const configs = ours.configs
      .map(({ name, value, readOnly, configSource, isSensitive, synonyms, configType }) => ({
        name,
        value,
        readOnly,
        configSource,
        isSensitive,
        synonyms: synonyms.filter(
          (synonym) => !(requiredInKafka.has(synonym.name) && synonym.source === 5),
        ),
        configType,
      }))
      .sort((one, other) => (one.name < other.name ? -1 : 1))
    assert.deepEqual(
      configs,
      kafkas.configs.filter(({ name }) => name !== refusedHere),
    )
  })
}

test('a request that asks for some settings gets those, and synonyms only when it asks', () => {
  const results = describeConfigs(
    {
      resources: [
        { resourceType: 2, resourceName: 'zzz', configurationKeys: ['retention.ms', 'nope'] },
      ],
      includeSynonyms: false,
      includeDocumentation: true,
    },
    makeSource(),
  )
  const [config, ...others] = results[0]?.configs ?? []
  assert.equal(others.length, 0)
  assert.equal(config?.name, 'retention.ms')
  assert.deepEqual(config.synonyms, [])
  assert.match(config.documentation ?? '', /Segments older/)
})

test('an unknown kind of resource fails the whole request', () => {
  assert.throws(
    () => describe(99, 'a'),
    (error) => error instanceof KafkaError && error.code === 'INVALID_REQUEST',
  )
})

function describe(resourceType: number, resourceName: string): ReturnType<typeof describeConfigs> {
  return describeConfigs(
    {
      resources: [{ resourceType, resourceName, configurationKeys: null }],
      includeSynonyms: true,
      includeDocumentation: true,
    },
    makeSource(),
  )
}
