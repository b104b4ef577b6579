import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AlterClientQuotasApi } from '@ottla/protocol/messages/alter-client-quotas'
import { FetchApi } from '@ottla/protocol/messages/fetch'
import { FindCoordinatorApi } from '@ottla/protocol/messages/find-coordinator'
import { OffsetCommitApi } from '@ottla/protocol/messages/offset-commit'
import type { MetricFamily } from '../../src/index.ts'
import { OTHERS } from '../../src/metrics/shown.ts'
import { behaviour, type MadeTopic, type Subject } from '../support/behaviour.ts'
import { BrokerWorld } from '../support/broker-world.ts'
import { batch, fetch, produce } from '../support/letters.ts'

/** All samples of a broker, as `name label=value …` → value. */
async function look({ world }: Subject): Promise<Map<string, number>> {
  return flat(await world!.broker.metrics.collect())
}

function flat(families: readonly MetricFamily[]): Map<string, number> {
  const samples = new Map<string, number>()
  for (const family of families) {
    for (const { name, labels, value } of family.samples) {
      const words = Object.entries(labels).map(([label, text]) => `${label}=${text}`)
      samples.set([name, ...words].join(' '), value)
    }
  }
  return samples
}

const traffic = 'kafka_server_brokertopicmetrics'
const isOwn = true

behaviour(
  'refused records are counted by their topic, repeated ones not again',
  async (subject) => {
    const { client, topic, now } = subject
    const letters = await topic()
    const own = { producerId: 7, producerEpoch: 0, baseSequence: 0 }
    for (const _ of ['first', 'again']) await produce(client, letters, batch(now(), own))
    const broken = batch(now())
    broken[30]! ^= 1
    const { errorCode } = await produce(client, letters, broken)
    assert.notEqual(errorCode, 0)
    await fetch(client, letters, 100)

    const seen = await look(subject)
    const of = `topic=${letters.name}`
    assert.equal(seen.get(`${traffic}_messagesin_total ${of}`), 1)
    assert.equal(seen.get(`${traffic}_totalproducerequests_total ${of}`), 3)
    assert.equal(seen.get(`${traffic}_failedproducerequests_total ${of}`), 1)
    assert.equal(seen.get(`${traffic}_bytesrejected_total ${of}`), broken.length)
    assert.equal(seen.get(`${traffic}_failedfetchrequests_total ${of}`), 1)
    const errors = 'kafka_network_requestmetrics_errors_total'
    assert.equal(seen.get(`${errors} request=Produce error=CORRUPT_MESSAGE`), 1)
    assert.equal(seen.get(`${errors} request=FetchConsumer error=OFFSET_OUT_OF_RANGE`), 1)
  },
  { isOwn },
)

behaviour(
  'a fetch that waits is seen waiting, and its wait is the time of others',
  async (subject) => {
    const { client, topic, sleep, now } = subject
    const letters = await topic()
    const other = await subject.connect()
    const waiting = longPoll(other, letters)
    await sleep(100)
    const size = 'kafka_server_delayedoperationpurgatory_purgatorysize delayedOperation=Fetch'
    assert.equal((await look(subject)).get(size), 1)
    await produce(client, letters, batch(now()))
    await waiting
    const seen = await look(subject)
    assert.equal(seen.get(size), 0)
    const names = 'kafka_network_requestmetrics'
    const remoteMs = seen.get(`${names}_remotetimems_sum request=FetchConsumer`) ?? 0
    assert(remoteMs >= 90 && remoteMs < 1000, String(remoteMs))
    assert.equal(seen.get(`${names}_remotetimems_bucket request=FetchConsumer le=50`), 0)
    assert.equal(seen.get(`${names}_remotetimems_bucket request=FetchConsumer le=+Inf`), 1)
  },
  { isOwn },
)

async function longPoll(client: Subject['client'], { id }: MadeTopic): Promise<void> {
  await client.request(FetchApi, 17, {
    maxWaitMs: 10_000,
    minBytes: 1,
    topics: [
      { topicId: id, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] },
    ],
  })
}

behaviour(
  'the time that a client is throttled is shown by its requests',
  async (subject) => {
    const { client, connect, topic, now, sleep } = subject
    const letters = await topic()
    await client.request(AlterClientQuotasApi, 1, {
      entries: [
        {
          entity: [{ entityType: 'client-id', entityName: 'test' }],
          ops: [{ key: 'producer_byte_rate', value: 1000, remove: false }],
        },
      ],
      validateOnly: false,
    })
    await sleep(200)
    const producer = await connect()
    const records = batch(now(), { records: [{ timestamp: now(), value: Buffer.alloc(20_000) }] })
    await produce(producer, letters, records)
    const seen = await look(subject)
    const throttle = 'kafka_network_requestmetrics_throttletimems'
    assert.equal(seen.get(`${throttle}_count request=Produce`), 1)
    assert((seen.get(`${throttle}_sum request=Produce`) ?? 0) >= 500)
    assert.equal(seen.get(`${throttle}_count request=AlterClientQuotas`), 0)
  },
  { isOwn },
)

