import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type BrokerSettings,
  internalReplicationFactor,
} from '../../src/configs/broker-settings.ts'
import { parseBrokerSettings } from '../../src/configs/parse-broker-settings.ts'
import { topicSettingTable } from '../../src/configs/tables.ts'

function parse(
  given: Record<string, string>,
  where = 'test',
): ReturnType<typeof parseBrokerSettings> {
  return parseBrokerSettings(Object.entries(given).map(([name, value]) => ({ name, value, where })))
}

function settingsOf(given: Record<string, string>): BrokerSettings {
  const parsed = parse(given)
  assert('settings' in parsed, 'problems' in parsed ? parsed.problems.join('\n') : '')
  return parsed.settings
}

function problemsOf(given: Record<string, string>): readonly string[] {
  const parsed = parse(given)
  assert('problems' in parsed, 'the settings are refused')
  return parsed.problems
}

test('without any setting a broker listens on 9092 as node 1 and advertises localhost', () => {
  const settings = settingsOf({})
  assert.equal(settings.nodeId, 1)
  assert.deepEqual(settings.listeners, [
    { name: 'PLAINTEXT', protocol: 'PLAINTEXT', host: '', port: 9092 },
  ])
  assert.deepEqual(settings.advertisedListeners, [
    { name: 'PLAINTEXT', protocol: 'PLAINTEXT', host: 'localhost', port: 9092 },
  ])
  assert.deepEqual(settings.logDirs, ['/tmp/kafka-logs'])
})

test('milliseconds come before minutes and minutes before hours', () => {
  const retention = (given: Record<string, string>): number =>
    settingsOf(given).topicDefaults.retentionMs
  const hours = { 'log.retention.hours': '2' }
  const minutes = { 'log.retention.minutes': '3', ...hours }
  assert.equal(retention({}), 604_800_000)
  assert.equal(retention(hours), 7_200_000)
  assert.equal(retention(minutes), 180_000)
  assert.equal(retention({ 'log.retention.ms': '4', ...minutes }), 4)
  assert.equal(retention({ 'log.retention.minutes': '-1' }), -1)
  assert.equal(settingsOf({ 'log.roll.hours': '1' }).topicDefaults.segmentMs, 3_600_000)
  const flush = settingsOf({ 'log.flush.scheduler.interval.ms': '7' })
  assert.equal(flush.topicDefaults.flushMs, 7)
})

test("every topic setting has a field among a topic's effective settings", () => {
  const names = [...topicSettingTable.all.values()]
    .filter(({ isInternal }) => !isInternal)
    .map(({ name }) => name.replaceAll('.', '').toLowerCase())
  const fields = Object.keys(settingsOf({}).topicDefaults).map((field) => field.toLowerCase())
  assert.deepEqual(fields.sort(), names.sort())
})

test('of two entries with one name the later wins', () => {
  const parsed = parseBrokerSettings([
    { name: 'num.partitions', value: '3', where: 'server.properties' },
    { name: 'num.partitions', value: '4', where: 'KAFKA_NUM_PARTITIONS' },
  ])
  assert('settings' in parsed)
  assert.equal(parsed.settings.numPartitions, 4)
})

test('a wrong value says what, where and what would be valid', () => {
  assert.deepEqual(problemsOf({ 'num.partitions': '0' }), [
    'num.partitions = "0" (test): Value must be at least 1; valid: a whole number (int), at least 1',
  ])
  assert.deepEqual(problemsOf({ 'auto.create.topics.enable': 'yes' }), [
    'auto.create.topics.enable = "yes" (test): Expected value to be either true or false; ' +
      'valid: true or false',
  ])
  assert.match(problemsOf({ 'log.segment.bytes': '99999999999' })[0] ?? '', /type INT/)
  assert.match(problemsOf({ 'compression.type': 'brotli' })[0] ?? '', /one of uncompressed, zstd/)
})

test('a misspelt name is refused with what was probably meant', () => {
  assert.deepEqual(problemsOf({ 'log.retention.hour': '1' }), [
    'log.retention.hour (test): unknown setting; did you mean log.retention.hours?',
  ])
  assert.match(problemsOf({ 'foo.bar.baz': '1' })[0] ?? '', /unknown setting/)
})

test('a variable of the environment that is no setting is a warning, a near miss an error', () => {
  const fromEnvironment = (name: string): ReturnType<typeof parseBrokerSettings> =>
    parseBrokerSettings([{ name, value: '1', where: 'KAFKA_X', isUnknownHarmless: true }])
  assert('settings' in fromEnvironment('service.host'))
  assert('problems' in fromEnvironment('log.retention.hour'))
})

