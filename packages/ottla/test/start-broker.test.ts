import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Client } from '@ottla/client'
import { nodeRuntime } from '@ottla/runtime/node'
import { startBroker, UserError } from '../src/index.ts'
import { temporaryDirectory } from './cli-process.ts'

test('a broker inside the process serves a client and keeps its records for the next one', async () => {
  using directory = temporaryDirectory()
  const dataDirectory = directory.path
  const runtime = nodeRuntime()
  {
    await using broker = await startBroker({ dataDirectory, settings: { 'num.partitions': 2 } })
    assert.equal(broker.bootstrapServers, `127.0.0.1:${broker.port}`)
    await using client = new Client({ runtime, bootstrapServers: broker.bootstrapServers })
    await using producer = client.producer()
    const stored = await producer.send({ topic: 'letters', key: 'milena', value: 'Dear Milena' })
    assert.equal(stored.offset, 0)
    const [topic] = await client.admin.listTopics()
    assert.equal(topic?.partitions.length, 2)
  }
  await using broker = await startBroker({ dataDirectory })
  await using client = new Client({ runtime, bootstrapServers: broker.bootstrapServers })
  using consumer = client.consumer()
  consumer.assign(
    [0, 1].map((partition) => ({ topic: 'letters', partition, start: 'earliest' as const })),
  )
  const [record] = await consumer.poll()
  assert.equal(record?.value?.toString(), 'Dear Milena')
})

test('wrong settings and a directory in use are refused', async () => {
  using directory = temporaryDirectory()
  const dataDirectory = directory.path
  await assert.rejects(
    startBroker({ dataDirectory, settings: { 'num.partitions': 0 } }),
    (error) => error instanceof UserError && /at least 1/.test(error.message),
  )
  await using _broker = await startBroker({ dataDirectory })
  await assert.rejects(startBroker({ dataDirectory }), /in use/)
})
