import assert from 'node:assert/strict'
import { ZERO_UUID } from '@ottla/protocol'
import { CreateTopicsApi } from '@ottla/protocol/messages/create-topics'
import { DeleteRecordsApi } from '@ottla/protocol/messages/delete-records'
import { DeleteTopicsApi } from '@ottla/protocol/messages/delete-topics'
import { FindCoordinatorApi } from '@ottla/protocol/messages/find-coordinator'
import { ListOffsetsApi } from '@ottla/protocol/messages/list-offsets'
import { behaviour, type MadeTopic } from '../support/behaviour.ts'
import type { RawClient } from '../support/broker-world.ts'
import { batch, fetch, produce, record } from '../support/letters.ts'

const OFFSET_OUT_OF_RANGE = 1
const UNKNOWN_TOPIC_OR_PARTITION = 3
const INVALID_TOPIC = 17
const POLICY_VIOLATION = 44

type Answer = readonly [errorCode: number, lowWatermark: number]

/** Deletes before offsets, by partition; the last part of the answer is by `topic-partition`. */
async function deleteBefore(
  client: RawClient,
  topics: readonly { name: string; offsets: readonly (readonly [number, number | bigint])[] }[],
  version = 2,
): Promise<Map<string, Answer>> {
  const answer = await client.request(DeleteRecordsApi, version, {
    topics: topics.map(({ name, offsets }) => ({
      name,
      partitions: offsets.map(([partitionIndex, offset]) => ({ partitionIndex, offset })),
    })),
    timeoutMs: 10_000,
  })
  return new Map(
    answer.topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex, errorCode, lowWatermark }): [string, Answer] => [
        `${name}-${partitionIndex}`,
        [errorCode, Number(lowWatermark)],
      ]),
    ),
  )
}

/** Of partition 0. */
async function deleteOne(
  client: RawClient,
  { name }: MadeTopic,
  offset: number | bigint,
  version = 2,
): Promise<Answer | undefined> {
  const answers = await deleteBefore(client, [{ name, offsets: [[0, offset]] }], version)
  return answers.get(`${name}-0`)
}

/** Offsets 0 to 4, in batches of one. */
async function fill(client: RawClient, made: MadeTopic, now: number): Promise<void> {
  for (let index = 0; index < 5; index++) await produce(client, made, batch(now))
}

async function earliest(client: RawClient, { name }: MadeTopic): Promise<number> {
  const { topics } = await client.request(ListOffsetsApi, 7, {
    replicaId: -1,
    isolationLevel: 0,
    topics: [{ name, partitions: [{ partitionIndex: 0, timestamp: -2 }] }],
  })
  return Number(topics[0]!.partitions[0]!.offset)
}

behaviour(
  'DeleteRecords raises the log start offset, in every version',
  async ({ client, topic, now }) => {
    const made = await topic()
    await fill(client, made, now())
    for (const version of [0, 1, 2]) {
      const offset = version + 1
      assert.deepEqual(await deleteOne(client, made, offset, version), [0, offset])
      assert.equal(await earliest(client, made), offset)
    }
    assert.equal((await fetch(client, made, 2)).errorCode, OFFSET_OUT_OF_RANGE)
    const rest = await fetch(client, made, 3)
    assert.deepEqual([rest.errorCode, rest.logStartOffset, rest.highWatermark], [0, 3, 5])
  },
)

behaviour('DeleteRecords never lowers the log start offset', async ({ client, topic, now }) => {
  const made = await topic()
  await fill(client, made, now())
  for (const offset of [3, 3, 1, 0]) assert.deepEqual(await deleteOne(client, made, offset), [0, 3])
})

behaviour(
  'DeleteRecords before -1 deletes all there is; the next record goes on',
  async ({ client, topic, now }) => {
    const made = await topic()
    assert.deepEqual(await deleteOne(client, made, -1), [0, 0])
    await fill(client, made, now())
    assert.deepEqual(await deleteOne(client, made, -1), [0, 5])
    assert.deepEqual(await deleteOne(client, made, -1), [0, 5])
    assert.equal((await fetch(client, made, 4)).errorCode, OFFSET_OUT_OF_RANGE)
    assert.equal((await fetch(client, made, 5)).errorCode, 0)
    assert.equal((await produce(client, made, batch(now()))).baseOffset, 5)
    assert.equal((await fetch(client, made, 5)).highWatermark, 6)
  },
)

behaviour(
  'DeleteRecords above the high watermark, or before nothing',
  async ({ client, topic, now }) => {
    const made = await topic()
    await fill(client, made, now())
    for (const offset of [6, -2, 2n ** 63n - 1n, -(2n ** 63n)]) {
      const answer = await deleteOne(client, made, offset)
      assert.deepEqual(answer, [OFFSET_OUT_OF_RANGE, -1], `${offset}`)
    }
    assert.equal(await earliest(client, made), 0)
  },
)