test("plug-ins', listeners' and security's settings are kept, removed ones are warned about", () => {
  const parsed = parse({
    'listener.name.internal.ssl.keystore.location': 'a.jks',
    'super.users': 'User:admin',
    'ssl.truststore.type': 'PKCS12',
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256',
    'metric.reporters': 'com.example.Reporter',
    'zookeeper.connect': 'localhost:2181',
    'inter.broker.protocol.version': '3.6',
  })
  assert('settings' in parsed)
  assert.equal(parsed.settings.given.get('super.users'), 'User:admin')
  assert.deepEqual(parsed.settings.get('sasl.enabled.mechanisms'), ['PLAIN', 'SCRAM-SHA-256'])
  assert.equal(parsed.warnings.length, 2)
})

test('a combined node of a compose file starts: its controller listener is set apart', () => {
  const settings = settingsOf({
    'process.roles': 'broker,controller',
    'node.id': '7',
    'controller.quorum.voters': '7@broker:29093',
    listeners: 'PLAINTEXT://broker:29092,CONTROLLER://broker:29093,PLAINTEXT_HOST://0.0.0.0:9092',
    'advertised.listeners': 'PLAINTEXT://broker:29092,PLAINTEXT_HOST://localhost:9092',
    'listener.security.protocol.map':
      'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,PLAINTEXT_HOST:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
  })
  assert.equal(settings.nodeId, 7)
  const names = (listeners: BrokerSettings['listeners']): string[] =>
    listeners.map(({ name }) => name)
  assert.deepEqual(names(settings.listeners), ['PLAINTEXT', 'PLAINTEXT_HOST'])
  assert.deepEqual(names(settings.controllerListeners), ['CONTROLLER'])
  assert.deepEqual(names(settings.advertisedListeners), ['PLAINTEXT', 'PLAINTEXT_HOST'])
})

test('other voters than this node are warned about: it does not join them', () => {
  const parsed = parse({ 'controller.quorum.voters': '1@a:9093,2@b:9093,3@c:9093' })
  assert('settings' in parsed)
  assert.match(parsed.warnings[0] ?? '', /names 3 nodes/)
})

for (const [why, given, expected] of [
  ['a form that is none', { listeners: 'localhost:9092' }, /NAME:\/\/host:port/],
  ['a name without a protocol', { listeners: 'FRONT://:9092' }, /FRONT:PLAINTEXT/],
  ['a port out of range', { listeners: 'PLAINTEXT://:99999' }, /0 to 65535/],
  [
    'a port used twice',
    {
      listeners: 'PLAINTEXT://:9092,B://:9092',
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,B:PLAINTEXT',
    },
    /used twice/,
  ],
  ['a protocol that is not there yet', { listeners: 'SASL_SSL://:9092' }, /does not do yet/],
  ['a listener that is not bound', { 'advertised.listeners': 'X://a:1' }, /X:PLAINTEXT/],
  [
    'an advertised address nobody can reach',
    { 'advertised.listeners': 'PLAINTEXT://0.0.0.0:9092' },
    /needs a host that clients can reach/,
  ],
  ['only a controller listener', { listeners: 'CONTROLLER://:9093' }, /clients need one/],
  ['a process that is controller only', { 'process.roles': 'controller' }, /must contain broker/],
  ['two ids', { 'node.id': '1', 'broker.id': '2' }, /give node.id only/],
  ['a retention of nothing', { 'log.retention.hours': '0' }, /-1 \(for ever\) or at least 1/],
  [
    'bounds that cross',
    { 'group.min.session.timeout.ms': '10', 'group.max.session.timeout.ms': '5' },
    /at least group.min.session.timeout.ms, which is 10/,
  ],
] as const) {
  test(`refused: ${why}`, () => {
    const problems = problemsOf(given)
    assert.match(problems.join('\n'), expected)
    assert.match(problems.join('\n'), /\((test|by default)\)/)
  })
}

test('internal topics shrink to the live brokers, unless somebody said how many', () => {
  const name = 'offsets.topic.replication.factor'
  assert.equal(internalReplicationFactor(settingsOf({}), name, 1), 1)
  assert.equal(internalReplicationFactor(settingsOf({}), name, 5), 3)
  assert.equal(internalReplicationFactor(settingsOf({ [name]: '3' }), name, 1), 3)
})
