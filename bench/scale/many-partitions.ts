import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from '@ottla/client'
import { throwIfError } from '@ottla/protocol'
import { MetadataApi } from '@ottla/protocol/messages/metadata'
import { ProduceApi } from '@ottla/protocol/messages/produce'
import { nodeRuntime } from '@ottla/runtime/node'
import { startBroker } from '../../tests/interop/broker-under-test.ts'
import { batch } from '../broker/frames.ts'
import { cpuSeconds, openDescriptors, residentMegabytes } from '../broker/process-figures.ts'
import type { Target } from '../broker/report.ts'
import { StallMeasurement } from '../broker/stalls.ts'
import type { Row } from '../broker/table.ts'

/** Figures of one broker by their names; a stall is known of Ottla only. */
export type ScaleFigures = Map<string, { readonly value: number; readonly digits: number }>

const PARTITIONS_PER_TOPIC = 100
const TOPICS_PER_REQUEST = 10

/** How long the table waits for a start; the figures that come after it are missing then. */
const START_TIMEOUT_MS = 90_000

/** The first rounds of background work come half a minute after a start. */
const BACKGROUND_SECONDS = 36

/**
 * What it costs a broker to have many partitions, most of them idle: to make them, to describe them, to
 * write to all of them, to do nothing, to do its background work, to start again.
 */
export async function manyPartitions(
  target: Target,
  partitions: number,
  quick: boolean,
  figures: ScaleFigures,
): Promise<void> {
  const note = (name: string, value: number, digits = 0): void =>
    void figures.set(name, { value, digits })
  const folder = mkdtempSync(join(tmpdir(), 'ottla-bench-'))
  const stalls = target === 'ottla' ? new StallMeasurement(folder) : null
  await using cleanup = new AsyncDisposableStack()
  cleanup.defer(() => rmSync(folder, { recursive: true, force: true }))
  const broker = await startBroker({
    target,
    launcher: stalls?.launcher ?? [],
    startTimeoutMs: START_TIMEOUT_MS,
  })
  cleanup.use(broker)

  const measured = async (name: string, work: () => Promise<void>): Promise<void> => {
    stalls?.begin(broker.pid)
    const from = performance.now()
    await work()
    note(`${name}, ms`, performance.now() - from)
    if (stalls !== null) note(`${name}, longest stall, ms`, (await stalls.end(broker.pid)).maxMs, 1)
  }
  const settle = async (seconds: number, name: string): Promise<void> => {
    const before = cpuSeconds(broker.pid)
    await sleep(seconds * 1000)
    note(`${name}, % of a core`, ((cpuSeconds(broker.pid) - before) / seconds) * 100, 1)
  }
  const watched = async (seconds: number, name: string): Promise<void> => {
    stalls?.begin(broker.pid)
    await sleep(seconds * 1000)
    if (stalls !== null) note(`${name}, longest stall, ms`, (await stalls.end(broker.pid)).maxMs, 1)
  }
  const footprint = (name: string): void => {
    note(`${name}, memory, MB`, residentMegabytes(broker.pid))
    note(`${name}, open files`, openDescriptors(broker.pid))
  }
  const endOfStart = async (name: string): Promise<void> => {
    note(`${name}, ms`, broker.startedInMs)
    if (stalls !== null) note(`${name}, longest stall, ms`, (await stalls.end(broker.pid)).maxMs, 1)
  }

  await stalls?.end(broker.pid)
  await using client = new Client({
    runtime: nodeRuntime(),
    bootstrapServers: broker.address,
    requestTimeoutMs: 120_000,
    callTimeoutMs: 120_000,
  })
  const topics = Array.from(
    { length: Math.ceil(partitions / PARTITIONS_PER_TOPIC) },
    (_, index) => `scale-${index}`,
  )
  await measured('make them', () => create(client, topics))
  await sleep(1000)
  footprint('made')
  await describe(client, partitions)
  await measured('metadata of all', () => describe(client, partitions))
  await measured('a record into each', () => produce(client, topics))
  footprint('written')
  await settle(quick ? 6 : 10, 'idle')

  await broker.kill()
  await broker.start()
  await endOfStart('start after kill -9')
  await describe(client, partitions)
  footprint('started after kill -9')
  await produce(client, topics.slice(0, 1))
  if (stalls !== null) await watched(quick ? 6 : BACKGROUND_SECONDS, 'background work')
  footprint('after background work')
  const from = performance.now()
  await broker.stop()
  note('clean stop, ms', performance.now() - from)
  await broker.start()
  await endOfStart('start after a clean stop')
  await describe(client, partitions)
  footprint('started after a clean stop')
}

export function scaleRows(
  heading: string,
  ottla: ScaleFigures | undefined,
  kafka: ScaleFigures | undefined,
): Row[] {
  return [...(ottla ?? kafka ?? [])].map(([name, { digits }]) => ({
    name: `${heading}: ${name}`,
    ottla: ottla?.get(name)?.value,
    kafka: kafka?.get(name)?.value,
    digits,
    better: 'less',
  }))
}

async function create(client: Client, topics: readonly string[]): Promise<void> {
  for (let at = 0; at < topics.length; at += TOPICS_PER_REQUEST) {
    const some = topics.slice(at, at + TOPICS_PER_REQUEST)
    const outcomes = await client.admin.createTopics(
      some.map((name) => ({ name, partitions: PARTITIONS_PER_TOPIC, replicationFactor: 1 })),
    )
    for (const { error } of outcomes) if (error !== null) throw error
  }
}

/** Asks until all partitions have a leader. */
async function describe(client: Client, partitions: number): Promise<void> {
  for (;;) {
    const answer = await client.cluster.call(() =>
      client.cluster.send('any', MetadataApi, () => ({ topics: null })),
    )
    const led = answer.topics
      .flatMap((topic) => topic.partitions)
      .filter(({ leaderId }) => leaderId >= 0)
    if (led.length >= partitions) return
    await sleep(20)
  }
}

/** One record into each partition, a request a topic, until all are taken. */
async function produce(client: Client, topics: readonly string[]): Promise<void> {
  const records = batch(1, 100)
  for (const name of topics) {
    const partitionData = Array.from({ length: PARTITIONS_PER_TOPIC }, (_, index) => ({
      index,
      records,
    }))
    await client.cluster.call(async () => {
      const { responses } = await client.cluster.send(
        'any',
        ProduceApi,
        () => ({ acks: 1, timeoutMs: 30_000, topicData: [{ name, partitionData }] }),
        { highestVersion: 9 },
      )
      for (const { errorCode } of responses.flatMap((each) => each.partitionResponses)) {
        throwIfError(errorCode)
      }
    })
  }
}
