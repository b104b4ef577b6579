import assert from 'node:assert/strict'
import { ApiVersionsRequest } from '@ottla/protocol/messages/api-versions'
import { CreateTopicsApi } from '@ottla/protocol/messages/create-topics'
import { DescribeConfigsRequest } from '@ottla/protocol/messages/describe-configs'
import { MetadataRequest } from '@ottla/protocol/messages/metadata'
import { ProduceRequest } from '@ottla/protocol/messages/produce'
import type { Peer } from '../../fuzz/peer.ts'
import { header, int32, request, sized } from './bytes.ts'
import { bomb, goodBatch } from './hostile-batches.ts'
import { malformedRequests } from './malformed-requests.ts'

/** Where somebody troubles a broker: in the simulated world, or on real sockets. */
export interface Trouble {
  /** All that were ever connected. */
  readonly peers: readonly Peer[]
  /** Enough: whoever goes on and on stops. */
  readonly isOver: boolean
  readonly now: number
  connect(): Promise<Peer>
  sleep(ms: number): Promise<void>
}

export async function connectMany(trouble: Trouble, count: number): Promise<Peer[]> {
  const peers: Peer[] = []
  for (let left = count; left > 0; left--) peers.push(await trouble.connect())
  return peers
}

/** One way of being hostile, or unlucky. */
export interface TroubleCase {
  readonly name: string
  readonly settings?: Readonly<Record<string, string>>
  /** Goes on until `isOver`, or returns when all is sent. */
  readonly run: (trouble: Trouble) => Promise<void>
  /** Bytes of requests that may be in work while it lasts. Default: a megabyte. */
  readonly inWorkBytesMax?: number
  /** Connections that may be open together, the neighbour's among them. Default: a thousand. */
  readonly connectionsMax?: number
}

const metadata = request(MetadataRequest, 1, { topics: null })
const MB = 1_000_000

export const troubles: readonly TroubleCase[] = [
  {
    name: 'two hundred slow lorises, a byte each now and then',
    async run(trouble) {
      const peers = await connectMany(trouble, 200)
      for (let at = 0; !trouble.isOver; at++) {
        for (const peer of peers) peer.write(metadata.subarray(at % metadata.length).subarray(0, 1))
        await trouble.sleep(50)
      }
    },
  },
  {
    name: 'a flood of connections',
    settings: { 'max.connections.per.ip': '20' },
    connectionsMax: 21,
    async run(trouble) {
      while (!trouble.isOver) {
        for (const peer of await connectMany(trouble, 20)) peer.write(metadata)
        await trouble.sleep(1)
      }
    },
  },
  {
    name: 'connections that come, ask, and go at once',
    async run(trouble) {
      while (!trouble.isOver) {
        const peer = await trouble.connect()
        peer.write(metadata)
        peer.close()
        await trouble.sleep(1)
      }
    },
  },
  {
    name: 'clients that never read their answers',
    async run(trouble) {
      const configs = request(DescribeConfigsRequest, 1, {
        resources: [{ resourceType: 4, resourceName: '1', configurationKeys: null }],
        includeSynonyms: true,
      })
      for (const peer of await connectMany(trouble, 3)) {
        peer.stopReading()
        for (let left = 300; left > 0; left--) peer.write(configs)
      }
    },
  },
  {
    name: 'requests of many megabytes',
    inWorkBytesMax: 4 * 8 * MB + MB,
    async run(trouble) {
      for (const peer of await connectMany(trouble, 4)) {
        peer.write(sized(header(3, 1), Buffer.alloc(8 * MB, 0xff)))
      }
    },
  },
  {
    name: 'sizes of 100 MB with nothing behind them',
    inWorkBytesMax: 50 * 104_857_600 + MB,
    async run(trouble) {
      for (const peer of await connectMany(trouble, 50)) peer.write(int32(104_857_600))
    },
  },
  {
    name: 'malformed requests, arrays of a billion among them',
    async run(trouble) {
      for (let at = 0; !trouble.isOver; at++) {
        const peer = await trouble.connect()
        peer.write(malformedRequests[at % malformedRequests.length]!.bytes)
        await peer.answered(1, 1)
        peer.close()
      }
    },
    inWorkBytesMax: 104_857_600 + MB,
  },
  {
    name: 'batches that inflate without end',
    async run(trouble) {
      const peer = await trouble.connect()
      await makeTarget(peer)
      for (const codec of ['gzip', 'lz4', 'zstd'] as const) {
        peer.write(produce(bomb(codec, 140 * 1024 * 1024, trouble.now)))
      }
      await peer.answered(3, 10_000)
      assert.equal(peer.answers.length, 3)
    },
    inWorkBytesMax: 2 * MB,
  },
  {
    name: 'pipelines of thousands',
    async run(trouble) {
      const apiVersions = request(ApiVersionsRequest, 0, {})
      for (const peer of await connectMany(trouble, 4)) {
        peer.write(Buffer.concat(Array.from({ length: 3_000 }, () => apiVersions)))
      }
      while (!trouble.isOver) await trouble.sleep(10)
      for (const peer of trouble.peers) {
        await peer.answered(3_000, 10_000)
        assert.equal(peer.answers.length, 3_000)
      }
    },
  },
  {
    name: 'connections that are reset at every byte of a produce request',
    async run(trouble) {
      await makeTarget(await trouble.connect())
      const bytes = produce(goodBatch(trouble.now))
      for (let length = 0; length <= bytes.length; length++) {
        const peer = await trouble.connect()
        peer.write(bytes.subarray(0, length))
        await trouble.sleep(length % 3)
        peer.close()
      }
    },
  },
]

async function makeTarget(peer: Peer): Promise<void> {
  await peer.request(CreateTopicsApi, 7, {
    topics: [
      { name: 'target', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] },
    ],
    timeoutMs: 10_000,
    validateOnly: false,
  })
}

function produce(records: Buffer): Buffer {
  return request(ProduceRequest, 9, {
    transactionalId: null,
    acks: -1,
    timeoutMs: 5_000,
    topicData: [{ name: 'target', partitionData: [{ index: 0, records }] }],
  })
}
