import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorName } from '@ottla/protocol'
import { CreateTopicsApi } from '@ottla/protocol/messages/create-topics'
import { DeleteRecordsApi } from '@ottla/protocol/messages/delete-records'
import { DeleteTopicsApi } from '@ottla/protocol/messages/delete-topics'
import { FetchApi } from '@ottla/protocol/messages/fetch'
import { ProduceApi } from '@ottla/protocol/messages/produce'
import { decodeBatch, encodeBatch } from '@ottla/records'
import type { Clock, DiskErrorCode } from '@ottla/runtime'
import { BrokerWorld, type RawClient } from '../support/broker-world.ts'

/**
 * A busy broker with two directories, of which one call of the second one's disk fails: for every call
 * there is (OTTLA_EVERY_CALL=1), else for a sample. Whatever it was: the broker lives and serves the
 * other directory, nobody waits for ever, and a restart has all that was acknowledged.
 */
const SAMPLE = 14
const PARTITIONS = 4
const CODES: readonly DiskErrorCode[] = ['DISK_FAILED', 'DISK_FULL', 'READ_ONLY', 'ACCESS_DENIED']

const settings = {
  'log.dirs': '/one,/two',
  'metadata.log.dir': '/one',
  'offsets.topic.num.partitions': '2',
  'log.retention.check.interval.ms': '40000',
}

interface Client {
  readonly raw: RawClient
  readonly clock: Clock
}

async function clientOf(world: BrokerWorld): Promise<Client> {
  return { raw: await world.client(), clock: world.world.node('client').clock }
}

interface Acknowledged {
  readonly letters: Map<number, Set<string>>
  /** Before which offset all was deleted. */
  readonly deleted: Map<number, number>
}

/** @returns How many calls there were of the second directory's disk. */
async function live(failingCall: number, code: DiskErrorCode): Promise<number> {
  const world = new BrokerWorld(settings, failingCall + 1)
  let calls = 0
  world.world.medium('broker').fault = (_, path) => {
    if (path !== '/two' && !path.startsWith('/two/')) return null
    return calls++ === failingCall ? code : null
  }
  await world.world.run(async () => {
    await world.start()
    const acknowledged: Acknowledged = { letters: new Map(), deleted: new Map() }
    const client = await clientOf(world)
    await work(world, client, acknowledged)
    assert.deepEqual(world.failures, [], 'the broker lives')
    // The partitions of the other directory, at the least.
    const errors = await produceAll(client, 'goodbye', acknowledged)
    assert.ok(errors.filter((error) => error === 'NONE').length >= 1, errors.join())
    for (const error of errors) assert.match(error, /^(NONE|KAFKA_STORAGE_ERROR)$/)
    await world.broker.close().catch(() => {}) // that, too, may be what fails

    world.world.medium('broker').fault = null
    await world.start()
    const again = await clientOf(world)
    for (const [partition, letters] of acknowledged.letters) {
      const found = await readAll(again, partition)
      const start = acknowledged.deleted.get(partition) ?? 0
      for (const letter of letters) {
        if (Number(letter.split(' ')[0]) < start) continue
        assert.ok(found.has(letter), `${letter} of partition ${partition}`)
      }
    }
    const errorsAfter = await produceAll(again, 'hello again', acknowledged)
    assert.deepEqual(
      errorsAfter,
      errorsAfter.map(() => 'NONE'),
    )
    await world.broker.close()
    assert.deepEqual(world.bugs, [])
    const said = world.world.trace.entries.map(({ what }) => what)
    assert.deepEqual(
      said.filter((what) => what.includes('background work failed')),
      [],
    )
    assert.ok(said.filter((what) => what.includes('a log directory failed')).length <= 1)
  })
  return calls
}

async function work(world: BrokerWorld, client: Client, acknowledged: Acknowledged): Promise<void> {
  const { clock } = world.world.node('client')
  await create(client, 'letters', {
    'flush.messages': '1',
    'retention.ms': '-1',
    'segment.ms': '10000',
  })
  await create(client, 'drafts', {
    'retention.ms': '20000',
    'segment.ms': '8000',
    'file.delete.delay.ms': '5000',
  })
  // The last letter to each partition stays.
  await create(client, 'news', {
    'cleanup.policy': 'compact',
    'min.cleanable.dirty.ratio': '0.01',
    'segment.ms': '8000',
  })
  for (let round = 0; round < 6; round++) {
    await produceAll(client, `round ${round}`, acknowledged)
    await produceAll(client, 'x'.repeat(700), null)
    await clock.sleep(7_000)
  }
  for (let partition = 0; partition < PARTITIONS; partition++) {
    await fetch(client, partition, 0)
    const { topics } = await client.raw.request(DeleteRecordsApi, 2, {
      timeoutMs: 1_000,
      topics: [{ name: 'letters', partitions: [{ partitionIndex: partition, offset: 2n }] }],
    })
    const { errorCode } = topics[0]!.partitions[0]!
    // Told so or not: what was to be deleted may be.
    acknowledged.deleted.set(partition, 2)
    assert.match(errorName(errorCode), /^(NONE|KAFKA_STORAGE_ERROR)$/)
  }
  await clock.sleep(60_000)
  const { responses } = await client.raw.request(DeleteTopicsApi, 5, {
    topicNames: ['drafts'],
    timeoutMs: 1_000,
  })
  assert.equal(errorName(responses[0]!.errorCode), 'NONE')
  await clock.sleep(70_000)
}

