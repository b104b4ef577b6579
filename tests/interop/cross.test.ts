import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { codecs } from '../peers/peer.ts'
import type { Codec, OutgoingRecord, Peer } from '../peers/peer.ts'
import { startBroker } from './broker-under-test.ts'
import type { BrokerUnderTest } from './broker-under-test.ts'
import { skipUnless } from './installed-peers.ts'
import { assertSameRecords } from './peer-suite.ts'
import { peers } from './peer-table.ts'
import type { PeerUnderTest } from './peer-table.ts'

/** What one client writes every other reads: each codec's topic holds records of all peers. */
describe('every peer reads what every other wrote', { timeout: 180_000 }, () => {
  const rows: readonly PeerUnderTest[] = Object.values(peers)
  const present = rows.filter((row) => row.installed !== null)
  const started = new Map<string, Peer>()
  const sent = new Map<Codec, OutgoingRecord[]>()
  let broker: BrokerUnderTest

  before(async () => {
    broker = await startBroker()
    for (const codec of codecs) {
      await broker.createTopic(`cross-${codec}`, present.length)
      sent.set(codec, [])
    }
    for (const [partition, row] of present.entries()) {
      const peer = row.start(broker.address)
      started.set(row.name, peer)
      for (const codec of row.writes ?? codecs) {
        const records = recordsOf(row, partition)
        await peer.produce(`cross-${codec}`, codec, records)
        sent.get(codec)?.push(...records)
      }
    }
  })
  after(async () => {
    for (const peer of started.values()) await peer.close()
    await broker?.[Symbol.asyncDispose]()
  })

  for (const row of rows) {
    test(`${row.name} reads all`, { skip: skipUnless(row.installed, row.name) }, async () => {
      for (const codec of codecs) {
        const expected = sent.get(codec) ?? []
        const peer = started.get(row.name)
        const read = await peer?.consume(`cross-${codec}`, present.length, expected.length)
        assert.ok(read)
        assertSameRecords(read, expected)
      }
    })
  }
})

/** Enough text to be worth compressing; a partition of its own for each writer. */
function recordsOf(
  { name, timestamps = true }: PeerUnderTest,
  partition: number,
): OutgoingRecord[] {
  const timestamp = Date.now() - 5000
  return Array.from({ length: 5 }, (_, index) => ({
    partition,
    key: index === 0 ? null : `${name} ${index}`,
    value: index === 4 ? null : `${name} – ${index} `.repeat(1000),
    headers: index === 2 ? [['writer', name] as const] : [],
    ...(timestamps ? { timestamp: timestamp + index } : {}),
  }))
}
