import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { test } from 'node:test'
import type { Broker } from '@ottla/broker'
import { Client } from '@ottla/client'
import { parseBrokerSettings } from '@ottla/metadata/configs'
import { silentLogger } from '@ottla/runtime'
import { nodeRuntime } from '@ottla/runtime/node'
import { type RunningBroker, startBroker, UserError } from '../../src/index.ts'
import { openHttpEndpoint } from '../../src/http/http-endpoint.ts'
import { openBroker } from '../../src/start-broker.ts'
import { ottla, startCliBroker, temporaryDirectory } from '../cli-process.ts'
import { checkCounters, checkHistograms, Exposition } from './exposition.ts'

const settings = {
  'ottla.http.listener': '127.0.0.1:0',
  'group.initial.rebalance.delay.ms': 0,
  'offsets.topic.num.partitions': 2,
}

async function scrape({ httpUrl }: RunningBroker): Promise<Exposition> {
  const response = await fetch(`${httpUrl}/metrics`)
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
  return new Exposition(await response.text())
}

test('/metrics counts what clients did', async () => {
  using directory = temporaryDirectory()
  await using broker = await startBroker({ dataDirectory: directory.path, settings })
  const runtime = nodeRuntime()
  await using client = new Client({ runtime, bootstrapServers: broker.bootstrapServers })
  await client.admin.createTopics([{ name: 'letters', partitions: 1 }])
  await using producer = client.producer()
  const sends = Array.from({ length: 1000 }, (_, number) =>
    producer.send({ topic: 'letters', value: `letter ${number}` }),
  )
  await Promise.all(sends)
  using consumer = client.consumer()
  consumer.assign([{ topic: 'letters', partition: 0, start: 'earliest' }])
  let records = 0
  while (records < 1000) records += (await consumer.poll()).length

  const first = await scrape(broker)
  checkHistograms(first)
  const topic = { topic: 'letters' }
  const traffic = 'kafka_server_brokertopicmetrics'
  assert.equal(first.value(`${traffic}_messagesin_total`, topic), 1000)
  const bytes = first.value(`${traffic}_bytesin_total`, topic) ?? 0
  assert(bytes > 8000)
  assert.equal(first.value('kafka_log_log_size', { ...topic, partition: '0' }), bytes)
  assert.equal(first.value('kafka_log_log_logendoffset', { ...topic, partition: '0' }), 1000)
  assert((first.value('ottla_server_brokertopicmetrics_messagesout_total', topic) ?? 0) >= 1000)
  assert((first.value(`${traffic}_bytesout_total`, topic) ?? 0) >= bytes)
  const produces = first.value(`${traffic}_totalproducerequests_total`, topic)
  const request = { request: 'Produce' }
  const network = 'kafka_network_requestmetrics'
  assert.equal(first.value(`${network}_totaltimems_count`, request), produces)
  assert.equal(first.value(`${network}_errors_total`, { ...request, error: 'NONE' }), produces)

  await producer.send({ topic: 'letters', value: 'one more' })
  const second = await scrape(broker)
  checkHistograms(second)
  checkCounters(first, second)
  assert.equal(second.value(`${traffic}_messagesin_total`, topic), 1001)
})

test('the parts of the time of all requests add up to the whole', async () => {
  using directory = temporaryDirectory()
  await using broker = await startBroker({ dataDirectory: directory.path, settings })
  const runtime = nodeRuntime()
  await using client = new Client({ runtime, bootstrapServers: broker.bootstrapServers })
  await client.admin.createTopics([{ name: 'letters', partitions: 1 }])
  using consumer = client.consumer({ fetchMaxWaitMs: 300 })
  consumer.assign([{ topic: 'letters', partition: 0, start: 'earliest' }])
  await consumer.poll({ timeoutMs: 400 })
  const seen = await scrape(broker)
  const sum = (part: string): number => seen.sum(`kafka_network_requestmetrics_${part}timems_sum`)
  const parts = sum('requestqueue') + sum('local') + sum('remote') + sum('responsesend')
  assert(Math.abs(parts - sum('total')) < 0.001, `${parts} is not ${sum('total')}`)
  assert(sum('remote') >= 250, 'a fetch without data waits for others')
})

test('errors are counted by code, and what is no request by its error', async () => {
  using directory = temporaryDirectory()
  const off = { ...settings, 'auto.create.topics.enable': false }
  await using broker = await startBroker({ dataDirectory: directory.path, settings: off })
  const runtime = nodeRuntime()
  await using client = new Client({ runtime, bootstrapServers: broker.bootstrapServers })
  await client.admin.createTopics([{ name: 'letters', partitions: 1 }])
  await client.admin.createTopics([{ name: 'letters', partitions: 1 }])
  const seen = await scrape(broker)
  const counts = 'kafka_network_requestmetrics_errors_total'
  const request = 'CreateTopics'
  assert.equal(seen.value(counts, { request, error: 'NONE' }), 1)
  assert.equal(seen.value(counts, { request, error: 'TOPIC_ALREADY_EXISTS' }), 1)

  const noRequest = await runtime.network.connect({ host: '127.0.0.1', port: broker.port })
  const closed = new Promise<void>((resolve) => {
    noRequest.handle({ onData() {}, onDrain() {}, onEnd() {}, onClose: () => resolve() })
  })
  noRequest.write([Buffer.from([0, 0, 0, 4, 0x7f, 0xff, 0, 0])])
  noRequest.end()
  await closed
  const later = await scrape(broker)
  const unreadable = 'ottla_network_unreadablerequests_total'
  assert.equal(later.value(unreadable, { error: 'INVALID_REQUEST' }), 1)
})

