import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorNumber, KafkaError } from '@ottla/protocol'
import { ProduceApi, type ProduceRequest } from '@ottla/protocol/messages/produce'
import { type Batch, checkBatch, decodeBatch } from '@ottla/records'
import { drop, lettersId, scripted, type ScriptedBroker } from '../scripted-broker.ts'

function batchOf(request: ProduceRequest): Batch {
  const records = request.topicData[0]?.partitionData[0]?.records
  assert(Buffer.isBuffer(records))
  checkBatch(records, 0, records.length)
  return decodeBatch(records)
}

function stored(
  baseOffset: number,
  errorCode: number = 0,
): {
  responses: {
    topicId: string
    partitionResponses: { index: number; errorCode: number; baseOffset: number }[]
  }[]
} {
  return {
    responses: [{ topicId: lettersId, partitionResponses: [{ index: 0, errorCode, baseOffset }] }],
  }
}

/** Stores batches as a leader does, and keeps those it was sent. */
function storing(broker: ScriptedBroker): Batch[] {
  const batches: Batch[] = []
  let nextOffset = 0
  broker.on(ProduceApi, (request) => {
    const batch = batchOf(request)
    batches.push(batch)
    nextOffset += batch.recordCount
    return stored(nextOffset - batch.recordCount)
  })
  return batches
}

test('records sent in one go travel as one batch, and each learns its offset', () =>
  scripted(async ({ brokers, client }) => {
    const batches = storing(brokers[0]!)
    const producer = client.producer({ compression: 'gzip' })
    const sent = await Promise.all(
      [0, 1, 2].map((index) =>
        producer.send({ topic: 'letters', key: 'k', value: `v${index}`, timestamp: 5 }),
      ),
    )
    assert.deepEqual(
      sent.map(({ offset }) => offset),
      [0, 1, 2],
    )
    assert.equal(sent[0]?.timestamp, 5)
    assert.equal(batches.length, 1)
    assert.deepEqual(
      batches[0]?.records.map(({ value }) => value?.toString()),
      ['v0', 'v1', 'v2'],
    )
  }))

test('sequence numbers go up by one a record, from batch to batch', () =>
  scripted(async ({ brokers, client }) => {
    const batches = storing(brokers[0]!)
    const producer = client.producer()
    for (const count of [3, 2, 1]) {
      await Promise.all(
        Array.from({ length: count }, () => producer.send({ topic: 'letters', value: 'v' })),
      )
    }
    assert.deepEqual(
      batches.map(({ producerId, baseSequence }) => [producerId, baseSequence]),
      [
        [1_000, 0],
        [1_000, 3],
        [1_000, 5],
      ],
    )
  }))

test('a batch whose answer was lost is sent again with the same sequence number', () =>
  scripted(async ({ brokers, client }) => {
    const sequences: number[] = []
    let isFirst = true
    brokers[0]!.on(ProduceApi, (request) => {
      sequences.push(batchOf(request).baseSequence)
      if (!isFirst) return stored(0)
      isFirst = false
      return drop
    })
    const producer = client.producer()
    assert.equal((await producer.send({ topic: 'letters', value: 'v' })).offset, 0)
    await producer.send({ topic: 'letters', value: 'w' })
    assert.deepEqual(sequences, [0, 0, 1])
  }))

test('a batch that the broker has already counts as stored, at an offset that is not known', () =>
  scripted(async ({ brokers, client }) => {
    brokers[0]!.on(ProduceApi, () => stored(-1, errorNumber('DUPLICATE_SEQUENCE_NUMBER')))
    const producer = client.producer()
    assert.equal((await producer.send({ topic: 'letters', value: 'v' })).offset, -1)
  }))

