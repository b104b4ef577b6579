import assert from 'node:assert/strict'
import { encodeBatch } from '@ottla/records'
import { FetchApi } from '@ottla/protocol/messages/fetch'
import { ListOffsetsApi } from '@ottla/protocol/messages/list-offsets'
import { ProduceApi } from '@ottla/protocol/messages/produce'
import type { RawClient } from '../support/broker-world.ts'
import { behaviour } from '../support/behaviour.ts'

const DISK_MS = 200
const everyAppendOnDisk = { 'flush.messages': '1' }

async function produce(client: RawClient, name: string, acks: number): Promise<number> {
  const records = encodeBatch({ records: [{ key: null, value: Buffer.from('v'), timestamp: 1 }] })
  const answer = await client.request(ProduceApi, 9, {
    transactionalId: null,
    acks,
    timeoutMs: 0,
    topicData: [{ name, partitionData: [{ index: 0, records }] }],
  })
  return answer.responses[0]?.partitionResponses[0]?.errorCode ?? -1
}

async function latest(client: RawClient, name: string): Promise<number> {
  const answer = await client.request(ListOffsetsApi, 7, {
    replicaId: -1,
    isolationLevel: 0,
    topics: [{ name, partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
  })
  return Number(answer.topics[0]?.partitions[0]?.offset)
}

for (const acks of [-1, 1]) {
  behaviour(
    `with flush.messages=1 nobody sees a record that is not on disk (acks=${acks})`,
    async ({ client, connect, topic, world, sleep, time }) => {
      const { name } = await topic(everyAppendOnDisk)
      const writer = await connect()
      world!.world.medium('broker').delayMs = [DISK_MS, DISK_MS]
      const produced = time(async () => assert.equal(await produce(writer, name, acks), 0))
      await sleep(DISK_MS / 2)
      assert.equal(await latest(client, name), 0)

      // Whoever waits for it gets it as soon as it is there.
      let waitedMs = 0
      const fetched = time(async () => {
        const answer = await client.request(FetchApi, 11, {
          maxWaitMs: 60_000,
          minBytes: 1,
          topics: [
            {
              topic: name,
              partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000 }],
            },
          ],
        })
        assert.ok((answer.responses[0]?.partitions[0]?.records?.length ?? 0) > 0)
      })
      const producedMs = await produced
      waitedMs = await fetched
      assert.ok(producedMs >= DISK_MS, `${producedMs}`)
      assert.ok(waitedMs >= DISK_MS / 3 && waitedMs < DISK_MS * 4, `${waitedMs}`)
      assert.equal(await latest(client, name), 1)
    },
    { isOwn: true },
  )
}

behaviour(
  'what a killed process left unsynced is on disk before anybody sees it again',
  async ({ topic, world, sleep }) => {
    const { name } = await topic(everyAppendOnDisk)
    const writer = await world!.client()
    world!.world.medium('broker').delayMs = [DISK_MS, DISK_MS]
    void produce(writer, name, -1).catch(() => {})
    await sleep(DISK_MS / 2)
    world!.world.kill('broker')
    await world!.start()
    const reader = await world!.client()
    assert.equal(await latest(reader, name), 1)
    world!.world.crash('broker', 'all')
    await world!.start()
    assert.equal(await latest(await world!.client(), name), 1)
  },
  { isOwn: true },
)

behaviour(
  'what was acknowledged survives a kill, and is shown at once',
  async ({ client, topic, world }) => {
    const { name } = await topic()
    for (let count = 0; count < 5; count++) assert.equal(await produce(client, name, -1), 0)
    world!.world.kill('broker')
    await world!.start()
    assert.equal(await latest(await world!.client(), name), 5)
  },
  { isOwn: true },
)
