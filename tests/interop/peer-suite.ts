import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { codecs } from '../peers/peer.ts'
import type { OutgoingRecord, Peer, Run, StoredRecord } from '../peers/peer.ts'
import { startBroker } from './broker-under-test.ts'
import type { BrokerUnderTest } from './broker-under-test.ts'
import { skipUnless } from './installed-peers.ts'
import type { PeerUnderTest } from './peer-table.ts'
import { storedBatches } from './stored-batches.ts'

/** What every peer has to pass: peer-table.ts has the rows, these are the columns. */
export function testPeer(row: PeerUnderTest): void {
  describe(row.name, { skip: skipUnless(row.installed, row.name), timeout: 300_000 }, () => {
    let broker: BrokerUnderTest
    let peer: Peer

    before(async () => {
      broker = await startBroker()
      peer = row.start(broker.address)
    })
    after(async () => {
      await peer?.close()
      await broker?.[Symbol.asyncDispose]()
    })

    for (const codec of row.writes ?? codecs) {
      test(`produces and consumes with ${codec}`, async () => {
        const topic = `codec-${codec}`
        await broker.createTopic(topic, 2)
        const sent = sampleRecords(row)
        await peer.produce(topic, codec, sent)
        const read = await peer.consume(topic, 2, sent.length)
        assertSameRecords(read, sent)
        for (const partition of [0, 1]) {
          const stored = storedBatches(broker.dataDir, topic, partition)
          assert.equal(stored.records, sent.filter((one) => one.partition === partition).length)
          assert.ok(stored.codecs.includes(codec), `stored with ${stored.codecs.join()}`)
        }
      })
    }

    test('resumes a group where it committed', async () => {
      await broker.createTopic('resume', 1)
      await peer.produce('resume', 'none', numberedRecords(20))
      const first = await peer.readInGroup('resuming', 'resume', 8)
      const second = await peer.readInGroup('resuming', 'resume', 12)
      assert.deepEqual(valuesOf([...first, ...second]), valuesOf(numberedRecords(20)))
      assert.deepEqual(
        second.map((one) => one.offset),
        Array.from({ length: 12 }, (_, index) => 8 + index),
      )
    })

    test('finds offsets by time', async () => {
      await broker.createTopic('by-time', 1)
      const base = Date.now() - 60_000
      const own = row.timestamps ?? true
      const records = numberedRecords(10).map((one, index) => ({
        ...one,
        ...(own ? { timestamp: base + index * 1000 } : {}),
      }))
      // The first half in one batch, the others in one each.
      await peer.produce('by-time', 'none', records.slice(0, 5))
      for (const record of records.slice(5)) await peer.produce('by-time', 'none', [record])
      const stored = await peer.consume('by-time', 1, 10)
      const times = stored.map((one) => one.timestamp)
      if (own)
        assert.deepEqual(
          times,
          records.map((one) => one.timestamp),
        )
      for (const time of times) {
        assert.equal(await peer.offsetForTime('by-time', 0, time), times.indexOf(time))
        const next = times.findIndex((one) => one > time)
        assert.equal(await peer.offsetForTime('by-time', 0, time + 1), next < 0 ? null : next)
      }
      assert.equal(await peer.offsetForTime('by-time', 0, base - 1_000_000), 0)
    })

    test('shares a topic among one, three and again one member of a group', async () => {
      await broker.createTopic('shared', 6)
      const sent = new Set<string>()
      const send = async (): Promise<void> => {
        const records = numberedRecords(60).map((one, index) => ({
          ...one,
          partition: index % 6,
          value: `v${sent.size + index}`,
        }))
        await peer.produce('shared', 'none', records)
        for (const { value } of records) sent.add(value)
      }
      const received = async (members: readonly string[]): Promise<Set<string>> => {
        const states = await Promise.all(members.map((name) => peer.memberState(name)))
        return new Set(states.flatMap((state) => state.received))
      }

      await send()
      await peer.startMember('a', 'sharing', 'shared')
      await assigned(peer, { a: 6 })
      await peer.startMember('b', 'sharing', 'shared')
      await peer.startMember('c', 'sharing', 'shared')
      await assigned(peer, { a: 2, b: 2, c: 2 })
      await send()
      await eventually('all records reach three members', async () => {
        assert.deepEqual(await received(['a', 'b', 'c']), sent)
      })
      await peer.stopMember('a')
      await peer.stopMember('c')
      await assigned(peer, { b: 6 })
      await send()
      await eventually('all records reach the last member', async () => {
        assert.deepEqual(await received(['a', 'b', 'c']), sent)
      })
      await peer.stopMember('b')
      // What the group has committed is where a new member begins.
      await send()
      const rest = await peer.readInGroup('sharing', 'shared', 60)
      assert.deepEqual(new Set(valuesOf(rest)), new Set([...sent].slice(-60)))
    })

    test('its group members go on when the broker is killed and restarted', async () => {
      await broker.createTopic('members', 6)
      const sent: string[] = []
      const send = async (): Promise<void> => {
        const records = numberedRecords(60).map((one, index) => ({
          ...one,
          partition: index % 6,
          value: `v${sent.length + index}`,
        }))
        await peer.produce('members', 'none', records)
        sent.push(...valuesOf(records).map(String))
      }
      const allReceived = async (): Promise<void> => {
        const states = [await peer.memberState('d'), await peer.memberState('e')]
        const received = new Set(states.flatMap((state) => state.received))
        assert.deepEqual([...received].toSorted(), sent.toSorted())
      }
      await peer.startMember('d', 'surviving', 'members')
      await peer.startMember('e', 'surviving', 'members')
      await assigned(peer, { d: 3, e: 3 })
      await send()
      await eventually('all records reach both members', allReceived)
      await broker.kill()
      await broker.start()
      await send()
      await eventually('all records reach both members after the restart', allReceived, 60_000)
      await peer.stopMember('d')
      await peer.stopMember('e')
    })

    test('carries a million records in order, without loss or duplicates', async () => {
      const run = newRun('million')
      await broker.createTopic(run.topic, run.partitions)
      await peer.produceRun({ ...run, idempotent: false })
      await assertComplete(broker, peer, run)
    })

    test('loses and repeats nothing when the broker is killed and restarted', async () => {
      const run = newRun('killed')
      await broker.createTopic(run.topic, run.partitions)
      const killing = Promise.withResolvers<void>()
      const producing = peer.produceRun(run, (acknowledged) => {
        if (acknowledged >= run.count * 0.3) killing.resolve()
      })
      await Promise.race([killing.promise, producing])
      await broker.kill()
      await sleep(200)
      await broker.start()
      await producing
      await assertComplete(broker, peer, run)
    })
  })
}

