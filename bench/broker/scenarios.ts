import { setTimeout as sleep } from 'node:timers/promises'
import type { BrokerUnderTest } from '../../tests/interop/broker-under-test.ts'
import type { Load, LoadResult } from './load.ts'

export interface Scenario {
  readonly name: string
  readonly topic: string
  readonly partitions: number
  /** What its rate is counted in. */
  readonly unit: 'records' | 'bytes' | 'latency'
  readonly load: (port: number, topic: string) => Load
  /** Makes and fills the topic once for all rounds; without it each round gets an empty topic. */
  readonly prepare?: (
    broker: BrokerUnderTest,
    perform: (load: Load) => Promise<LoadResult>,
  ) => Promise<void>
}

/** 56 KB, what a busy producer sends. */
const large = { recordsPerBatch: 500, recordBytes: 100 }
const small = { recordsPerBatch: 10, recordBytes: 100 }
const single = { recordsPerBatch: 1, recordBytes: 100 }

/** The loads, in the order of the table. Volumes are bounded, so that no disk has to keep up. */
export function scenarios(quick: boolean): Scenario[] {
  const bytesMax = quick ? 200e6 : 300e6
  const msMax = quick ? 1000 : 1500
  const produce = (
    name: string,
    connections: number,
    batch: typeof large,
    window: number,
  ): Scenario => ({
    name,
    topic: `bench-${name.replaceAll(/\W+/g, '-')}`,
    partitions: connections,
    unit: 'records',
    load: (port, topic) => ({
      kind: 'produce',
      port,
      topic,
      connections,
      window,
      batchesPerConnection: Math.ceil(bytesMax / approximateBytes(batch) / connections),
      msMax,
      ...batch,
    }),
  })
  return [
    produce('produce, 1 connection', 1, large, 8),
    produce('produce, 4 connections', 4, large, 8),
    produce('produce, batches of 10', 1, small, 64),
    produce('produce, batches of 10, 4 connections', 4, small, 64),
    fetch('fetch, 1 connection', 1, bytesMax, msMax),
    fetch('fetch, 4 connections', 4, bytesMax, msMax),
    {
      name: 'one small produce at a time',
      topic: 'bench-latency',
      partitions: 1,
      unit: 'latency',
      load: (port, topic) => ({
        kind: 'latency',
        port,
        topic,
        requests: quick ? 5000 : 20_000,
        msMax,
        ...single,
      }),
    },
  ]
}

function fetch(name: string, connections: number, bytesMax: number, msMax: number): Scenario {
  const topic = `bench-${name.replaceAll(/\W+/g, '-')}`
  const batchesPerPartition = Math.floor(4000 / connections)
  return {
    name,
    topic,
    partitions: connections,
    unit: 'bytes',
    load: (port) => ({
      kind: 'fetch',
      port,
      topic,
      connections,
      batchesPerPartition,
      batchesPerFetch: 18,
      bytesMax: bytesMax * 2,
      msMax,
      ...large,
    }),
    prepare: async (broker, perform) => {
      await broker.createTopic(topic, connections)
      await sleep(1000)
      const filling = { connections, window: 8, batchesPerConnection: batchesPerPartition }
      await perform({
        kind: 'produce',
        port: broker.port,
        topic,
        msMax: 120_000,
        ...filling,
        ...large,
      })
    },
  }
}

/** A batch's header, and what a record has around its value. */
function approximateBytes({ recordsPerBatch, recordBytes }: typeof large): number {
  return 61 + recordsPerBatch * (recordBytes + 10)
}