async function create(client: Client, name: string, configs: Record<string, string>) {
  const { topics } = await client.raw.request(CreateTopicsApi, 7, {
    topics: [
      {
        name,
        numPartitions: PARTITIONS,
        replicationFactor: 1,
        assignments: [],
        configs: Object.entries(configs).map(([key, value]) => ({
          name: key,
          value,
        })),
      },
    ],
  })
  assert.equal(errorName(topics[0]!.errorCode), 'NONE')
}

/** One record to each partition of `letters`; what is acknowledged is noted. */
async function produceAll(
  client: Client,
  text: string,
  acknowledged: Acknowledged | null,
): Promise<string[]> {
  const topics = acknowledged === null ? ['drafts', 'news'] : ['letters']
  const now = client.clock.now()
  const record = (partition: number): Buffer =>
    encodeBatch({
      records: [
        {
          timestamp: now,
          key: Buffer.from('k'),
          value: Buffer.from(`${text} to ${partition}`),
        },
      ],
    })
  const { responses } = await client.raw.request(ProduceApi, 9, {
    acks: -1,
    timeoutMs: 10_000,
    topicData: topics.map((name) => ({
      name,
      partitionData: Array.from({ length: PARTITIONS }, (_, index) => ({
        index,
        records: record(index),
      })),
    })),
  })
  return responses[0]!.partitionResponses.map(({ index, errorCode, baseOffset }) => {
    if (errorCode === 0 && acknowledged !== null) {
      const letters = acknowledged.letters.get(index) ?? new Set()
      acknowledged.letters.set(index, letters.add(`${baseOffset} ${text} to ${index}`))
    }
    return errorName(errorCode)
  })
}

async function fetch(client: Client, partition: number, fetchOffset: number) {
  const { responses } = await client.raw.request(FetchApi, 11, {
    maxWaitMs: 0,
    minBytes: 0,
    topics: [
      {
        topic: 'letters',
        partitions: [{ partition, fetchOffset: BigInt(fetchOffset), partitionMaxBytes: 100_000 }],
      },
    ],
  })
  return responses[0]!.partitions[0]!
}

async function readAll(client: Client, partition: number): Promise<Set<string>> {
  const found = new Set<string>()
  let offset = 0
  for (;;) {
    const { errorCode, highWatermark, logStartOffset, records } = await fetch(
      client,
      partition,
      offset,
    )
    if (errorName(errorCode) === 'OFFSET_OUT_OF_RANGE') {
      offset++
      if (offset > 50) return found
      continue
    }
    assert.equal(errorName(errorCode), 'NONE')
    offset = Math.max(offset, Number(logStartOffset))
    const bytes = records ?? Buffer.alloc(0)
    for (let at = 0; at < bytes.length;) {
      const batch = decodeBatch(bytes, at)
      for (const { value } of batch.records) found.add(`${batch.baseOffset} ${String(value)}`)
      offset = batch.baseOffset + batch.records.length
      at += 12 + bytes.readInt32BE(at + 8)
    }
    if (offset >= Number(highWatermark)) return found
  }
}

test('whichever call of a directory’s disk fails, the broker serves the rest and nothing acknowledged is lost', async () => {
  const calls = await live(-1, 'DISK_FAILED')
  assert.ok(calls > 100)
  const step = process.env['OTTLA_EVERY_CALL'] === '1' ? 1 : Math.ceil(calls / SAMPLE)
  const failed: string[] = []
  for (let call = 0; call < calls; call += step) {
    const code = CODES[Math.floor(call / step) % CODES.length]!
    try {
      await live(call, code)
    } catch (error) {
      failed.push(`call ${call} ${code}: ${String((error as Error).stack).slice(0, 500)}`)
    }
  }
  assert.deepEqual(failed.slice(0, 5), [], `${failed.length} of ${calls} calls`)
})