test('what a group has not read yet is shown in records and in seconds', async () => {
  using directory = temporaryDirectory()
  await using broker = await startBroker({ dataDirectory: directory.path, settings })
  const runtime = nodeRuntime()
  await using client = new Client({ runtime, bootstrapServers: broker.bootstrapServers })
  await client.admin.createTopics([{ name: 'letters', partitions: 1 }])
  await using producer = client.producer()
  const old = Date.now() - 60_000
  const send = (timestamp: number): Promise<unknown> =>
    producer.send({ topic: 'letters', value: 'x', timestamp })
  await send(old)

  const reader = client.groupConsumer({
    groupId: 'readers',
    topics: ['letters'],
    offsetReset: 'earliest',
  })
  let records = 0
  while (records < 1) records += (await reader.poll()).length
  const stable = await scrape(broker)
  const names = 'kafka_coordinator_group_groupmetadatamanager'
  assert.equal(stable.value(`${names}_numgroups`), 1)
  assert.equal(stable.value(`${names}_numgroupsstable`), 1)
  assert.equal(stable.value('kafka_consumergroup_members', { consumergroup: 'readers' }), 1)
  await reader.close()

  const labels = { consumergroup: 'readers', topic: 'letters', partition: '0' }
  const caughtUp = await scrape(broker)
  assert.equal(caughtUp.value(`${names}_numgroupsempty`), 1)
  assert.equal(caughtUp.value('kafka_consumergroup_current_offset', labels), 1)
  assert.equal(caughtUp.value('kafka_consumergroup_lag', labels), 0)
  assert.equal(caughtUp.value('kafka_consumergroup_lag_seconds', labels), 0)

  await send(old)
  await send(Date.now())
  for (const _ of [1, 2]) {
    const behind = await scrape(broker)
    assert.equal(behind.value('kafka_consumergroup_lag', labels), 2)
    const seconds = behind.value('kafka_consumergroup_lag_seconds', labels) ?? 0
    assert(seconds >= 60 && seconds < 90, String(seconds))
  }
})

test('a running broker is live and ready; a stopped one answers nothing', async () => {
  using directory = temporaryDirectory()
  await using broker = await startBroker({ dataDirectory: directory.path, settings })
  for (const path of ['/health/live', '/health/ready']) {
    const response = await fetch(`${broker.httpUrl}${path}`)
    assert.equal(response.status, 200)
    assert.deepEqual(await response.json(), { status: 'up', reasons: [] })
  }
  const nothing = await fetch(`${broker.httpUrl}/`)
  assert.equal(nothing.status, 404)
  await broker.close()
  await assert.rejects(fetch(`${broker.httpUrl}/health/live`))
})

test('a broker that is starting is live, not ready, and has no metrics yet', async () => {
  using directory = temporaryDirectory()
  const started = Promise.withResolvers<Broker>()
  const { clock } = nodeRuntime()
  const listener = { host: '127.0.0.1', port: 0 }
  const options = { listener, broker: started.promise, clock, logger: silentLogger }
  const endpoint = await openHttpEndpoint(options)
  const live = await fetch(`${endpoint.url}/health/live`)
  assert.equal(live.status, 200)
  const ready = await fetch(`${endpoint.url}/health/ready`)
  assert.equal(ready.status, 503)
  const { status, reasons } = (await ready.json()) as { status: string; reasons: string[] }
  assert.equal(status, 'down')
  assert.match(reasons.join(), /starting/)
  const metrics = await fetch(`${endpoint.url}/metrics`)
  assert.equal(metrics.status, 503)

  const settings = parseBrokerSettings([
    { name: 'log.dirs', value: directory.path, where: 'here' },
    { name: 'listeners', value: 'PLAINTEXT://127.0.0.1:0', where: 'here' },
  ])
  assert('settings' in settings)
  const opened = await openBroker(nodeRuntime({ logger: silentLogger }), settings.settings)
  started.resolve(opened.broker)
  const now = await fetch(`${endpoint.url}/health/ready`)
  assert.equal(now.status, 200)
  await opened.close()
  const stopped = await fetch(`${endpoint.url}/health/ready`)
  assert.equal(stopped.status, 503)
  await endpoint.close()
})

test('without a listener there is no endpoint', async () => {
  using directory = temporaryDirectory()
  await using broker = await startBroker({ dataDirectory: directory.path })
  assert.equal(broker.httpUrl, null)
})

test('a taken HTTP port is told, with the way out, and ends the broker', async () => {
  using directory = temporaryDirectory()
  const dataDirectory = directory.path
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const taken = { 'ottla.http.listener': `127.0.0.1:${port}` }
  await assert.rejects(
    startBroker({ dataDirectory, settings: taken }),
    (error) =>
      error instanceof UserError &&
      error.message.includes(`127.0.0.1:${port}: another program has that port`) &&
      error.message.includes('--http'),
  )
  server.close()
  await using _next = await startBroker({ dataDirectory }) // the directory is free again
})

test('ottla start --http says where the metrics are, and ends cleanly', async () => {
  using directory = temporaryDirectory()
  const args = ['--listen', '127.0.0.1:0', '--data-dir', directory.path, '--http', '127.0.0.1:0']
  const broker = await startCliBroker(args)
  const url = /metrics on (http:\S+),/.exec(broker.readyLine)?.[1]
  assert(url !== undefined, broker.readyLine)
  const seen = new Exposition(await (await fetch(url)).text())
  assert.equal(seen.value('kafka_server_kafkaserver_brokerstate'), 3)
  const { code, error } = await broker.stop()
  assert.equal(code, 0, error)
})

test('an HTTP address that is none is told in a sentence', async () => {
  const { code, error } = await ottla(['start', '--http', '9464'])
  assert.equal(code, 1)
  assert.match(error, /ottla\.http\.listener = "9464" \(--http\).*host:port/)
})
