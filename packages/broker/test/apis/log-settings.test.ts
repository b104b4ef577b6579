import assert from 'node:assert/strict'
import { DeleteRecordsApi } from '@ottla/protocol/messages/delete-records'
import { IncrementalAlterConfigsApi } from '@ottla/protocol/messages/incremental-alter-configs'
import { ListOffsetsApi } from '@ottla/protocol/messages/list-offsets'
import { behaviour, type MadeTopic, type Subject } from '../support/behaviour.ts'
import { batch as batchOf, produce, record } from '../support/letters.ts'

/**
 * What a topic's settings make of its log, as a client sees it: which records are still there. They are
 * set on a topic that has records already, and hold from then on.
 *
 * The reference needs log.retention.check.interval.ms=1000 and log.initial.task.delay.ms=500.
 */
const settings = { 'log.retention.check.interval.ms': '1000' }
const BOTH = { settings, isOwn: false }

/** One record, always of the same size. */
function batch(time: number): Buffer {
  return batchOf(time, { records: [record(time)] })
}

const [LATEST, EARLIEST, MAX_TIMESTAMP, EARLIEST_LOCAL] = [-1, -2, -3, -4]

async function set(
  { client }: Subject,
  { name }: MadeTopic,
  configs: Readonly<Record<string, string | number>>,
): Promise<void> {
  const { responses } = await client.request(IncrementalAlterConfigsApi, 1, {
    resources: [
      {
        resourceType: 2,
        resourceName: name,
        configs: Object.entries(configs).map(([key, value]) => ({
          name: key,
          configOperation: 0,
          value: String(value),
        })),
      },
    ],
    validateOnly: false,
  })
  assert.equal(responses[0]!.errorCode, 0, responses[0]!.errorMessage ?? '')
}

/** `[timestamp, offset]` of what ListOffsets says. */
async function look(
  { client }: Subject,
  { name }: MadeTopic,
  timestamp: number,
): Promise<[number, number]> {
  const { topics } = await client.request(ListOffsetsApi, 11, {
    replicaId: -1,
    isolationLevel: 0,
    topics: [{ name, partitions: [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp }] }],
    timeoutMs: 5_000,
  })
  const found = topics[0]!.partitions[0]!
  assert.equal(found.errorCode, 0)
  return [Number(found.timestamp), Number(found.offset)]
}

async function earliest(subject: Subject, made: MadeTopic): Promise<number> {
  return (await look(subject, made, EARLIEST))[1]
}

/** The log start offset once retention has looked at the log again, which it does every second. */
async function earliestAfterRetention(subject: Subject, made: MadeTopic): Promise<number> {
  await subject.sleep(subject.world === null ? 2_500 : 31_000)
  return await earliest(subject, made)
}

/** Produces batches of one record, at these times. @returns The size of each. */
async function fill(
  { client }: Subject,
  made: MadeTopic,
  times: readonly number[],
): Promise<number> {
  let sizeBytes = 0
  for (const time of times) {
    const bytes = batch(time)
    sizeBytes = bytes.length
    const answer = await produce(client, made, bytes)
    assert.equal(answer.errorCode, 0)
  }
  return sizeBytes
}

/** Where segments begin, found by what goes as `retention.bytes` is lowered by one batch after the other. */
async function segmentStarts(
  subject: Subject,
  made: MadeTopic,
  batchBytes: number,
): Promise<number[]> {
  const [, end] = await look(subject, made, LATEST)
  const starts = new Set([await earliest(subject, made)])
  for (let count = 1; count < end; count++) {
    await set(subject, made, { 'retention.bytes': (end - count) * batchBytes })
    starts.add(await earliestAfterRetention(subject, made))
  }
  return [...starts]
}

/** One batch a segment. */
async function oneEach(subject: Subject, times: readonly number[]): Promise<[MadeTopic, number]> {
  const size = batch(subject.now()).length
  const made = await subject.topic({ 'internal.segment.bytes': String(size), 'retention.ms': '-1' })
  await fill(subject, made, times)
  return [made, size]
}

