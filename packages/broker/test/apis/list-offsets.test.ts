import assert from 'node:assert/strict'
import {
  ListOffsetsApi,
  type ListOffsetsPartitionResponse,
} from '@ottla/protocol/messages/list-offsets'
import { behaviour, type MadeTopic } from '../support/behaviour.ts'
import type { RawClient } from '../support/broker-world.ts'
import { batch, produce, record } from '../support/letters.ts'

const UNKNOWN_TOPIC_OR_PARTITION = 3
const UNSUPPORTED_VERSION = 35
const INVALID_REQUEST = 42
const UNKNOWN_LEADER_EPOCH = 75

async function list(
  client: RawClient,
  name: string,
  timestamp: number,
  { version = 11, partition = 0, currentLeaderEpoch = -1, isolationLevel = 0 } = {},
): Promise<ListOffsetsPartitionResponse> {
  const answer = await client.request(ListOffsetsApi, version, {
    replicaId: -1,
    ...(version >= 2 && { isolationLevel }),
    topics: [
      {
        name,
        partitions: [
          {
            partitionIndex: partition,
            timestamp,
            ...(version >= 4 && { currentLeaderEpoch }),
          },
        ],
      },
    ],
  })
  const found = answer.topics[0]?.partitions[0]
  assert.ok(found !== undefined)
  return found
}

/** `[error, timestamp, offset, leader epoch]`. */
async function look(client: RawClient, name: string, timestamp: number, version = 11) {
  const found = await list(client, name, timestamp, { version })
  return [found.errorCode, Number(found.timestamp), Number(found.offset), found.leaderEpoch]
}

/** Offsets 0 to 4 at now + 10, 30, 20, 30, 40. */
async function fill(client: RawClient, made: MadeTopic, now: number): Promise<void> {
  const first = [record(now + 10), record(now + 30), record(now + 20)]
  await produce(client, made, batch(now, { records: first }))
  await produce(client, made, batch(now, { records: [record(now + 30), record(now + 40)] }))
}

behaviour(
  'ListOffsets: the earliest and the latest, in every version',
  async ({ client, topic, now }) => {
    const made = await topic()
    await fill(client, made, now())
    for (let version = 1; version <= 11; version++) {
      const epoch = version >= 4 ? 0 : -1
      assert.deepEqual(await look(client, made.name, -2, version), [0, -1, 0, epoch], `v${version}`)
      assert.deepEqual(await look(client, made.name, -1, version), [0, -1, 5, epoch])
      assert.equal((await list(client, made.name, -1, { version, isolationLevel: 1 })).offset, 5)
    }
  },
)

behaviour('ListOffsets: the first record at or after a time', async ({ client, topic, now }) => {
  const made = await topic()
  const at = now() - 1_000_000
  await fill(client, made, at)
  for (const version of [1, 4, 11]) {
    const epoch = version >= 4 ? 0 : -1
    for (const [timestamp, found] of [
      [0, [10, 0]],
      [at, [10, 0]],
      [at + 10, [10, 0]],
      [at + 11, [30, 1]],
      [at + 30, [30, 1]],
      [at + 31, [40, 4]],
      [at + 40, [40, 4]],
    ] as const) {
      assert.deepEqual(await look(client, made.name, timestamp, version), [
        0,
        at + found[0],
        found[1],
        epoch,
      ])
    }
    assert.deepEqual(await look(client, made.name, at + 41, version), [0, -1, -1, -1])
  }
})

behaviour('ListOffsets: the record with the latest time', async ({ client, topic, now }) => {
  const made = await topic()
  assert.deepEqual(await look(client, made.name, -3), [0, -1, -1, -1])
  await fill(client, made, now())
  const timestamp = now()
  const late = [record(timestamp + 500), record(timestamp + 900), record(timestamp + 900)]
  await produce(client, made, batch(timestamp, { records: late }))
  assert.deepEqual(await look(client, made.name, -3), [0, timestamp + 900, 6, 0])
  assert.deepEqual(await look(client, made.name, -3, 7), [0, timestamp + 900, 6, 0])
})

behaviour(
  'ListOffsets: what is local and what is tiered, where nothing is tiered',
  async ({ client, topic, now }) => {
    const made = await topic()
    await fill(client, made, now())
    assert.deepEqual(await look(client, made.name, -4, 8), [0, -1, 0, 0])
    assert.deepEqual(await look(client, made.name, -4), [0, -1, 0, 0])
    assert.deepEqual(await look(client, made.name, -5, 9), [0, -1, -1, -1])
    assert.deepEqual(await look(client, made.name, -6, 11), [0, -1, -1, -1])
  },
)

behaviour('ListOffsets: special times that a version does not know', async ({ client, topic }) => {
  const { name } = await topic()
  for (const [timestamp, version] of [
    [-3, 6],
    [-4, 7],
    [-5, 8],
    [-6, 10],
    [-7, 11],
    [-100, 11],
  ] as const) {
    const found = await look(client, name, timestamp, version)
    assert.deepEqual(found, [UNSUPPORTED_VERSION, -1, -1, -1], `${timestamp} in v${version}`)
  }
})

behaviour(
  'ListOffsets of what there is not, and with a wrong leader epoch',
  async ({ client, topic }) => {
    const { name } = await topic()
    assert.deepEqual(await look(client, 'no-such-topic', -1), [
      UNKNOWN_TOPIC_OR_PARTITION,
      -1,
      -1,
      -1,
    ])
    const nowhere = await list(client, name, -1, { partition: 4 })
    assert.equal(nowhere.errorCode, UNKNOWN_TOPIC_OR_PARTITION)
    const wrong = await list(client, name, -1, { currentLeaderEpoch: 8 })
    assert.deepEqual([wrong.errorCode, wrong.offset], [UNKNOWN_LEADER_EPOCH, -1])
    assert.equal((await list(client, name, -1, { currentLeaderEpoch: 0 })).errorCode, 0)
  },
)

behaviour('ListOffsets of a partition named twice is refused, once', async ({ client, topic }) => {
  const { name } = await topic()
  const answer = await client.request(ListOffsetsApi, 7, {
    replicaId: -1,
    isolationLevel: 0,
    topics: [
      {
        name,
        partitions: [
          { partitionIndex: 0, timestamp: -1 },
          { partitionIndex: 0, timestamp: -2 },
        ],
      },
    ],
  })
  assert.deepEqual(
    answer.topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode)),
    [INVALID_REQUEST],
  )
})

behaviour('ListOffsets of an empty partition', async ({ client, topic }) => {
  const { name } = await topic()
  assert.deepEqual(await look(client, name, -1), [0, -1, 0, 0])
  assert.deepEqual(await look(client, name, -2), [0, -1, 0, 0])
  assert.deepEqual(await look(client, name, 0), [0, -1, -1, -1])
})

behaviour('ListOffsets: timestamps in nanoseconds are told too', async ({ client, topic, now }) => {
  const made = await topic({ 'message.timestamp.after.max.ms': '9223372036854775807' })
  const nanoseconds = now() * 1e6
  await produce(client, made, batch(now(), { records: [record(nanoseconds)] }))
  const [error, timestamp, offset] = await look(client, made.name, -3)
  assert.deepEqual([error, offset], [0, 0])
  // Rounded, as every number above 2^53.
  assert.ok(Math.abs(timestamp! - nanoseconds) < 1_000)
})
