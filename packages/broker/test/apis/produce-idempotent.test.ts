import assert from 'node:assert/strict'
import { InitProducerIdApi } from '@ottla/protocol/messages/init-producer-id'
import { encodeBatch } from '@ottla/records'
import { behaviour, type Subject } from '../support/behaviour.ts'
import { produce, record } from '../support/letters.ts'

const OUT_OF_ORDER = 45
const INVALID_PRODUCER_EPOCH = 47
const INVALID_RECORD = 87
const INVALID_PRODUCER_ID_MAPPING = 49
const TRANSACTIONAL_ID_AUTHORIZATION_FAILED = 53

interface Sequence {
  readonly sequence: number
  readonly epoch?: number
  readonly count?: number
}

/** A producer with an id of its own, and a topic; @returns what sends a batch and says `[error, base offset]`. */
async function producer({ client, topic, now }: Subject) {
  const { producerId } = await client.request(InitProducerIdApi, 4, {
    transactionalId: null,
    transactionTimeoutMs: 1_000,
    producerId: -1,
    producerEpoch: -1,
  })
  const made = await topic()
  return async ({ sequence, epoch = 0, count = 1 }: Sequence): Promise<[number, number]> => {
    const records = encodeBatch({
      records: Array.from({ length: count }, () => record(now())),
      producerId: Number(producerId),
      producerEpoch: epoch,
      baseSequence: sequence,
    })
    const answer = await produce(client, made, records)
    return [answer.errorCode, Number(answer.baseOffset)]
  }
}

behaviour('an idempotent producer may begin at any sequence number', async (subject) => {
  const send = await producer(subject)
  assert.deepEqual(await send({ sequence: 5 }), [0, 0])
  assert.deepEqual(await send({ sequence: 6, count: 3 }), [0, 1])
  assert.deepEqual(await send({ sequence: 9 }), [0, 4])
})

behaviour(
  'each of the last five batches, repeated, is answered as the first time',
  async (subject) => {
    const send = await producer(subject)
    for (let sequence = 0; sequence < 7; sequence++) {
      assert.deepEqual(await send({ sequence }), [0, sequence])
    }
    for (let sequence = 2; sequence < 7; sequence++) {
      assert.deepEqual(await send({ sequence }), [0, sequence])
    }
    for (const sequence of [0, 1]) {
      const [errorCode, offset] = await send({ sequence })
      assert.deepEqual([errorCode, offset], [OUT_OF_ORDER, -1])
    }
    assert.deepEqual(await send({ sequence: 7 }), [0, 7])
  },
)

behaviour('a gap in the sequence is refused, and so is an overlap', async (subject) => {
  const send = await producer(subject)
  assert.deepEqual(await send({ sequence: 0, count: 3 }), [0, 0])
  assert.deepEqual(await send({ sequence: 4 }), [OUT_OF_ORDER, -1])
  assert.deepEqual(await send({ sequence: 1 }), [OUT_OF_ORDER, -1])
  assert.deepEqual(await send({ sequence: 0, count: 4 }), [OUT_OF_ORDER, -1])
  assert.deepEqual(await send({ sequence: 3 }), [0, 3])
})

behaviour('the sequence number after the largest is 0', async (subject) => {
  const send = await producer(subject)
  assert.deepEqual(await send({ sequence: 0x7fffffff }), [0, 0])
  assert.deepEqual(await send({ sequence: 0 }), [0, 1])
})

behaviour('a batch may go past the largest sequence number', async (subject) => {
  const send = await producer(subject)
  assert.deepEqual(await send({ sequence: 0x7ffffffe, count: 4 }), [0, 0])
  assert.deepEqual(await send({ sequence: 2 }), [0, 4])
})

behaviour('a new producer epoch begins at 0, and fences the old one', async (subject) => {
  const send = await producer(subject)
  assert.deepEqual(await send({ sequence: 0 }), [0, 0])
  assert.deepEqual(await send({ sequence: 1, epoch: 1 }), [OUT_OF_ORDER, -1])
  assert.deepEqual(await send({ sequence: 0, epoch: 1 }), [0, 1])
  assert.deepEqual(await send({ sequence: 1, epoch: 0 }), [INVALID_PRODUCER_EPOCH, -1])
  assert.deepEqual(await send({ sequence: 1, epoch: 1 }), [0, 2])
})

behaviour('a batch that repeats another epoch’s is no duplicate', async (subject) => {
  const send = await producer(subject)
  assert.deepEqual(await send({ sequence: 0 }), [0, 0])
  assert.deepEqual(await send({ sequence: 0, epoch: 1 }), [0, 1])
  assert.deepEqual(await send({ sequence: 0, epoch: 1 }), [0, 1])
})

behaviour('a producer id without epoch is taken, without sequence refused', async (subject) => {
  const send = await producer(subject)
  assert.deepEqual(await send({ sequence: -1 }), [INVALID_RECORD, -1])
  assert.deepEqual(await send({ sequence: 0, epoch: -1 }), [0, 0])
})

behaviour(
  'a transactional batch outside of any transaction is refused',
  async ({ client, topic, now, world }) => {
    const made = await topic()
    const records = encodeBatch({
      records: [record(now())],
      isTransactional: true,
      producerId: 9_000_000,
      producerEpoch: 0,
      baseSequence: 0,
    })
    const answer = await produce(client, made, records, { version: 9 })
    assert.equal(answer.errorCode, TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
    // Kafka would ask its transaction coordinator, which this broker does not have.
    if (world === null) return
    const named = await produce(client, made, records, { version: 9, transactionalId: 'mine' })
    assert.equal(named.errorCode, INVALID_PRODUCER_ID_MAPPING)
  },
)

behaviour(
  'what a producer sent is known for repeated after a kill and after a restart',
  async (subject) => {
    const { client, topic, now, world } = subject
    const made = await topic()
    const records = (sequence: number) =>
      encodeBatch({
        records: [record(now())],
        producerId: 77,
        producerEpoch: 3,
        baseSequence: sequence,
      })
    const sent = [records(0), records(1)]
    for (const bytes of sent) assert.equal((await produce(client, made, bytes)).errorCode, 0)
    for (const isKilled of [true, false]) {
      if (isKilled) world!.world.kill('broker')
      else await world!.broker.close()
      await world!.start()
      const again = await world!.client()
      assert.equal(Number((await produce(again, made, sent[1]!)).baseOffset), 1)
      assert.equal((await produce(again, made, records(5))).errorCode, OUT_OF_ORDER)
    }
  },
  { isOwn: true },
)

behaviour(
  'a silent producer is forgotten after producer.id.expiration.ms',
  async (subject) => {
    const { sleep } = subject
    const send = await producer(subject)
    assert.deepEqual(await send({ sequence: 0 }), [0, 0])
    await sleep(3_000)
    assert.deepEqual(await send({ sequence: 7 }), [OUT_OF_ORDER, -1])
    await sleep(4_000)
    assert.deepEqual(await send({ sequence: 7 }), [0, 1], 'whoever is not known may start anywhere')
    await sleep(3_000)
    assert.deepEqual(await send({ sequence: 9 }), [OUT_OF_ORDER, -1])
  },
  {
    settings: {
      'producer.id.expiration.ms': '5000',
      'producer.id.expiration.check.interval.ms': '1000',
    },
  },
)
