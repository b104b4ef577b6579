import assert from 'node:assert/strict'
import { ZERO_UUID } from '@ottla/protocol'
import { FetchApi, type FetchResponse } from '@ottla/protocol/messages/fetch'
import { baseOffset, batchSizeBytes, decodeBatch } from '@ottla/records'
import { behaviour, type MadeTopic } from '../support/behaviour.ts'
import type { RawClient } from '../support/broker-world.ts'
import { batch, fetch, produce, record } from '../support/letters.ts'

const OFFSET_OUT_OF_RANGE = 1
const UNKNOWN_TOPIC_OR_PARTITION = 3
const FENCED_LEADER_EPOCH = 74
const UNKNOWN_LEADER_EPOCH = 75
const UNKNOWN_TOPIC_ID = 100
const UNKNOWN_ID = 'AAAAAAAAAAAAAAAAAAAAbQ'

/** Offsets of the batches in an answer. */
function baseOffsets(records: Buffer | null): number[] {
  const offsets: number[] = []
  const bytes = records ?? Buffer.alloc(0)
  for (let at = 0; at < bytes.length; at += batchSizeBytes(bytes, at)) {
    offsets.push(baseOffset(bytes, at))
  }
  return offsets
}

async function fill(
  client: RawClient,
  made: MadeTopic,
  now: number,
  batches: number,
  partition = 0,
) {
  for (let count = 0; count < batches; count++) {
    const records = [record(now, 'x'.repeat(100)), record(now, 'y'.repeat(100))]
    await produce(client, made, batch(now, { records }), { partition })
  }
}

behaviour('Fetch reads what was produced, in every version', async ({ client, topic, now }) => {
  const made = await topic()
  await fill(client, made, now(), 2)
  for (let version = 4; version <= 18; version++) {
    const { records, ...answer } = await fetch(client, made, 0, { version })
    assert.deepEqual(baseOffsets(records), [0, 2], `v${version}`)
    assert.deepEqual(answer, {
      partitionIndex: 0,
      errorCode: 0,
      highWatermark: 4,
      lastStableOffset: 4,
      logStartOffset: version >= 5 ? 0 : -1,
      divergingEpoch: { epoch: -1, endOffset: -1 },
      currentLeader: { leaderId: -1, leaderEpoch: -1 },
      snapshotId: { endOffset: -1, epoch: -1 },
      abortedTransactions: null,
      preferredReadReplica: -1,
    })
  }
})

behaviour(
  'Fetch at an offset inside of a batch gives the whole batch',
  async ({ client, topic, now }) => {
    const made = await topic()
    await fill(client, made, now(), 3)
    assert.deepEqual(baseOffsets((await fetch(client, made, 1)).records), [0, 2, 4])
    assert.deepEqual(baseOffsets((await fetch(client, made, 2)).records), [2, 4])
    assert.deepEqual(baseOffsets((await fetch(client, made, 5)).records), [4])
  },
)

behaviour(
  'Fetch at the end gives nothing, beyond it and before the start an error',
  async ({ client, topic, now }) => {
    const made = await topic()
    await fill(client, made, now(), 1)
    const end = await fetch(client, made, 2)
    assert.deepEqual([end.errorCode, end.records?.length, end.highWatermark], [0, 0, 2])
    for (const offset of [3, -1, -2]) {
      const beyond = await fetch(client, made, offset)
      assert.deepEqual(
        [beyond.errorCode, beyond.highWatermark, beyond.lastStableOffset, beyond.logStartOffset],
        [OFFSET_OUT_OF_RANGE, -1, -1, -1],
      )
      assert.equal(beyond.records?.length, 0)
    }
  },
)

behaviour('Fetch of what there is not', async ({ client, topic }) => {
  const made = await topic()
  const nowhere = { name: 'no-such-topic', id: UNKNOWN_ID }
  const byName = await fetch(client, nowhere, 0, { version: 12 })
  assert.equal(byName.errorCode, UNKNOWN_TOPIC_OR_PARTITION)
  const byId = await fetch(client, nowhere, 0)
  assert.equal(byId.errorCode, UNKNOWN_TOPIC_ID)
  assert.equal(byId.highWatermark, -1)
  const noId = await fetch(client, { name: '', id: ZERO_UUID }, 0)
  assert.equal(noId.errorCode, UNKNOWN_TOPIC_ID)
  const noPartition = await fetch(client, made, 0, { partition: 9 })
  assert.equal(noPartition.errorCode, UNKNOWN_TOPIC_OR_PARTITION)
})

