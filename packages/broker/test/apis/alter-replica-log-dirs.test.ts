import assert from 'node:assert/strict'
import { AlterReplicaLogDirsApi } from '@ottla/protocol/messages/alter-replica-log-dirs'
import { CreateTopicsApi } from '@ottla/protocol/messages/create-topics'
import { DescribeLogDirsApi } from '@ottla/protocol/messages/describe-log-dirs'
import { IncrementalAlterConfigsApi } from '@ottla/protocol/messages/incremental-alter-configs'
import { behaviour } from '../support/behaviour.ts'
import type { RawClient } from '../support/broker-world.ts'
import { batch, fetch, produce, record } from '../support/letters.ts'

const LOG_DIR_NOT_FOUND = 57
const UNKNOWN_TOPIC_OR_PARTITION = 3
const INVALID_REPLICA_ASSIGNMENT = 39
const INVALID_TOPIC_EXCEPTION = 17

async function alter(
  client: RawClient,
  topic: string,
  path: string,
  { version = 2, partition = 0 }: { version?: number; partition?: number } = {},
): Promise<number | undefined> {
  const { results } = await client.request(AlterReplicaLogDirsApi, version, {
    dirs: [{ path, topics: [{ name: topic, partitions: [partition] }] }],
  })
  assert.equal(results.length, 1)
  assert.equal(results[0]?.topicName, topic)
  return results[0]?.partitions[0]?.errorCode
}

/** Paths of the directories that have the partition; of a copy on its way with a question mark. */
async function places(client: RawClient, topic: string, partition = 0): Promise<string[]> {
  const { results } = await client.request(DescribeLogDirsApi, 4, {
    topics: [{ topic, partitions: [partition] }],
  })
  return results.flatMap(({ logDir, topics }) =>
    topics.flatMap(({ partitions }) =>
      partitions.map(({ isFutureKey }) => logDir + (isFutureKey ? '?' : '')),
    ),
  )
}

behaviour('AlterReplicaLogDirs refuses what cannot be', async ({ client, topic, unique }) => {
  const { name } = await topic()
  const [path] = await places(client, name)
  assert.ok(path !== undefined)
  for (const version of [1, 2]) {
    assert.equal(await alter(client, name, '/nowhere', { version }), LOG_DIR_NOT_FOUND)
    assert.equal(
      await alter(client, name, path, { version, partition: 7 }),
      UNKNOWN_TOPIC_OR_PARTITION,
    )
    assert.equal(await alter(client, `${unique}-no`, path, { version }), UNKNOWN_TOPIC_OR_PARTITION)
    assert.equal(await alter(client, 'x'.repeat(240), path, { version }), INVALID_TOPIC_EXCEPTION)
    assert.equal(await alter(client, name, path, { version }), 0, 'it is there')
  }
  const { results } = await client.request(AlterReplicaLogDirsApi, 2, { dirs: [] })
  assert.deepEqual(results, [])
})

const settings = { 'log.dirs': '/a,/b,/c', 'cordoned.log.dirs': '/c' }

behaviour(
  'a partition moves while it is written and read',
  async ({ client, connect, topic, now, sleep }) => {
    const made = await topic({ 'flush.messages': '1' })
    const { name } = made
    const [from] = await places(client, name)
    const to = from === '/a' ? '/b' : '/a'
    const reader = await connect()
    let isMoved = false
    const done = new AbortController()
    let written = 0
    let readTo = 0
    const reading = (async () => {
      while (!done.signal.aborted || readTo < written) {
        const { records, errorCode, highWatermark } = await fetch(reader, made, readTo)
        assert.equal(errorCode, 0)
        assert.ok(Number(highWatermark) >= readTo)
        const bytes = records ?? Buffer.alloc(0)
        for (let at = 0; at < bytes.length;) {
          assert.equal(Number(bytes.readBigInt64BE(at)), readTo, 'in order, none missing')
          readTo += 1
          at += 12 + bytes.readInt32BE(at + 8)
        }
        await sleep(1)
      }
    })()
    assert.equal(await alter(client, name, '/c'), INVALID_REPLICA_ASSIGNMENT)
    assert.equal(await alter(client, name, to), 0)
    while (!isMoved || written < 100) {
      const { errorCode, baseOffset } = await produce(client, made, batch(now()))
      assert.equal(errorCode, 0)
      assert.equal(Number(baseOffset), written)
      written += 1
      const where = await places(client, name)
      isMoved = where.length === 1 && where[0] === to
    }
    done.abort()
    await reading
    assert.equal(readTo, written)
    reader.close()
  },
  { settings },
)

behaviour(
  'a partition is made where it was asked to be before it was there',
  async ({ client, unique }) => {
    const name = `${unique}-later`
    for (const partition of [0, 1, 2]) {
      assert.equal(await alter(client, name, '/b', { partition }), UNKNOWN_TOPIC_OR_PARTITION)
    }
    await client.request(CreateTopicsApi, 7, {
      topics: [{ name, numPartitions: 3, replicationFactor: 1, assignments: [], configs: [] }],
      timeoutMs: 5_000,
      validateOnly: false,
    })
    for (const partition of [0, 1, 2]) {
      assert.deepEqual(await places(client, name, partition), ['/b'])
    }
  },
  { settings },
)

behaviour(
  'a move takes as long as its throttle says',
  async ({ client, topic, now, sleep, time }) => {
    const made = await topic()
    const [from] = await places(client, made.name)
    const to = from === '/a' ? '/b' : '/a'
    for (let count = 0; count < 10; count++) {
      const value = 'x'.repeat(100_000)
      await produce(client, made, batch(now(), { records: [record(now(), value)] }))
    }
    const name = 'replica.alter.log.dirs.io.max.bytes.per.second'
    await client.request(IncrementalAlterConfigsApi, 1, {
      resources: [
        {
          resourceType: 4,
          resourceName: '1',
          configs: [{ name, configOperation: 0, value: '100000' }],
        },
      ],
      validateOnly: false,
    })
    const tookMs = await time(async () => {
      assert.equal(await alter(client, made.name, to), 0)
      while ((await places(client, made.name)).join() !== to) await sleep(100)
    })
    // A megabyte at 100 KB a second, of which a second's worth is free.
    assert.ok(tookMs > 7_000 && tookMs < 12_000, `${tookMs} ms`)
  },
  { settings },
)
