import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CreateTopicsApi } from '@ottla/protocol/messages/create-topics'
import {
  FetchApi,
  type FetchRequestInput,
  type FetchResponse,
} from '@ottla/protocol/messages/fetch'
import { ProduceApi } from '@ottla/protocol/messages/produce'
import { checkBatch, encodeBatch } from '@ottla/records'
import { BrokerWorld, RawClient } from '../support/broker-world.ts'

const topic = 'letters'
const batchCount = 60
/** More than a simulated connection takes at once, so that most of an answer waits in the broker. */
const answerBytes = 400_000

function fetchRequest(fetchOffset: number): FetchRequestInput {
  const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes: answerBytes }]
  const topics = [{ topic, partitions }]
  return { maxWaitMs: 0, minBytes: 1, topics, forgottenTopicsData: [] }
}

/** Checks each batch's CRC, which differs if its memory was written over. @returns How many there are. */
function countBatches({ responses }: FetchResponse): number {
  const records = responses[0]?.partitions[0]?.records ?? Buffer.alloc(0)
  let count = 0
  for (let at = 0; at < records.length; count++) at += checkBatch(records, at, records.length)
  return count
}

test('what a slow reader is still being sent is not read over for others', async () => {
  const world = new BrokerWorld()
  await world.world.run(async () => {
    await world.start()
    const producer = await world.client()
    const topics = [
      { name: topic, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] },
    ]
    await producer.request(CreateTopicsApi, 5, { topics, timeoutMs: 1000 })
    for (let index = 0; index < batchCount; index++) {
      const value = Buffer.alloc(20_000, `letter ${index} `)
      const records = encodeBatch({ records: [{ key: null, value, timestamp: 0 }] })
      const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }]
      await producer.request(ProduceApi, 8, { acks: 1, timeoutMs: 1000, topicData })
    }
    producer.close()
    // Afterwards nothing is in memory: every fetch reads from the disk.
    await world.broker.close()
    await world.start()

    const { network, clock } = world.world.node('client')
    const socket = await network.connect({ host: 'broker', port: 9092 })
    const slow = new RawClient(socket)
    socket.pause()
    const late = slow.request(FetchApi, 11, fetchRequest(0))
    await clock.sleep(100)

    const others = await Promise.all([world.client(), world.client()])
    for (let offset = 20; offset < batchCount; offset += 5) {
      const answers = others.map((client) => client.request(FetchApi, 11, fetchRequest(offset)))
      for (const answer of await Promise.all(answers)) assert.ok(countBatches(answer) > 0)
    }

    socket.resume()
    assert.equal(countBatches(await late), 19)
    for (const client of [slow, ...others]) client.close()
    await world.broker.close()
  })
  assert.deepEqual(world.bugs, [])
})