behaviour(
  'Fetch with another leader epoch than the partition’s is refused',
  async ({ client, topic }) => {
    const made = await topic()
    assert.equal((await fetch(client, made, 0, { currentLeaderEpoch: 0 })).errorCode, 0)
    const newer = await fetch(client, made, 0, { currentLeaderEpoch: 9 })
    assert.equal(newer.errorCode, UNKNOWN_LEADER_EPOCH)
  },
)

behaviour(
  'Fetch with an older leader epoch is fenced, and told the new one',
  async ({ topic, world }) => {
    const made = await topic()
    world!.world.kill('broker')
    await world!.start()
    const again = await world!.client()
    const answer = await fetch(again, made, 0, { currentLeaderEpoch: 0, version: 12 })
    assert.equal(answer.errorCode, FENCED_LEADER_EPOCH)
    assert.equal(answer.currentLeader.leaderId, 1)
    assert.ok(answer.currentLeader.leaderEpoch > 0)
  },
  { isOwn: true },
)

behaviour(
  'Fetch says where the reader’s log parts from this one',
  async ({ client, topic, now }) => {
    const made = await topic()
    await fill(client, made, now(), 1)
    const same = await fetch(client, made, 2, { lastFetchedEpoch: 0 })
    assert.deepEqual(same.divergingEpoch, { epoch: -1, endOffset: -1 })
    // An epoch that this log never had tells nothing about where they part.
    const newer = await fetch(client, made, 2, { lastFetchedEpoch: 5 })
    assert.equal(newer.errorCode, OFFSET_OUT_OF_RANGE)
  },
)

behaviour(
  'Fetch keeps to the partition’s limit, but always gives one batch',
  async ({ client, topic, now }) => {
    const made = await topic()
    await fill(client, made, now(), 4)
    const { length } = (await fetch(client, made, 0, { partitionMaxBytes: 1 })).records ?? []
    assert.ok(length)
    const one = async (partitionMaxBytes: number, maxBytes = 1_000_000) =>
      baseOffsets((await fetch(client, made, 0, { partitionMaxBytes, maxBytes })).records)
    assert.deepEqual(await one(1), [0])
    assert.deepEqual(await one(length), [0])
    assert.deepEqual(await one(length * 2), [0, 2])
    assert.deepEqual(await one(0), [0])
    assert.deepEqual(await one(1_000_000, length * 3), [0, 2, 4])
    assert.deepEqual(await one(1_000_000, 1), [0])
  },
)

behaviour(
  'Fetch of several partitions: one batch at least, then the request’s limit',
  async ({ client, topic, now }) => {
    const made = await topic({}, 3)
    for (const partition of [0, 1, 2]) await fill(client, made, now(), 2, partition)
    const length = (await fetch(client, made, 0, { partitionMaxBytes: 1 })).records?.length ?? 0
    const ask = async (maxBytes: number): Promise<[number, number[]][]> => {
      const answer = await client.request(FetchApi, 12, {
        maxWaitMs: 0,
        minBytes: 0,
        maxBytes,
        topics: [
          {
            topic: made.name,
            partitions: [2, 0, 1].map((partition) => ({
              partition,
              fetchOffset: 0,
              partitionMaxBytes: length,
            })),
          },
        ],
      })
      return answer.responses.flatMap(({ partitions }) =>
        partitions.map(({ partitionIndex, records }): [number, number[]] => [
          partitionIndex,
          baseOffsets(records),
        ]),
      )
    }
    assert.deepEqual(await ask(1), [
      [2, [0]],
      [0, []],
      [1, []],
    ])
    assert.deepEqual(await ask(length * 2), [
      [2, [0]],
      [0, [0]],
      [1, []],
    ])
    assert.deepEqual(await ask(1_000_000), [
      [2, [0]],
      [0, [0]],
      [1, [0]],
    ])
  },
)

behaviour(
  'Fetch with read_committed names no aborted transactions where there are none',
  async ({ client, topic, now }) => {
    const made = await topic()
    await fill(client, made, now(), 1)
    const answer = await fetch(client, made, 0, { isolationLevel: 1 })
    assert.deepEqual(answer.abortedTransactions, [])
    assert.deepEqual(baseOffsets(answer.records), [0])
  },
)

