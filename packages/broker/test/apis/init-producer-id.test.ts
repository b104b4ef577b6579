import assert from 'node:assert/strict'
import { InitProducerIdApi } from '@ottla/protocol/messages/init-producer-id'
import { behaviour } from '../support/behaviour.ts'

const INVALID_REQUEST = 42

behaviour('InitProducerId gives each an id of its own, with epoch 0', async ({ client }) => {
  const ids = new Set<number>()
  // Kafka's first answers may say that it has no ids yet.
  const ask = { transactionalId: null, transactionTimeoutMs: 0 }
  while ((await client.request(InitProducerIdApi, 0, ask)).errorCode === 14);
  for (let version = 0; version <= 5; version++) {
    const answer = await client.request(InitProducerIdApi, version, {
      transactionalId: null,
      transactionTimeoutMs: 0,
    })
    assert.equal(answer.errorCode, 0, `v${version}`)
    assert.equal(answer.producerEpoch, 0)
    assert.ok(Number(answer.producerId) >= 0)
    ids.add(Number(answer.producerId))
  }
  assert.equal(ids.size, 6)
})

behaviour('InitProducerId refuses an empty transactional id', async ({ client }) => {
  const answer = await client.request(InitProducerIdApi, 4, {
    transactionalId: '',
    transactionTimeoutMs: 1_000,
  })
  assert.deepEqual(
    [answer.errorCode, answer.producerId, answer.producerEpoch],
    [INVALID_REQUEST, -1, -1],
  )
})

behaviour('InitProducerId wants id and epoch both or neither', async ({ client }) => {
  for (const [producerId, producerEpoch] of [
    [5, -1],
    [-1, 1],
  ] as const) {
    const answer = await client.request(InitProducerIdApi, 4, {
      transactionalId: null,
      transactionTimeoutMs: 1_000,
      producerId,
      producerEpoch,
    })
    assert.deepEqual([answer.errorCode, answer.producerId], [INVALID_REQUEST, -1])
  }
})

behaviour(
  'InitProducerId without transactional id begins anew, whatever id it had',
  async ({ client }) => {
    const answer = await client.request(InitProducerIdApi, 4, {
      transactionalId: null,
      transactionTimeoutMs: 1_000,
      producerId: 123_456,
      producerEpoch: 1,
    })
    assert.equal(answer.errorCode, 0)
    assert.notEqual(Number(answer.producerId), 123_456)
    assert.equal(answer.producerEpoch, 0)
  },
)

behaviour(
  'InitProducerId never gives an id twice, over restarts too',
  async ({ client, world }) => {
    const ask = { transactionalId: null, transactionTimeoutMs: 0 }
    const first = await client.request(InitProducerIdApi, 4, ask)
    world!.world.kill('broker')
    await world!.start()
    const again = await world!.client()
    const second = await again.request(InitProducerIdApi, 4, ask)
    assert.ok(Number(second.producerId) > Number(first.producerId))
  },
  { isOwn: true },
)
