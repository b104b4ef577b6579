import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { test } from 'node:test'
import { CreateTopicsApi } from '@ottla/protocol/messages/create-topics'
import { decodeBatch, batchSizeBytes } from '@ottla/records'
import { BrokerWorld } from '../support/broker-world.ts'
import { fetch } from '../support/letters.ts'

/** Apache Kafka 4.3.1 wrote it; its Java consumer of committed records got offsets 3, 10, 16 and 19. */
const fixture = `${import.meta.dirname}/../../../storage/test/fixtures/kafka-4.3.1/aborted-0`

interface Answer {
  readonly records: Buffer | null
  readonly abortedTransactions:
    | readonly { readonly producerId: bigint | number; readonly firstOffset: bigint | number }[]
    | null
}

/** What a reader of committed records makes of an answer: offsets, markers and aborted ones left out. */
function committed({ records, abortedTransactions }: Answer): number[] {
  const bytes = records ?? Buffer.alloc(0)
  const waiting = (abortedTransactions ?? [])
    .map((aborted) => ({
      id: Number(aborted.producerId),
      firstOffset: Number(aborted.firstOffset),
    }))
    .sort((a, b) => a.firstOffset - b.firstOffset)
  const aborting = new Set<number>()
  const offsets: number[] = []
  for (let at = 0; at < bytes.length; at += batchSizeBytes(bytes, at)) {
    const batch = decodeBatch(bytes, at)
    const id = batch.producerId
    while (waiting.length > 0 && waiting[0]!.firstOffset <= batch.lastOffset) {
      aborting.add(waiting.shift()!.id)
    }
    // An ABORT marker ends what its producer is to be passed over for.
    if (batch.isControl) aborting.delete(id)
    else if (!aborting.has(id)) offsets.push(...batch.records.map(({ offset }) => offset))
  }
  return offsets
}

function endOf({ records }: Answer): number {
  const bytes = records ?? Buffer.alloc(0)
  let end = 0
  for (let at = 0; at < bytes.length; at += batchSizeBytes(bytes, at)) {
    end = decodeBatch(bytes, at).lastOffset + 1
  }
  assert.ok(end > 0, 'every answer has a batch')
  return end
}

test('a log with transactions that Kafka wrote is read as committed, whole or piece by piece', async () => {
  const world = new BrokerWorld()
  await world.world.run(async () => {
    const { disk } = world.world.node('broker')
    await world.start()
    const first = await world.client()
    const { topics } = await first.request(CreateTopicsApi, 7, {
      topics: [
        {
          name: 'aborted',
          numPartitions: 1,
          replicationFactor: 1,
          assignments: [],
          configs: [{ name: 'retention.ms', value: '-1' }],
        },
      ],
    })
    assert.equal(topics[0]?.errorCode, 0)
    const made = { name: 'aborted', id: topics[0].topicId }
    await world.broker.close()
    for (const name of readdirSync(fixture)) {
      if (name === 'partition.metadata') continue
      const file = disk.open(`/data/aborted-0/${name}`, 'write')
      file.write([readFileSync(`${fixture}/${name}`)], 0)
      file.close()
    }
    await world.start()
    const client = await world.client()
    const isolationLevel = 1
    for (const version of [4, 11, 12, 17, 18]) {
      for (const partitionMaxBytes of [1, 250, 1_000_000]) {
        const offsets: number[] = []
        const named = new Set<number>()
        for (let offset = 0; offset < 21;) {
          const piece = await fetch(client, made, offset, {
            version,
            isolationLevel,
            partitionMaxBytes,
          })
          assert.equal(Number(piece.lastStableOffset), 21)
          offsets.push(...committed(piece))
          for (const { firstOffset } of piece.abortedTransactions ?? []) {
            named.add(Number(firstOffset))
          }
          offset = endOf(piece)
        }
        assert.deepEqual(offsets, [3, 10, 16, 19], `v${version}, ${partitionMaxBytes} bytes`)
        assert.deepEqual(
          [...named].sort((a, b) => a - b),
          [0, 5, 6, 15],
        )
      }
    }
    assert.deepEqual(
      (await fetch(client, made, 3, { isolationLevel })).abortedTransactions?.length,
      2,
    )
    assert.deepEqual((await fetch(client, made, 19, { isolationLevel })).abortedTransactions, [])

    // Whoever does not ask for committed records is told nothing of this, and a follower neither.
    assert.equal((await fetch(client, made, 0)).abortedTransactions, null)
    const follower = { version: 12, replicaId: 1, isolationLevel }
    assert.equal((await fetch(client, made, 0, follower)).abortedTransactions, null)
    await world.broker.close()
    assert.deepEqual(world.bugs, [])
  })
})
