import assert from 'node:assert/strict'
import { test } from 'node:test'
import { environmentSettings, settingName } from '../../src/settings/environment.ts'

test('a variable names a setting as the Apache Kafka image has it', () => {
  assert.equal(settingName('KAFKA_LOG_RETENTION_HOURS'), 'log.retention.hours')
  assert.equal(settingName('KAFKA_LISTENER_NAME_A__B_X'), 'listener.name.a_b.x')
  assert.equal(settingName('KAFKA_LISTENER_NAME_A___B_X'), 'listener.name.a-b.x')
})

test('what is for the JVM is passed over; CLUSTER_ID is the cluster id', () => {
  const { entries, clusterId } = environmentSettings({
    KAFKA_HEAP_OPTS: '-Xmx1g',
    KAFKA_JMX_PORT: '9101',
    KAFKA_LOG4J_ROOT_LOGLEVEL: 'WARN',
    KAFKA_NODE_ID: '3',
    PATH: '/bin',
    CLUSTER_ID: 'x',
  })
  assert.deepEqual(
    entries.map(({ name, value, where }) => [name, value, where]),
    [['node.id', '3', 'KAFKA_NODE_ID']],
  )
  assert.equal(clusterId, 'x')
})

test('advertised listeners alone bind their ports on all addresses', () => {
  const { entries } = environmentSettings({
    KAFKA_ADVERTISED_LISTENERS: 'PLAINTEXT://broker:29092,PLAINTEXT_HOST://localhost:9092',
  })
  const listeners = entries.find(({ name }) => name === 'listeners')
  assert.equal(listeners?.value, 'PLAINTEXT://0.0.0.0:29092,PLAINTEXT_HOST://0.0.0.0:9092')
})
