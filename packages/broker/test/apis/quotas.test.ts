import assert from 'node:assert/strict'
import { AlterClientQuotasApi } from '@ottla/protocol/messages/alter-client-quotas'
import { ApiVersionsApi } from '@ottla/protocol/messages/api-versions'
import { CreateTopicsApi } from '@ottla/protocol/messages/create-topics'
import { DeleteTopicsApi } from '@ottla/protocol/messages/delete-topics'
import { FetchApi } from '@ottla/protocol/messages/fetch'
import { ProduceApi } from '@ottla/protocol/messages/produce'
import { encodeBatch } from '@ottla/records'
import { behaviour } from '../support/behaviour.ts'
import type { Subject } from '../support/behaviour.ts'
import type { RawClient } from '../support/broker-world.ts'

/** Quotas are measured over ten whole seconds and the one that has begun. */
const WINDOW_SECONDS = 10
const THROTTLING_QUOTA_EXCEEDED = 89

async function setQuota(
  { client, sleep }: Subject,
  clientId: string,
  key: string,
  value: number,
): Promise<void> {
  await client.request(AlterClientQuotasApi, 1, {
    entries: [
      {
        entity: [{ entityType: 'client-id', entityName: clientId }],
        ops: [{ key, value, remove: false }],
      },
    ],
    validateOnly: false,
  })
  await sleep(200)
}

async function produce(
  { now }: Subject,
  client: RawClient,
  clientId: string,
  name: string,
  bytes: number,
): Promise<number> {
  const records = encodeBatch({ records: [{ timestamp: now(), value: Buffer.alloc(bytes) }] })
  const answer = await client.request(
    ProduceApi,
    9,
    {
      acks: 1,
      timeoutMs: 1_000,
      topicData: [{ name, partitionData: [{ index: 0, records }] }],
    },
    clientId,
  )
  assert.equal(answer.responses[0]!.partitionResponses[0]!.errorCode, 0)
  return answer.throttleTimeMs
}

function assertAbout(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < expected * 0.2 + 50, `${actual} is about ${expected}`)
}

behaviour('a producer over its quota is throttled, and its connection with it', async (subject) => {
  const { connect, topic, time } = subject
  const clientId = `producer-${subject.unique}`
  const { name } = await topic()
  const perSecond = 10_000
  await setQuota(subject, clientId, 'producer_byte_rate', perSecond)
  const client = await connect()
  assert.equal(await produce(subject, client, clientId, name, 50_000), 0)
  // 15 % too much over ten seconds: one and a half to wait.
  const throttleMs = await produce(subject, client, clientId, name, 65_000)
  assertAbout(throttleMs, 0.15 * WINDOW_SECONDS * 1000)

  const api = { clientSoftwareName: 'test', clientSoftwareVersion: '1' }
  const waitedMs = await time(() => client.request(ApiVersionsApi, 3, api, clientId))
  assertAbout(waitedMs, throttleMs)
  const other = await connect()
  assert.ok((await time(() => other.request(ApiVersionsApi, 3, api, clientId))) < 500)
  assert.equal(await produce(subject, other, `other-${clientId}`, name, 65_000), 0)
})

behaviour('a consumer over its quota gets nothing, and then the rest', async (subject) => {
  const { client, connect, topic } = subject
  const clientId = `consumer-${subject.unique}`
  const { name } = await topic()
  for (let count = 0; count < 12; count++) await produce(subject, client, 'free', name, 10_000)
  await setQuota(subject, clientId, 'consumer_byte_rate', 10_000)
  const consumer = await connect()
  const fetch = async (fetchOffset: number) => {
    const answer = await consumer.request(
      FetchApi,
      12,
      {
        maxWaitMs: 100,
        minBytes: 1,
        topics: [
          { topic: name, partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 1 << 20 }] },
        ],
      },
      clientId,
    )
    assert.equal(answer.errorCode, 0)
    const records = answer.responses[0]?.partitions[0]?.records ?? null
    return { throttleMs: answer.throttleTimeMs, bytes: records?.length ?? 0 }
  }
  // Never more than could be paid for; what an answer has besides the records may cost a moment.
  let first = await fetch(0)
  for (let again = 0; first.bytes === 0 && again < 10; again++) first = await fetch(0)
  assert.ok(first.bytes > 80_000 && first.bytes <= 100_000, `${first.bytes} bytes`)
  const second = await fetch(9)
  assert.equal(second.bytes, 0)
  assert.ok(second.throttleMs > 500 && second.throttleMs < 5_000, `${second.throttleMs} ms`)
  // Its connection waits as long, and by then it is paid.
  let rest = await fetch(9)
  for (let again = 0; rest.bytes === 0 && again < 10; again++) rest = await fetch(9)
  assert.ok(rest.bytes > 20_000)
})

behaviour(
  'who changes more topics than the quota allows is refused until it is paid',
  async (subject) => {
    const { connect } = subject
    const clientId = `admin-${subject.unique}`
    await setQuota(subject, clientId, 'controller_mutation_rate', 1)
    const create = async (version: number, name: string, numPartitions: number) => {
      const client = await connect()
      const answer = await client.request(
        CreateTopicsApi,
        version,
        {
          topics: [{ name, numPartitions, replicationFactor: 1, assignments: [], configs: [] }],
          timeoutMs: 5_000,
        },
        clientId,
      )
      return { errorCode: answer.topics[0]!.errorCode, throttleMs: answer.throttleTimeMs }
    }
    const names = ['a', 'b', 'c'].map((letter) => `mutation-${subject.unique}-${letter}`)
    // A burst of eleven seconds' worth is free; what is more is lent once.
    assert.deepEqual(await create(7, names[0]!, 14), { errorCode: 0, throttleMs: 0 })
    const second = await create(7, names[1]!, 1)
    assert.equal(second.errorCode, THROTTLING_QUOTA_EXCEEDED)
    assertAbout(second.throttleMs, 3_000)
    // Clients that do not know the error are served, and wait.
    const third = await create(5, names[2]!, 1)
    assert.equal(third.errorCode, 0)
    assertAbout(third.throttleMs, 4_000)
    const client = await connect()
    const { responses } = await client.request(
      DeleteTopicsApi,
      5,
      { topicNames: [names[0]!], timeoutMs: 5_000 },
      clientId,
    )
    assert.equal(responses[0]!.errorCode, THROTTLING_QUOTA_EXCEEDED)
  },
)