test('when the leader has moved the batch follows it', () =>
  scripted(
    async ({ brokers, client }) => {
      const [one, two] = brokers as [ScriptedBroker, ScriptedBroker]
      one.on(ProduceApi, () => {
        for (const broker of brokers) {
          broker.topics = [{ name: 'letters', topicId: lettersId, leaders: [2] }]
        }
        return stored(-1, errorNumber('NOT_LEADER_OR_FOLLOWER'))
      })
      const batches = storing(two)
      const producer = client.producer()
      assert.equal((await producer.send({ topic: 'letters', value: 'v' })).offset, 0)
      assert.equal(batches.length, 1)
    },
    { brokers: 2 },
  ))

test('what the broker refuses for good is told once, and the next batch takes its number', () =>
  scripted(async ({ brokers, client }) => {
    const sequences: number[] = []
    brokers[0]!.on(ProduceApi, (request) => {
      const { baseSequence, records } = batchOf(request)
      sequences.push(baseSequence)
      const isBad = records[0]?.value?.toString() === 'bad'
      return isBad ? stored(-1, errorNumber('INVALID_RECORD')) : stored(0)
    })
    const producer = client.producer()
    await assert.rejects(
      producer.send({ topic: 'letters', value: 'bad' }),
      (error) => error instanceof KafkaError && error.code === 'INVALID_RECORD',
    )
    await producer.send({ topic: 'letters', value: 'good' })
    assert.deepEqual(sequences, [0, 0])
  }))

test('when the time for delivery is up the next batch comes from a new producer id', () =>
  scripted(async ({ brokers, client, simulation }) => {
    const seen: number[][] = []
    let isUp = false
    brokers[0]!.on(ProduceApi, (request) => {
      const { producerId, baseSequence } = batchOf(request)
      seen.push([producerId, baseSequence])
      return isUp ? stored(0) : stored(-1, errorNumber('NOT_ENOUGH_REPLICAS'))
    })
    const producer = client.producer({ deliveryTimeoutMs: 5_000 })
    const from = simulation.time
    await assert.rejects(
      producer.send({ topic: 'letters', value: 'v' }),
      (error) => error instanceof KafkaError && error.code === 'NOT_ENOUGH_REPLICAS',
    )
    assert(simulation.time - from <= 5_100, 'not much later than it was to be')
    isUp = true
    await producer.send({ topic: 'letters', value: 'w' })
    assert.deepEqual(seen.at(-1), [1_001, 0])
  }))

test('order is kept across a retry: the next batch waits', () =>
  scripted(async ({ brokers, client, simulation }) => {
    const order: string[] = []
    let failures = 2
    brokers[0]!.on(ProduceApi, (request) => {
      const value = batchOf(request).records[0]?.value?.toString() ?? ''
      if (failures-- > 0) return stored(-1, errorNumber('NOT_ENOUGH_REPLICAS'))
      order.push(value)
      return stored(order.length - 1)
    })
    const producer = client.producer()
    const first = producer.send({ topic: 'letters', value: 'first' })
    await simulation.node('client').clock.sleep(50)
    await Promise.all([first, producer.send({ topic: 'letters', value: 'second' })])
    assert.deepEqual(order, ['first', 'second'])
  }))

test('a record that is too large, and a partition that is not there, are refused at once', () =>
  scripted(async ({ client }) => {
    const producer = client.producer({ maxRequestSizeBytes: 1_000 })
    await assert.rejects(producer.send({ topic: 'letters', value: 'x'.repeat(1_001) }), {
      code: 'MESSAGE_TOO_LARGE',
    })
    await assert.rejects(producer.send({ topic: 'letters', partition: 7, value: 'x' }), {
      code: 'UNKNOWN_TOPIC_OR_PARTITION',
    })
  }))

test('close sends what is left and takes no more', () =>
  scripted(async ({ brokers, client }) => {
    const batches = storing(brokers[0]!)
    const producer = client.producer({ lingerMs: 60_000 })
    const sent = producer.send({ topic: 'letters', value: 'v' })
    await client.cluster.topic('letters')
    await producer.close()
    assert.equal((await sent).offset, 0)
    assert.equal(batches.length, 1)
    await assert.rejects(producer.send({ topic: 'letters', value: 'w' }), /closed/)
  }))