behaviour(
  'Fetch waits for min bytes as long as max wait allows',
  async ({ client, connect, topic, now, time, sleep }) => {
    const made = await topic()
    const empty = await time(() => fetch(client, made, 0, { maxWaitMs: 700, minBytes: 1 }))
    assert.ok(empty >= 690 && empty < 1_200, `${empty}`)

    const writer = await connect()
    const woken = time(() => fetch(client, made, 0, { maxWaitMs: 20_000, minBytes: 1 }))
    await sleep(300)
    await fill(writer, made, now(), 1)
    const wokenMs = await woken
    assert.ok(wokenMs >= 290 && wokenMs < 2_000, `${wokenMs}`)

    // One batch is not enough for so many bytes; two are.
    const size = (await fetch(client, made, 0)).records?.length ?? 0
    const patient = time(() => fetch(client, made, 0, { maxWaitMs: 20_000, minBytes: size + 1 }))
    await sleep(300)
    await fill(writer, made, now(), 1)
    const patientMs = await patient
    assert.ok(patientMs >= 290 && patientMs < 2_000, `${patientMs}`)
  },
)

for (const [what, isKnown, isAtOnce] of [
  ['answers an error of a partition that is there at once', true, true],
  ['waits for its other partitions when a topic is not there', false, false],
] as const) {
  behaviour(`Fetch ${what}`, async ({ client, topic, time }) => {
    const quiet = await topic()
    const other = isKnown ? (await topic()).name : 'no-such-topic'
    const offset = isKnown ? 99 : 0
    let answer: FetchResponse | undefined
    const tookMs = await time(async () => {
      answer = await client.request(FetchApi, 12, {
        maxWaitMs: 2_000,
        minBytes: 1,
        topics: [
          {
            topic: quiet.name,
            partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000 }],
          },
          {
            topic: other,
            partitions: [{ partition: 0, fetchOffset: offset, partitionMaxBytes: 1_000 }],
          },
        ],
      })
    })
    assert.equal(tookMs < 1_000, isAtOnce, `${tookMs}`)
    assert.deepEqual(
      answer?.responses
        .flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode))
        .sort(),
      [0, isKnown ? OFFSET_OUT_OF_RANGE : UNKNOWN_TOPIC_OR_PARTITION],
    )
  })
}

behaviour('Fetch of nothing is answered at once', async ({ client, time }) => {
  const tookMs = await time(async () => {
    const answer = await client.request(FetchApi, 12, {
      maxWaitMs: 20_000,
      minBytes: 1,
      topics: [],
    })
    assert.deepEqual([answer.errorCode, answer.sessionId, answer.responses], [0, 0, []])
  })
  assert.ok(tookMs < 1_000, `${tookMs}`)
})

behaviour('Fetch gives zstd to clients of any version', async ({ client, topic, now }) => {
  const made = await topic({ 'compression.type': 'zstd' })
  await produce(client, made, batch(now()))
  for (const version of [4, 9, 10]) {
    const { records } = await fetch(client, made, 0, { version })
    assert.equal(decodeBatch(records ?? Buffer.alloc(0), 0).records.length, 1)
  }
})

behaviour(
  'Fetch of a topic that is deleted while it waits is answered',
  async ({ client, connect, topic, sleep, time }) => {
    const { DeleteTopicsApi } = await import('@ottla/protocol/messages/delete-topics')
    const made = await topic()
    const admin = await connect()
    const waiting = time(() => fetch(client, made, 0, { maxWaitMs: 60_000, minBytes: 1 }))
    await sleep(100)
    await admin.request(DeleteTopicsApi, 3, { topicNames: [made.name], timeoutMs: 1_000 })
    assert.ok((await waiting) < 5_000)
  },
  { isOwn: true },
)

behaviour(
  'Fetch before the log start offset, once retention has moved it, is out of range',
  async ({ client, topic, now, sleep, world }) => {
    const made = await topic({ 'retention.ms': '60000', 'segment.ms': '10000' })
    await fill(client, made, now(), 1)
    await sleep(3_600_000)
    // Idle for an hour, the first connection is closed by now.
    const again = await world!.client()
    const answer = await fetch(again, made, 0)
    assert.equal(answer.errorCode, OFFSET_OUT_OF_RANGE)
    const end = await fetch(again, made, 2)
    assert.deepEqual([end.errorCode, end.logStartOffset, end.highWatermark], [0, 2, 2])
  },
  { isOwn: true },
)