behaviour('DeleteRecords inside of a batch', async ({ client, topic, now }) => {
  const made = await topic()
  const records = [record(now()), record(now()), record(now())]
  await produce(client, made, batch(now(), { records }))
  assert.deepEqual(await deleteOne(client, made, 1), [0, 1])
  assert.equal(await earliest(client, made), 1)
  assert.equal((await fetch(client, made, 0)).errorCode, OFFSET_OUT_OF_RANGE)
  const whole = await fetch(client, made, 1)
  assert.equal(whole.records!.readBigInt64BE(0), 0n, 'the batch is given whole')
})

behaviour(
  'DeleteRecords of what there is not, of some twice, of some that is fine',
  async ({ client, topic, now }) => {
    const made = await topic({}, 2)
    const { name } = made
    await fill(client, made, now())
    const answers = await deleteBefore(client, [
      { name: 'no-such-topic', offsets: [[0, 0]] },
      {
        name,
        offsets: [
          [7, 0],
          [-1, 0],
          [0, 2],
          [1, 0],
        ],
      },
      // What is named last counts.
      { name, offsets: [[1, 9]] },
    ])
    assert.deepEqual(
      answers,
      new Map<string, Answer>([
        ['no-such-topic-0', [UNKNOWN_TOPIC_OR_PARTITION, -1]],
        [`${name}-7`, [UNKNOWN_TOPIC_OR_PARTITION, -1]],
        [`${name}--1`, [UNKNOWN_TOPIC_OR_PARTITION, -1]],
        [`${name}-0`, [0, 2]],
        [`${name}-1`, [OFFSET_OUT_OF_RANGE, -1]],
      ]),
    )
    assert.equal((await deleteBefore(client, [{ name, offsets: [] }])).size, 0)
  },
)

behaviour(
  'DeleteRecords where the policy is to compact, and only that, is refused',
  async ({ client, topic, now }) => {
    for (const [policy, answer] of [
      ['compact', [POLICY_VIOLATION, -1]],
      ['compact,delete', [0, 1]],
      ['delete', [0, 1]],
      ['', [0, 1]],
    ] as const) {
      const made = await topic({ 'cleanup.policy': policy })
      await produce(client, made, batch(now()))
      assert.deepEqual(await deleteOne(client, made, 1), answer, policy)
    }
  },
)

behaviour('DeleteRecords of an internal topic is refused', async ({ client, sleep }) => {
  await client.request(FindCoordinatorApi, 4, { keyType: 0, coordinatorKeys: ['any'] })
  await sleep(1_000)
  const answers = await deleteBefore(client, [{ name: '__consumer_offsets', offsets: [[0, 0]] }])
  assert.deepEqual([...answers.values()], [[INVALID_TOPIC, -1]])
})

behaviour(
  'what DeleteRecords deleted stays deleted when the broker is killed, and after a clean stop',
  async ({ client, topic, now, world }) => {
    const made = await topic()
    await fill(client, made, now())
    assert.deepEqual(await deleteOne(client, made, 3), [0, 3])
    world!.world.kill('broker')
    await world!.start()
    const second = await world!.client()
    assert.equal(await earliest(second, made), 3)
    assert.equal((await fetch(second, made, 2)).errorCode, OFFSET_OUT_OF_RANGE)
    assert.equal((await fetch(second, made, 3)).highWatermark, 5)
    assert.deepEqual(await deleteOne(second, made, -1), [0, 5])
    second.close()
    await world!.broker.close()
    await world!.start()
    const third = await world!.client()
    assert.equal(await earliest(third, made), 5)
    assert.equal((await produce(third, made, batch(now()))).baseOffset, 5)
    third.close()
  },
  { isOwn: true },
)

behaviour(
  'a topic made anew keeps its records when the broker is killed, wherever its namesake began',
  async ({ client, topic, now, world }) => {
    const made = await topic()
    await fill(client, made, now())
    await deleteOne(client, made, 3)
    await client.request(DeleteTopicsApi, 6, {
      topics: [{ name: made.name, topicId: ZERO_UUID }],
      timeoutMs: 10_000,
    })
    const { topics } = await client.request(CreateTopicsApi, 7, {
      topics: [
        {
          name: made.name,
          numPartitions: 1,
          replicationFactor: 1,
          assignments: [],
          configs: [],
        },
      ],
      timeoutMs: 10_000,
      validateOnly: false,
    })
    const anew = { name: made.name, id: topics[0]!.topicId }
    await produce(client, anew, batch(now()))
    world!.world.kill('broker')
    await world!.start()
    const second = await world!.client()
    assert.equal(await earliest(second, anew), 0)
    assert.equal((await fetch(second, anew, 0)).highWatermark, 1)
    second.close()
  },
  { isOwn: true },
)