behaviour(
  'retention.bytes keeps at least so many bytes, in whole segments',
  async (subject) => {
    const now = subject.now()
    const [made, size] = await oneEach(subject, [now, now, now, now, now])
    await set(subject, made, { 'retention.bytes': 3 * size + 1 })
    assert.equal(await earliestAfterRetention(subject, made), 1)
    await set(subject, made, { 'retention.bytes': 3 * size })
    assert.equal(await earliestAfterRetention(subject, made), 2)
    await set(subject, made, { 'retention.bytes': 1 })
    assert.equal(await earliestAfterRetention(subject, made), 4)
    // None at all: the active segment goes as well.
    await set(subject, made, { 'retention.bytes': 0 })
    assert.equal(await earliestAfterRetention(subject, made), 5)
    await set(subject, made, { 'retention.bytes': -1 })
    await fill(subject, made, [now])
    assert.equal(await earliestAfterRetention(subject, made), 5)
  },
  BOTH,
)

behaviour(
  'retention.ms goes by the newest record of a segment, from the oldest segment on',
  async (subject) => {
    const now = subject.now()
    const hours = 3_600_000
    const times = [now - 3 * hours, now - 5 * hours, now - hours, now - 4 * hours, now - 4 * hours]
    const [made] = await oneEach(subject, times)
    await set(subject, made, { 'retention.ms': 2 * hours })
    // The third is too new; what is behind it waits for it.
    assert.equal(await earliestAfterRetention(subject, made), 2)
    await set(subject, made, { 'retention.ms': hours / 2 })
    assert.equal(await earliestAfterRetention(subject, made), 5)
  },
  BOTH,
)

behaviour(
  'retention.ms keeps a record that is ahead of the clock',
  async (subject) => {
    const now = subject.now()
    const [made] = await oneEach(subject, [now - 10_000, now + 3_000_000, now - 10_000])
    await set(subject, made, { 'retention.ms': 1 })
    assert.equal(await earliestAfterRetention(subject, made), 1)
  },
  BOTH,
)

behaviour(
  'retention.ms goes by the age of the file where records have no time',
  async (subject) => {
    const [made] = await oneEach(subject, [-1, -1])
    await set(subject, made, { 'retention.ms': 3_600_000 })
    assert.equal(await earliestAfterRetention(subject, made), 0)
    await set(subject, made, { 'retention.ms': 1 })
    assert.equal(await earliestAfterRetention(subject, made), 2)
  },
  BOTH,
)

behaviour(
  'retention leaves an empty log alone',
  async (subject) => {
    const made = await subject.topic({ 'retention.ms': '0', 'retention.bytes': '0' })
    assert.equal(await earliestAfterRetention(subject, made), 0)
    await fill(subject, made, [subject.now() - 1_000])
    assert.equal(await earliestAfterRetention(subject, made), 1)
    assert.equal(await earliestAfterRetention(subject, made), 1)
  },
  BOTH,
)

behaviour(
  'segment.ms counts from the first record to the newest of a batch, not by the clock',
  async (subject) => {
    const now = subject.now() - 1_000_000
    const made = await subject.topic({ 'retention.ms': '-1' })
    await fill(subject, made, [now])
    await set(subject, made, { 'segment.ms': 1_000 })
    const times = [now + 1_000, now + 1_001, now + 500, now + 2_001, now + 2_002]
    const size = await fill(subject, made, times)
    assert.deepEqual(await segmentStarts(subject, made, size), [0, 2, 5])
  },
  BOTH,
)

behaviour(
  'segment.ms counts by the clock where records have no time, or get the broker’s',
  async (subject) => {
    for (const config of [{}, { 'message.timestamp.type': 'LogAppendTime' }]) {
      const made = await subject.topic({ 'retention.ms': '-1' })
      await set(subject, made, { 'segment.ms': 1_000, ...config })
      const size = await fill(subject, made, [-1, -1])
      await subject.sleep(1_300)
      await fill(subject, made, [-1, -1])
      assert.deepEqual(await segmentStarts(subject, made, size), [0, 2], JSON.stringify(config))
    }
  },
  BOTH,
)

