import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withController } from '../cluster.ts'
import { creation, deletion, heartbeat, join, registration, topic } from '../requests.ts'

test(
  'a broker registers, is unfenced, and a topic is created on it',
  withController(async (cluster) => {
    const { controller, loader } = cluster
    const { brokerEpoch } = await controller.registerBroker(registration(1))
    assert.equal(loader.image.broker(1)?.isFenced, true)
    const answer = await controller.brokerHeartbeat(
      heartbeat(1, Number(brokerEpoch), loader.image.offset),
    )
    assert.deepEqual(answer, {
      errorCode: 0,
      isCaughtUp: true,
      isFenced: false,
      shouldShutDown: false,
      throttleTimeMs: 0,
    })
    const created = await controller.createTopics(creation(topic('orders', { numPartitions: 3 })))
    assert.equal(created.topics[0]?.errorCode, 0)
    // The answer comes after this node's own image has it.
    assert.deepEqual(
      loader.image.topic('orders')?.partitions.map(({ leader, isr }) => [leader, isr]),
      [
        [1, [1]],
        [1, [1]],
        [1, [1]],
      ],
    )
    await controller.deleteTopics(deletion('orders'), 6)
    assert.equal(loader.image.topic('orders'), undefined)
  }),
)

test(
  'producer ids come in blocks of a thousand, none twice',
  withController(async (cluster) => {
    const brokerEpoch = await join(cluster, 1)
    const request = { brokerId: 1, brokerEpoch }
    const first = await cluster.controller.allocateProducerIds(request)
    const second = await cluster.controller.allocateProducerIds(request)
    assert.deepEqual(
      [first.producerIdStart, first.producerIdLen, second.producerIdStart],
      [0, 1000, 1000],
    )
    await assert.rejects(cluster.controller.allocateProducerIds({ brokerId: 1, brokerEpoch: 0 }), {
      code: 'STALE_BROKER_EPOCH',
    })
  }),
)