function newRun(topic: string): Run {
  return {
    topic,
    partitions: 4,
    count: 1_000_000,
    valueBytes: 24,
    codec: 'none',
    idempotent: true,
  }
}

async function assertComplete(broker: BrokerUnderTest, peer: Peer, run: Run): Promise<void> {
  const report = await peer.consumeRun(run)
  assert.deepEqual(report, { received: run.count, lost: 0, repeated: 0 })
  let stored = 0
  for (let partition = 0; partition < run.partitions; partition++) {
    stored += storedBatches(broker.dataDir, run.topic, partition).records
  }
  assert.equal(stored, run.count, 'as many records are stored as were sent')
}

/** Nulls, empty strings and letters beyond ASCII in every place that can hold them. */
export function sampleRecords(row: PeerUnderTest): OutgoingRecord[] {
  const now = Date.now() - 1000
  const at = (plus: number) => ((row.timestamps ?? true) ? { timestamp: now + plus } : {})
  const headers: [string, string | null][] = [
    ['trace', 'a1b2'],
    ['empty', ''],
    ['ключ', 'значение'],
  ]
  if (row.nullHeaderValues ?? true) headers.push(['nothing', null])
  if (row.repeatedHeaders ?? true) headers.push(['twice', '1'], ['twice', '2'])
  const plain: readonly (readonly [string, string])[] = []
  return [
    { partition: 0, key: 'key', value: 'value', headers: plain, ...at(0) },
    { partition: 0, key: null, value: 'no key', headers: plain, ...at(1) },
    { partition: 0, key: 'deleted', value: null, headers: plain, ...at(2) },
    { partition: 0, key: 'headers', value: 'with headers', headers, ...at(3) },
    { partition: 1, key: 'Schlüssel', value: 'Grüße, 世界', headers: plain, ...at(0) },
    // Long and repetitive: worth compressing, so that codecs do.
    { partition: 1, key: 'long', value: 'ottla '.repeat(5000), headers: plain, ...at(0) },
    { partition: 0, key: 'too', value: 'long '.repeat(5000), headers: plain, ...at(0) },
  ]
}

function numberedRecords(count: number): (OutgoingRecord & { value: string })[] {
  return Array.from({ length: count }, (_, index) => ({
    partition: 0,
    key: null,
    value: `v${index}`,
    headers: [],
  }))
}

function valuesOf(records: readonly OutgoingRecord[]): (string | null)[] {
  return records.map((record) => record.value)
}

/** The same records in the same order in each partition, with offsets from 0. */
export function assertSameRecords(
  read: readonly StoredRecord[],
  sent: readonly OutgoingRecord[],
): void {
  for (const partition of new Set(sent.map((one) => one.partition))) {
    const expected = sent
      .filter((one) => one.partition === partition)
      .map((one, offset) => ({ ...one, offset }))
    const found = read
      .filter((one) => one.partition === partition)
      .toSorted((a, b) => a.offset - b.offset)
    // A record that was sent without a timestamp may come back with any.
    const comparable = (one: Partial<StoredRecord>, index: number) => ({
      partition: one.partition,
      offset: one.offset,
      timestamp: expected[index]?.timestamp === undefined ? undefined : one.timestamp,
      key: one.key,
      value: one.value,
      headers: one.headers,
    })
    assert.deepEqual(found.map(comparable), expected.map(comparable))
  }
}

/** Waits until every member owns as many partitions as expected, none of them twice. */
async function assigned(peer: Peer, expected: Readonly<Record<string, number>>): Promise<void> {
  await eventually(`partitions are shared as ${JSON.stringify(expected)}`, async () => {
    const names = Object.keys(expected)
    const states = await Promise.all(names.map((name) => peer.memberState(name)))
    const owned = states.map((state) => state.partitions)
    assert.deepEqual(
      owned.map((partitions) => partitions.length),
      Object.values(expected),
    )
    assert.deepEqual(
      owned.flat().toSorted((a, b) => a - b),
      [0, 1, 2, 3, 4, 5],
    )
  })
}

/** Repeats a check until it passes; after `timeoutMs` its last failure is the test's. */
export async function eventually(
  what: string,
  check: () => Promise<void>,
  timeoutMs = 30_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    try {
      await check()
      return
    } catch (error) {
      if (Date.now() > deadline)
        throw new Error(`not within ${timeoutMs} ms: ${what}`, { cause: error })
    }
    await sleep(50)
  }
}
