import assert from 'node:assert/strict'
import { ZERO_UUID } from '@ottla/protocol'
import { ProduceApi, type PartitionProduceResponse } from '@ottla/protocol/messages/produce'
import { compressionCodec, crc32c, decodeBatch, timestampType } from '@ottla/records'
import { behaviour } from '../support/behaviour.ts'
import { batch, fetch, produce, record } from '../support/letters.ts'

const CORRUPT_MESSAGE = 2
const UNKNOWN_TOPIC_OR_PARTITION = 3
const MESSAGE_TOO_LARGE = 10
const INVALID_TOPIC = 17
const INVALID_REQUIRED_ACKS = 21
const INVALID_TIMESTAMP = 32
const UNSUPPORTED_COMPRESSION_TYPE = 76
const INVALID_RECORD = 87
const UNKNOWN_TOPIC_ID = 100
const HOUR_MS = 3_600_000

/** What an answer without an error looks like. */
function stored(baseOffset: number, more: Partial<PartitionProduceResponse> = {}) {
  return {
    index: 0,
    errorCode: 0,
    baseOffset,
    logAppendTimeMs: -1,
    logStartOffset: 0,
    recordErrors: [],
    errorMessage: null,
    currentLeader: { leaderId: -1, leaderEpoch: -1 },
    ...more,
  }
}

/** An answer with an error has no offsets, but may say where the log begins. */
function assertRefused(answer: PartitionProduceResponse, errorCode: number, logStartOffset = -1) {
  const { errorMessage: _, recordErrors: __, ...rest } = answer
  assert.deepEqual(rest, {
    index: answer.index,
    errorCode,
    baseOffset: -1,
    logAppendTimeMs: -1,
    logStartOffset,
    currentLeader: { leaderId: -1, leaderEpoch: -1 },
  })
}

/** Rewrites an int32 of a batch's header and makes its checksum right again. */
function withInt32(bytes: Buffer, at: number, value: number): Buffer {
  const changed = Buffer.from(bytes)
  changed.writeInt32BE(value, at)
  changed.writeUInt32BE(crc32c(changed, 21, changed.length) >>> 0, 17)
  return changed
}

behaviour(
  'Produce stores a batch in every version and says where',
  async ({ client, topic, now }) => {
    const made = await topic()
    for (let version = 3; version <= 13; version++) {
      const answer = await produce(client, made, batch(now()), { version })
      const expected = stored(version - 3, version < 5 ? { logStartOffset: -1 } : {})
      assert.deepEqual(answer, expected, `v${version}`)
    }
  },
)

behaviour(
  'Produce with acks 1 is answered, with acks 0 never',
  async ({ client, topic, now, connect }) => {
    const made = await topic()
    assert.deepEqual(await produce(client, made, batch(now()), { acks: 1 }), stored(0))
    const silent = await connect()
    const body = {
      acks: 0,
      timeoutMs: 100,
      topicData: [{ topicId: made.id, partitionData: [{ index: 0, records: batch(now()) }] }],
    }
    silent.write(silent.frame(ProduceApi, 13, body))
    // What is answered next on that connection is the next request.
    assert.deepEqual(await produce(silent, made, batch(now()), { acks: 1 }), stored(2))
  },
)

behaviour(
  'Produce with acks 0 tells of an error by closing the connection',
  async ({ connect, now }) => {
    const client = await connect()
    const body = {
      acks: 0,
      timeoutMs: 100,
      topicData: [{ name: 'no-such-topic', partitionData: [{ index: 0, records: batch(now()) }] }],
    }
    client.write(client.frame(ProduceApi, 9, body))
    assert.equal(await client.receive(), null)
  },
)

behaviour('Produce refuses acks that are none of -1, 0 and 1', async ({ client, topic, now }) => {
  const made = await topic()
  for (const acks of [2, 5, -2]) {
    const answer = await produce(client, made, batch(now()), { acks, version: 9 })
    assert.equal(answer.errorCode, INVALID_REQUIRED_ACKS)
    assert.equal(answer.baseOffset, -1)
    assert.equal(answer.logStartOffset, -1)
  }
})

behaviour('Produce to what there is not', async ({ client, topic, now }) => {
  const made = await topic()
  const nowhere = { name: 'no-such-topic', id: 'AAAAAAAAAAAAAAAAAAAAbQ' }
  assertRefused(
    await produce(client, nowhere, batch(now()), { version: 12 }),
    UNKNOWN_TOPIC_OR_PARTITION,
  )
  assertRefused(await produce(client, nowhere, batch(now())), UNKNOWN_TOPIC_ID)
  assertRefused(
    await produce(client, { ...nowhere, id: ZERO_UUID }, batch(now())),
    UNKNOWN_TOPIC_ID,
  )
  for (const partition of [7, -1]) {
    assertRefused(
      await produce(client, made, batch(now()), { partition }),
      UNKNOWN_TOPIC_OR_PARTITION,
    )
  }
})