behaviour(
  'segment.jitter.ms takes part of segment.ms away',
  async (subject) => {
    const now = subject.now() - 1_000_000
    const made = await subject.topic({ 'retention.ms': '-1', 'segment.ms': '100000' })
    await set(subject, made, { 'segment.jitter.ms': 0 })
    const size = await fill(subject, made, [now, now + 100_000])
    assert.deepEqual(await segmentStarts(subject, made, size), [0])
    // Of one millisecond nothing can be taken away; of more, anything less than all.
    await set(subject, made, { 'segment.jitter.ms': 1, 'retention.bytes': -1 })
    await fill(subject, made, [now + 100_000])
    assert.deepEqual(await segmentStarts(subject, made, size), [0])
  },
  BOTH,
)

behaviour(
  'internal.segment.bytes: a batch that does not fit begins a segment',
  async (subject) => {
    const now = subject.now()
    const size = batch(now).length
    const made = await subject.topic({
      'retention.ms': '-1',
      'internal.segment.bytes': String(2 * size),
    })
    await fill(subject, made, [now, now, now, now, now])
    assert.deepEqual(await segmentStarts(subject, made, size), [0, 2, 4])
  },
  BOTH,
)

behaviour(
  'a full index begins a segment: segment.index.bytes and index.interval.bytes',
  async (subject) => {
    const now = subject.now() - 1_000_000
    for (const [step, expected] of [
      [0, [0, 6]],
      [1, [0, 3, 6]],
    ] as const) {
      // Five entries of offsets, two of times and one that closes the segment. (Kafka gives a segment the
      // settings that it begins with; here they hold at once.)
      const made = await subject.topic({
        'retention.ms': '-1',
        'index.interval.bytes': '0',
        'segment.index.bytes': '40',
      })
      const times = Array.from({ length: 8 }, (_, index) => now + index * step)
      const size = await fill(subject, made, times)
      assert.deepEqual(await segmentStarts(subject, made, size), expected, `step ${step}`)
    }
  },
  BOTH,
)

behaviour(
  'DeleteRecords inside of a segment: what is below is gone, whatever ListOffsets is asked',
  async (subject) => {
    const now = subject.now()
    const made = await subject.topic({ 'retention.ms': '-1' })
    await fill(subject, made, [now - 5, now - 1, now - 4, now - 3, now - 2])
    const before = async (offset: number): Promise<void> => {
      const { topics } = await subject.client.request(DeleteRecordsApi, 2, {
        topics: [{ name: made.name, partitions: [{ partitionIndex: 0, offset }] }],
        timeoutMs: 10_000,
      })
      assert.equal(topics[0]!.partitions[0]!.errorCode, 0)
    }
    await before(1)
    assert.deepEqual(await look(subject, made, MAX_TIMESTAMP), [now - 1, 1])
    await before(3)
    assert.deepEqual(await look(subject, made, EARLIEST), [-1, 3])
    assert.deepEqual(await look(subject, made, EARLIEST_LOCAL), [-1, 3])
    assert.deepEqual(await look(subject, made, LATEST), [-1, 5])
    assert.deepEqual(await look(subject, made, now - 5), [now - 3, 3])
    assert.deepEqual(await look(subject, made, now - 2), [now - 2, 4])
    assert.deepEqual(await look(subject, made, now - 1), [-1, -1])
    // As Kafka: the newest time of all that is still on disk.
    assert.deepEqual(await look(subject, made, MAX_TIMESTAMP), [now - 1, 1])
    // Retention removes only whole segments: the log start offset stays where it was put.
    assert.equal(await earliestAfterRetention(subject, made), 3)
    await before(5)
    assert.deepEqual(await look(subject, made, EARLIEST), [-1, 5])
    // As Kafka: the newest time of all that is still on disk.
    assert.deepEqual(await look(subject, made, MAX_TIMESTAMP), [now - 1, 1])
    assert.deepEqual(await look(subject, made, now - 5), [-1, -1])
  },
  BOTH,
)