behaviour(
  'connections are counted as they come, go and are refused',
  async (subject) => {
    const names = 'server_socket_server_metrics_connection'
    const one = await subject.connect()
    const refused = await subject.connect()
    await subject.sleep(10)
    assert(refused.isClosed)
    one.close()
    await subject.sleep(10)
    const seen = await look(subject)
    const listener = 'listener=PLAINTEXT'
    assert.equal(seen.get(`kafka_${names}_count ${listener}`), 1)
    assert.equal(seen.get(`kafka_${names}_creation_total ${listener}`), 2)
    assert.equal(seen.get(`kafka_${names}_close_total ${listener}`), 1)
    assert.equal(seen.get(`ottla_${names}_refused_total ${listener}`), 1)
  },
  { settings: { 'max.connections': '2' } },
)

behaviour(
  'of more topics and partitions than are shown by name the rest is added up',
  async (subject) => {
    const { client, topic, now } = subject
    const topics: MadeTopic[] = []
    for (const _ of [1, 2, 3, 4]) topics.push(await topic())
    for (const each of topics) await produce(client, each, batch(now()))
    const seen = await look(subject)
    const shown = [...seen.keys()].filter((key) => key.startsWith(`${traffic}_messagesin_total`))
    assert.equal(shown.length, 3)
    assert.equal(seen.get(`${traffic}_messagesin_total topic=${OTHERS}`), 2)
    const sizes = [...seen].filter(([key]) => key.startsWith('kafka_log_log_size'))
    assert.equal(sizes.length, 3)
    const sum = sizes.reduce((bytes, [, value]) => bytes + value, 0)
    assert.equal(sum, 4 * batch(now()).length)
  },
  { settings: { 'ottla.metrics.series.max': '2' } },
)

behaviour(
  'the numbers of the cluster are those of the metadata log',
  async (subject) => {
    await subject.topic({}, 3)
    const seen = await look(subject)
    const controller = 'kafka_controller_kafkacontroller'
    assert.equal(seen.get(`${controller}_activecontrollercount`), 1)
    assert.equal(seen.get(`${controller}_activebrokercount`), 1)
    assert.equal(seen.get(`${controller}_globaltopiccount`), 1)
    assert.equal(seen.get(`${controller}_globalpartitioncount`), 3)
    assert.equal(seen.get(`${controller}_offlinepartitionscount`), 0)
    assert.equal(seen.get('kafka_server_replicamanager_leadercount'), 3)
    const end = seen.get('kafka_server_raft_metrics_log_end_offset') ?? 0
    const applied = 'kafka_server_broker_metadata_metrics_last_applied_record_offset'
    assert.equal(seen.get(applied), end - 1)
  },
  { isOwn },
)

behaviour(
  'of more groups than are shown by name the rest is added up',
  async (subject) => {
    const { client, topic, now } = subject
    const letters = await topic()
    for (const _ of [1, 2, 3]) await produce(client, letters, batch(now()))
    await client.request(FindCoordinatorApi, 3, { key: 'g1', keyType: 0 })
    for (const [groupId, committedOffset] of [
      ['g1', 3],
      ['g2', 2],
      ['g3', 0],
    ] as const) {
      const partitions = [{ partitionIndex: 0, committedOffset, committedMetadata: null }]
      const answer = await client.request(OffsetCommitApi, 9, {
        groupId,
        memberId: '',
        topics: [{ name: letters.name, partitions }],
      })
      assert.equal(answer.topics[0]?.partitions[0]?.errorCode, 0)
    }
    const seen = await look(subject)
    const names = 'kafka_coordinator_group_groupmetadatamanager'
    assert.equal(seen.get(`${names}_numgroups`), 3)
    assert.equal(seen.get(`${names}_numgroupsempty`), 3)
    assert.equal(seen.get(`${names}_numoffsets`), 3)
    const lags = [...seen].filter(([key]) => key.startsWith('kafka_consumergroup_lag '))
    assert.equal(lags.length, 2)
    assert(lags.some(([key]) => key.includes(OTHERS)))
    assert.equal(
      lags.reduce((sum, [, lag]) => sum + lag, 0),
      4,
    )
  },
  { settings: { 'ottla.metrics.series.max': '1', 'offsets.topic.num.partitions': '1' } },
)

behaviour(
  'the age of the latest metadata snapshot is shown once there is one',
  async (subject) => {
    const names = 'kafka_server_snapshotemitter_latestsnapshotgenerated'
    assert.equal((await look(subject)).get(`${names}bytes`), undefined)
    await subject.topic()
    await subject.sleep(3_000)
    const seen = await look(subject)
    assert((seen.get(`${names}bytes`) ?? 0) > 0)
    assert((seen.get(`${names}agems`) ?? -1) >= 0)
  },
  { settings: { 'metadata.log.max.snapshot.interval.ms': '2000' } },
)

test('a broker is ready while it serves, and says why when it does not', async () => {
  const world = new BrokerWorld()
  await world.world.run(async () => {
    await world.start()
    const { broker } = world
    assert.deepEqual(broker.health, { isLive: true, isReady: true, reasons: [] })
    const closing = broker.close()
    assert.deepEqual(broker.health.reasons, ['the broker is shutting down'])
    assert(!broker.health.isReady)
    await closing
    assert.deepEqual(broker.health.reasons, ['the broker has stopped'])

    await world.start()
    world.broker.stopAfter(new Error('an invariant broke'))
    await world.broker.close()
    const { isLive, isReady, reasons } = world.broker.health
    assert(!isLive && !isReady)
    assert.match(reasons.join(), /failed/)
  })
})
