import assert from 'node:assert/strict'
import { OffsetForLeaderEpochApi } from '@ottla/protocol/messages/offset-for-leader-epoch'
import { behaviour } from '../support/behaviour.ts'
import type { RawClient } from '../support/broker-world.ts'
import { batch, produce } from '../support/letters.ts'

const UNKNOWN_TOPIC_OR_PARTITION = 3
const UNKNOWN_LEADER_EPOCH = 75

/** `[error, leader epoch, end offset]`. */
async function endOf(
  client: RawClient,
  topic: string,
  leaderEpoch: number,
  { version = 4, partition = 0, currentLeaderEpoch = -1 } = {},
) {
  const answer = await client.request(OffsetForLeaderEpochApi, version, {
    ...(version >= 3 && { replicaId: -1 }),
    topics: [{ topic, partitions: [{ partition, currentLeaderEpoch, leaderEpoch }] }],
  })
  const found = answer.topics[0]?.partitions[0]
  return [found?.errorCode, found?.leaderEpoch, Number(found?.endOffset)]
}

behaviour(
  'OffsetForLeaderEpoch says where the present epoch ends',
  async ({ client, topic, now }) => {
    const made = await topic()
    await produce(client, made, batch(now()))
    for (const version of [2, 3, 4]) {
      assert.deepEqual(await endOf(client, made.name, 0, { version }), [0, 0, 1], `v${version}`)
      assert.deepEqual(await endOf(client, made.name, 5, { version }), [0, -1, -1])
      assert.deepEqual(await endOf(client, made.name, -1, { version }), [0, -1, -1])
    }
  },
)

behaviour(
  'OffsetForLeaderEpoch of what there is not, or in a wrong epoch',
  async ({ client, topic }) => {
    const { name } = await topic()
    assert.deepEqual(await endOf(client, 'none', 0), [UNKNOWN_TOPIC_OR_PARTITION, -1, -1])
    assert.deepEqual(await endOf(client, name, 0, { partition: 3 }), [
      UNKNOWN_TOPIC_OR_PARTITION,
      -1,
      -1,
    ])
    const wrong = await endOf(client, name, 0, { currentLeaderEpoch: 7 })
    assert.deepEqual(wrong, [UNKNOWN_LEADER_EPOCH, -1, -1])
  },
)

behaviour(
  'OffsetForLeaderEpoch knows the epochs before a restart',
  async ({ client, topic, now, world }) => {
    const made = await topic()
    await produce(client, made, batch(now()))
    world!.world.kill('broker')
    await world!.start()
    const again = await world!.client()
    await produce(again, made, batch(now()))
    assert.deepEqual(await endOf(again, made.name, 0), [0, 0, 1])
    const { ListOffsetsApi } = await import('@ottla/protocol/messages/list-offsets')
    const latest = await again.request(ListOffsetsApi, 7, {
      replicaId: -1,
      isolationLevel: 0,
      topics: [{ name: made.name, partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
    })
    const epoch = latest.topics[0]?.partitions[0]?.leaderEpoch ?? -1
    assert.ok(epoch > 0)
    assert.deepEqual(await endOf(again, made.name, epoch), [0, epoch, 2])
  },
  { isOwn: true },
)