behaviour(
  "Produce: one partition's error is no other's, and each has its answer",
  async ({ client, topic, now }) => {
    const { name } = await topic({}, 2)
    const broken = batch(now())
    broken[broken.length - 1]! ^= 1
    const answer = await client.request(ProduceApi, 9, {
      acks: -1,
      timeoutMs: 1_000,
      topicData: [
        {
          name,
          partitionData: [
            { index: 1, records: batch(now()) },
            { index: 0, records: broken },
            { index: 9, records: batch(now()) },
          ],
        },
        { name: 'no-such-topic', partitionData: [{ index: 0, records: batch(now()) }] },
      ],
    })
    const codes = new Map(
      answer.responses.flatMap((each) =>
        each.partitionResponses.map(
          ({ index, errorCode }) => [`${each.name === name}-${index}`, errorCode] as const,
        ),
      ),
    )
    assert.deepEqual(
      codes,
      new Map([
        ['false-0', UNKNOWN_TOPIC_OR_PARTITION],
        ['true-0', CORRUPT_MESSAGE],
        ['true-1', 0],
        ['true-9', UNKNOWN_TOPIC_OR_PARTITION],
      ]),
    )
  },
)

behaviour(
  'Produce refuses records that are no whole, sound batch',
  async ({ client, topic, now }) => {
    const made = await topic()
    const sound = batch(now())
    const badCrc = Buffer.from(sound)
    badCrc[30]! ^= 1
    const refusals: [string, Buffer | null, number][] = [
      ['a wrong CRC', badCrc, CORRUPT_MESSAGE],
      ['a batch cut short', sound.subarray(0, 40), INVALID_RECORD],
      ['two batches', Buffer.concat([sound, sound]), INVALID_RECORD],
      ['no batch', Buffer.alloc(0), INVALID_RECORD],
      ['more records than it says', withInt32(sound, 57, 0), INVALID_RECORD],
      ['fewer records than it says', withInt32(sound, 57, 5), INVALID_RECORD],
      ['a last offset that does not fit', withInt32(sound, 23, 7), INVALID_RECORD],
      ['a negative last offset', withInt32(sound, 23, -1), INVALID_RECORD],
      ['a control batch', batch(now(), { isControl: true }), INVALID_RECORD],
    ]
    for (const [what, bytes, code] of refusals) {
      const answer = await produce(client, made, bytes, { version: 9 })
      assert.equal(answer.errorCode, code, what)
      assert.equal(answer.baseOffset, -1, what)
    }
    assert.deepEqual(await produce(client, made, sound), stored(0), 'nothing of it was stored')
  },
)

behaviour('Produce of an older or unknown format', async ({ client, topic, now }) => {
  const made = await topic()
  const magic1 = batch(now())
  magic1[16] = 1
  const magic3 = batch(now())
  magic3[16] = 3
  assert.equal((await produce(client, made, magic1, { version: 9 })).errorCode, INVALID_RECORD)
  assert.equal((await produce(client, made, magic3, { version: 9 })).errorCode, CORRUPT_MESSAGE)
})

behaviour('Produce keeps to max.message.bytes', async ({ client, topic, now }) => {
  const made = await topic({ 'max.message.bytes': '200' })
  const large = batch(now(), { records: [record(now(), 'x'.repeat(200))] })
  assertRefused(await produce(client, made, large), MESSAGE_TOO_LARGE)
  assert.deepEqual(await produce(client, made, batch(now())), stored(0))
  // What counts is the batch as it comes, compressed.
  const compressed = batch(now(), {
    records: [record(now(), 'x'.repeat(1_000))],
    compression: 'gzip',
  })
  assert.ok(compressed.length < 200)
  assert.deepEqual(await produce(client, made, compressed), stored(1))
})

behaviour(
  'Produce wants no more replicas in sync than the partition has',
  async ({ client, topic, now }) => {
    const made = await topic({ 'min.insync.replicas': '2' })
    assert.deepEqual(await produce(client, made, batch(now())), stored(0))
    assert.deepEqual(await produce(client, made, batch(now()), { acks: 1 }), stored(1))
  },
)

