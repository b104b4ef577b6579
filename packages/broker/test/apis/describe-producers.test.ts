import assert from 'node:assert/strict'
import { DescribeProducersApi } from '@ottla/protocol/messages/describe-producers'
import { ProduceApi } from '@ottla/protocol/messages/produce'
import { encodeBatch, updateCrc } from '@ottla/records'
import { behaviour } from '../support/behaviour.ts'

behaviour('DescribeProducers tells who has written with sequences', async (subject) => {
  const { client, topic } = subject
  const { name } = await topic()
  const timestamp = subject.now()
  const records = encodeBatch({
    producerId: 4_711,
    producerEpoch: 3,
    baseSequence: 0,
    records: [{ timestamp }, { timestamp }],
  })
  await client.request(ProduceApi, 9, {
    acks: -1,
    timeoutMs: 1_000,
    topicData: [{ name, partitionData: [{ index: 0, records }] }],
  })
  const answer = await client.request(DescribeProducersApi, 0, {
    topics: [
      { name, partitionIndexes: [0, 9] },
      { name: 'nope', partitionIndexes: [0] },
    ],
  })
  assert.deepEqual(answer.topics.slice(0, 1), [
    {
      name,
      partitions: [
        {
          partitionIndex: 0,
          errorCode: 0,
          errorMessage: null,
          activeProducers: [
            {
              producerId: 4_711,
              producerEpoch: 3,
              lastSequence: 1,
              lastTimestamp: timestamp,
              coordinatorEpoch: -1,
              currentTxnStartOffset: -1,
            },
          ],
        },
        { partitionIndex: 9, errorCode: 3, errorMessage: null, activeProducers: [] },
      ],
    },
  ])
  const [unknown] = answer.topics[1]!.partitions
  assert.equal(unknown!.errorCode, 3)
  assert.ok(unknown!.errorMessage)
})

/** A batch with a sequence, whose producer id is then any int64. */
function batchOf(producerId: bigint, timestamp: number): Buffer {
  const batch = encodeBatch({
    producerId: 1,
    producerEpoch: 0,
    baseSequence: 0,
    records: [{ timestamp }],
  })
  batch.writeBigInt64BE(producerId, 43)
  updateCrc(batch, 0)
  return batch
}

behaviour('a producer id below -1 is none; one of all 64 bits is one', async (subject) => {
  const { client, topic } = subject
  const { name } = await topic()
  for (const producerId of [-2n, -(2n ** 55n) - 1n, 2n ** 60n]) {
    const { responses } = await client.request(ProduceApi, 9, {
      acks: -1,
      timeoutMs: 1_000,
      topicData: [
        { name, partitionData: [{ index: 0, records: batchOf(producerId, subject.now()) }] },
      ],
    })
    assert.equal(responses[0]!.partitionResponses[0]!.errorCode, 0)
  }
  const { topics } = await client.request(DescribeProducersApi, 0, {
    topics: [{ name, partitionIndexes: [0] }],
  })
  const { activeProducers } = topics[0]!.partitions[0]!
  assert.deepEqual(
    activeProducers.map((producer) => producer.producerId),
    [2n ** 60n],
  )
})
