import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorNumber } from '@ottla/protocol'
import { FetchApi, type FetchResponseInput } from '@ottla/protocol/messages/fetch'
import { ListOffsetsApi } from '@ottla/protocol/messages/list-offsets'
import { encodeBatch } from '@ottla/records'
import type { ConsumerRecord } from '../../src/consumer/consumer-record.ts'
import { drop, lettersId, scripted, type ScriptedBroker } from '../scripted-broker.ts'

const letters = { topic: 'letters', partition: 0 }

function answer(records: Buffer, errorCode = 0): FetchResponseInput {
  const partition = { partitionIndex: 0, errorCode, highWatermark: 10, abortedTransactions: null }
  return {
    throttleTimeMs: 0,
    responses: [{ topicId: lettersId, partitions: [{ ...partition, records }] }],
  }
}

/** A log of ten records in batches of four; every fetch gets the batch that holds its offset. */
function serving(broker: ScriptedBroker): number[] {
  const fetched: number[] = []
  broker.on(FetchApi, ({ topics }) => {
    const offset = Number(topics[0]?.partitions[0]?.fetchOffset)
    fetched.push(offset)
    if (offset < 0 || offset > 10)
      return answer(Buffer.alloc(0), errorNumber('OFFSET_OUT_OF_RANGE'))
    if (offset === 10) return answer(Buffer.alloc(0))
    const baseOffset = offset - (offset % 4)
    const values = [0, 1, 2, 3].map((delta) => baseOffset + delta).filter((value) => value < 10)
    const records = values.map((value) => ({ timestamp: value, value: Buffer.from(`${value}`) }))
    return answer(encodeBatch({ baseOffset, records }))
  })
  broker.on(ListOffsetsApi, ({ topics }) => {
    const { timestamp } = topics[0]!.partitions[0]!
    const offsets: Record<string, number> = { '-2': 0, '-1': 10, '5': 5, '77': -1 }
    const partition = { partitionIndex: 0, errorCode: 0, offset: offsets[String(timestamp)] ?? -1 }
    return { topics: [{ name: 'letters', partitions: [partition] }] }
  })
  return fetched
}

const valuesOf = (records: readonly ConsumerRecord[]): string =>
  records.map(({ value }) => value?.toString()).join(' ')

for (const [start, expected] of [
  ['earliest', '0 1 2 3'],
  [6, '6 7'],
  [{ timestamp: 5 }, '5 6 7'],
] as const) {
  test(`reading from ${JSON.stringify(start)} begins there`, () =>
    scripted(async ({ brokers, client }) => {
      serving(brokers[0]!)
      using consumer = client.consumer()
      consumer.assign([{ ...letters, start }])
      assert.equal(valuesOf(await consumer.poll()), expected)
    }))
}

for (const start of ['latest', { timestamp: 77 }, 10] as const) {
  test(`from ${JSON.stringify(start)} there is nothing before new records come`, () =>
    scripted(async ({ brokers, client, simulation }) => {
      serving(brokers[0]!)
      using consumer = client.consumer()
      consumer.assign([{ ...letters, start }])
      const from = simulation.time
      assert.deepEqual(await consumer.poll({ timeoutMs: 300 }), [])
      assert(simulation.time - from >= 300)
      assert.equal(consumer.position(letters), 10)
    }))
}

test('the position is that of the next record to hand out, whatever was fetched', () =>
  scripted(async ({ brokers, client }) => {
    serving(brokers[0]!)
    using consumer = client.consumer()
    consumer.assign([{ ...letters, start: 0 }])
    assert.equal(valuesOf(await consumer.poll({ recordsMax: 3 })), '0 1 2')
    assert.equal(consumer.position(letters), 3)
    assert.equal(valuesOf(await consumer.poll()), '3')
    assert.deepEqual(consumer.positions(), [{ ...letters, offset: 4 }])
  }))

test('an offset that is not in the log is looked up again as offsetReset says', () =>
  scripted(async ({ brokers, client }) => {
    serving(brokers[0]!)
    using reset = client.consumer({ offsetReset: 'earliest' })
    reset.assign([{ ...letters, start: 99 }])
    assert.equal(valuesOf(await reset.poll()), '0 1 2 3')
    using strict = client.consumer({ offsetReset: 'error' })
    strict.assign([{ ...letters, start: 99 }])
    await assert.rejects(strict.poll(), { code: 'OFFSET_OUT_OF_RANGE' })
  }))

test('a broken connection and a lost leader cost time, not records', () =>
  scripted(async ({ brokers, client }) => {
    const [broker] = brokers
    let failures = 3
    broker!.on(FetchApi, () => {
      failures -= 1
      if (failures === 0) serving(broker!)
      if (failures % 2 === 0) return drop
      return answer(Buffer.alloc(0), errorNumber('NOT_LEADER_OR_FOLLOWER'))
    })
    using consumer = client.consumer()
    consumer.assign([{ ...letters, start: 0 }])
    assert.equal(valuesOf(await consumer.poll()), '0 1 2 3')
  }))

test('a poll ends when it is aborted, and when the consumer is closed', () =>
  scripted(async ({ brokers, client }) => {
    serving(brokers[0]!)
    const consumer = client.consumer()
    consumer.assign([{ ...letters, start: 10 }])
    const abort = new AbortController()
    const polling = consumer.poll({ signal: abort.signal })
    abort.abort(new Error('enough'))
    await assert.rejects(polling, /enough/)
    const last = consumer.poll()
    consumer.close()
    await assert.rejects(last, /closed/)
  }))