behaviour('Produce bounds timestamps with CreateTime', async ({ client, topic, now }) => {
  const bounded = await topic({
    'message.timestamp.before.max.ms': String(HOUR_MS),
    'message.timestamp.after.max.ms': String(HOUR_MS),
  })
  for (const timestamp of [now() - 2 * HOUR_MS, now() + 2 * HOUR_MS]) {
    const records = [record(now()), record(timestamp), record(now()), record(timestamp)]
    const answer = await produce(client, bounded, batch(now(), { records }))
    assertRefused(answer, INVALID_TIMESTAMP, 0)
    assert.ok(answer.errorMessage)
    assert.deepEqual(
      answer.recordErrors.map(({ batchIndex, batchIndexErrorMessage }) => [
        batchIndex,
        (batchIndexErrorMessage ?? '') !== '',
      ]),
      [
        [1, true],
        [3, true],
      ],
    )
  }
  const [before, after] = [now() - HOUR_MS / 2, now() + HOUR_MS / 2]
  const within = batch(now(), { records: [record(before), record(after)] })
  assert.deepEqual(await produce(client, bounded, within), stored(0))

  // Without settings of its own a topic takes any past, and an hour of future.
  const usual = await topic()
  assert.equal((await produce(client, usual, batch(1))).errorCode, 0)
  assert.equal((await produce(client, usual, batch(now() + 2 * HOUR_MS))).errorCode, 32)
})

behaviour('Produce names single bad records from version 8 on', async ({ client, topic, now }) => {
  const made = await topic({ 'cleanup.policy': 'compact' })
  const records = [record(now()), record(now(), 'v', null), record(now(), null, null)]
  for (const version of [7, 8, 13]) {
    const answer = await produce(client, made, batch(now(), { records }), { version })
    assert.equal(answer.errorCode, INVALID_RECORD)
    assert.deepEqual(
      answer.recordErrors.map(({ batchIndex }) => batchIndex),
      version < 8 ? [] : [1, 2],
    )
    assert.equal(answer.errorMessage === null, version < 8)
  }
})

behaviour(
  'Produce with LogAppendTime stamps records with the time of their coming',
  async ({ client, topic, now }) => {
    const made = await topic({ 'message.timestamp.type': 'LogAppendTime' })
    const before = now()
    const answer = await produce(client, made, batch(1_000))
    const at = Number(answer.logAppendTimeMs)
    assert.ok(at >= before && at <= now())
    assert.deepEqual(answer, stored(0, { logAppendTimeMs: at }))
    const { records } = await fetch(client, made, 0)
    assert.ok(records)
    assert.equal(timestampType(records, 0), 'LogAppendTime')
    assert.equal(decodeBatch(records, 0).records[0]?.timestamp, at)
  },
)

const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

for (const wanted of ['uncompressed', 'gzip', 'snappy', 'lz4', 'zstd', 'producer'] as const) {
  behaviour(
    `Produce of any codec to a topic with compression.type=${wanted}`,
    async ({ client, topic, now }) => {
      const made = await topic({ 'compression.type': wanted })
      for (const [offset, compression] of codecs.entries()) {
        const sent = batch(now(), { compression, records: [record(now(), compression.repeat(50))] })
        assert.deepEqual(await produce(client, made, sent), stored(offset))
        const { records } = await fetch(client, made, offset, { partitionMaxBytes: 1 })
        assert.ok(records)
        const codec =
          wanted === 'uncompressed' ? 'none' : wanted === 'producer' ? compression : wanted
        assert.equal(compressionCodec(records, 0), codec)
        const [stored1] = decodeBatch(records, 0).records
        assert.equal(stored1?.value?.toString(), compression.repeat(50))
        assert.equal(stored1.offset, offset)
      }
    },
  )
}

behaviour('Produce takes zstd from version 7 on', async ({ client, topic, now }) => {
  const made = await topic()
  const zstd = batch(now(), { compression: 'zstd' })
  const refused = await produce(client, made, zstd, { version: 6 })
  assert.equal(refused.errorCode, UNSUPPORTED_COMPRESSION_TYPE)
  assert.equal((await produce(client, made, zstd, { version: 7 })).errorCode, 0)
})

behaviour('Produce to an internal topic is for the broker alone', async ({ client, now }) => {
  const { FindCoordinatorApi } = await import('@ottla/protocol/messages/find-coordinator')
  await client.request(FindCoordinatorApi, 3, { key: 'g', keyType: 0 })
  const internal = { name: '__consumer_offsets', id: ZERO_UUID }
  const answer = await produce(client, internal, batch(now()), { version: 9 })
  assertRefused(answer, INVALID_TOPIC)
})

behaviour('Produce without partitions is answered without any', async ({ client }) => {
  const answer = await client.request(ProduceApi, 9, { acks: -1, timeoutMs: 1, topicData: [] })
  assert.deepEqual(answer.responses, [])
})
