import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { do_not_optimize as keep } from 'mitata'
import { Reader, Writer, type MessageCodec } from '@ottla/protocol'
import {
  FetchRequest,
  FetchResponse,
  type FetchRequestInput,
  type FetchResponseInput,
} from '@ottla/protocol/messages/fetch'
import { MetadataRequest, MetadataResponse } from '@ottla/protocol/messages/metadata'
import { ProduceRequest, ProduceResponse } from '@ottla/protocol/messages/produce'
import {
  KafkajsEncoder,
  kafkajsRead,
  kafkajsWrite,
  platformatic,
  platformaticRead,
  platformaticWrite,
} from './protocol-peers.ts'

/**
 * Ottla's codecs beside those of kafkajs and @platformatic/kafka, on the frames that a broker and its
 * clients exchange all day: `node --conditions=ottla-src bench/protocol.ts [--json file] [--ms 200]`.
 *
 * Each peer is compared in the newest version of the API that it knows. Records are left out where a
 * peer's codec would also parse them; where records go along they are a ready-made batch.
 */
const { values: options } = parseArgs({
  options: { json: { type: 'string' }, ms: { type: 'string', default: '200' } },
})

type Peer = 'kafkajs' | '@platformatic/kafka'

interface Row {
  readonly name: string
  readonly version: number
  readonly peer: Peer | null
  readonly bytes: number
  readonly ottlaNs: number
  readonly peerNs: number | null
}

const rows: Row[] = []

const slicesMin = 20

/** Runs for about two milliseconds; nanoseconds of one run. */
type Slice = () => Promise<number>

/**
 * Both are measured in turns, slice by slice, and the fastest slice of each counts: what else the
 * machine does makes slices slower, never faster, and it hits both alike.
 */
async function fastest(runs: readonly (() => unknown)[]): Promise<number[]> {
  const slices = await Promise.all(runs.map(sliceOf))
  const best = runs.map(() => Infinity)
  const end = performance.now() + Number(options.ms) * runs.length
  for (let turn = 0; turn < slicesMin || performance.now() < end; turn++) {
    for (const [index, slice] of slices.entries()) {
      best[index] = Math.min(best[index]!, await slice())
    }
  }
  return best
}

async function sliceOf(run: () => unknown): Promise<Slice> {
  const isAsync = run() instanceof Promise
  // Warm code is measured, so it runs a while before its speed decides on the length of a slice.
  const repeat = async (times: number): Promise<number> => {
    const start = performance.now()
    if (isAsync) for (let i = 0; i < times; i++) keep(await run())
    else for (let i = 0; i < times; i++) keep(run())
    return ((performance.now() - start) * 1e6) / times
  }
  let ns = 0
  for (let left = 5; left > 0; left--) ns = await repeat(500)
  const times = Math.max(10, Math.round(2e6 / ns))
  return () => repeat(times)
}

async function compare(
  name: string,
  version: number,
  bytes: number,
  ottla: () => unknown,
  peer: Peer | null = null,
  run?: () => unknown,
): Promise<void> {
  const [ottlaNs = NaN, peerNs = null] = await fastest(run === undefined ? [ottla] : [ottla, run])
  rows.push({ name, version, peer, bytes, ottlaNs, peerNs })
}

function write<Message extends Input, Input>(
  codec: MessageCodec<Message, Input>,
  message: Input,
  version: number,
): Buffer[] {
  const writer = new Writer()
  codec.write(writer, message, version)
  return writer.finish()
}

function frame<Message extends Input, Input>(
  codec: MessageCodec<Message, Input>,
  message: Input,
  version: number,
): Buffer {
  return Buffer.concat(write(codec, message, version))
}

const indexes = (count: number): number[] => Array.from({ length: count }, (_, index) => index)
const topicId = (index: number): string =>
  Buffer.from(`topic-id-0000-${String(index).padStart(2, '0')}`).toString('base64url')
const uuid = (index: number): string =>
  Buffer.from(topicId(index), 'base64url')
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')

const batch = Buffer.alloc(16 * 1024, 1)

function fetchRequest(version: number): FetchRequestInput {
  return {
    maxWaitMs: 500,
    minBytes: 1,
    maxBytes: 52_428_800,
    isolationLevel: 1,
    topics: indexes(10).map((index) => ({
      ...(version >= 13 ? { topicId: topicId(index) } : { topic: `orders-of-shop-${index}` }),
      partitions: indexes(10).map((partition) => ({
        partition,
        currentLeaderEpoch: 3,
        fetchOffset: 1_234_567_890 + partition,
        partitionMaxBytes: 1_048_576,
      })),
    })),
  }
}

function fetchResponse(version: number, records: Buffer): FetchResponseInput {
  return {
    responses: indexes(10).map((index) => ({
      ...(version >= 13 ? { topicId: topicId(index) } : { topic: `orders-of-shop-${index}` }),
      partitions: indexes(10).map((partitionIndex) => ({
        partitionIndex,
        errorCode: 0,
        highWatermark: 1_234_567_890,
        lastStableOffset: 1_234_567_890,
        logStartOffset: 0,
        abortedTransactions: [],
        records,
      })),
    })),
  }
}

async function fetches(): Promise<void> {
  const topicsOf = (request: FetchRequestInput): object[] =>
    request.topics.map((topic) => ({
      topic: topic.topic,
      partitions: topic.partitions.map((partition) => ({
        ...partition,
        maxBytes: partition.partitionMaxBytes,
      })),
    }))

  const old = fetchRequest(11)
  const oldInput = {
    replicaId: -1,
    maxWaitTime: 500,
    minBytes: 1,
    maxBytes: 52_428_800,
    isolationLevel: 1,
    topics: topicsOf(old),
  }
  const oldWrite = kafkajsWrite('fetch/v11')
  const oldSize = frame(FetchRequest, old, 11).length
  const name = 'write Fetch request, 100 partitions'
  const oldRun = (): unknown => oldWrite(oldInput)
  await compare(name, 11, oldSize, () => write(FetchRequest, old, 11), 'kafkajs', oldRun)

  const current = fetchRequest(17)
  const topics = current.topics.map((topic, index) => ({
    topicId: uuid(index),
    partitions: topic.partitions.map((partition) => ({
      ...partition,
      fetchOffset: BigInt(partition.fetchOffset),
      lastFetchedEpoch: -1,
    })),
  }))
  const newWrite = platformaticWrite(platformatic.fetchV17, [
    500,
    1,
    52_428_800,
    1,
    0,
    -1,
    topics,
    [],
    '',
  ])
  const newFrame = frame(FetchRequest, current, 17)
  const newRun = (): unknown => write(FetchRequest, current, 17)
  await compare(name, 17, newFrame.length, newRun, '@platformatic/kafka', newWrite)
  const readRequest = (): unknown => FetchRequest.read(new Reader(newFrame), 17)
  await compare('read Fetch request, 100 partitions', 17, newFrame.length, readRequest)

  const empty = Buffer.alloc(0)
  const oldBytes = frame(FetchResponse, fetchResponse(11, empty), 11)
  const newBytes = frame(FetchResponse, fetchResponse(17, empty), 17)
  const oldRead = kafkajsRead('fetch/v11')
  const newRead = platformaticRead(platformatic.fetchV17)
  const read = 'read Fetch response, 100 partitions, no records'
  await compare(
    read,
    11,
    oldBytes.length,
    () => FetchResponse.read(new Reader(oldBytes), 11),
    'kafkajs',
    () => oldRead(oldBytes),
  )
  await compare(
    read,
    17,
    newBytes.length,
    () => FetchResponse.read(new Reader(newBytes), 17),
    '@platformatic/kafka',
    () => newRead(newBytes),
  )
  const full = fetchResponse(17, batch)
  const size = frame(FetchResponse, full, 17).length
  const writeFull = (): unknown => write(FetchResponse, full, 17)
  await compare('write Fetch response, 100 partitions, 16 KB each', 17, size, writeFull)
}

async function metadata(): Promise<void> {
  const response = {
    brokers: indexes(3).map((nodeId) => ({
      nodeId,
      host: 'broker.example.com',
      port: 9092,
      rack: null,
    })),
    clusterId: 'zPdzHtQvTq2-ar2Wm1y5aA',
    controllerId: 1,
    topics: indexes(20).map((index) => ({
      errorCode: 0,
      name: `orders-of-shop-${index}`,
      topicId: topicId(index),
      partitions: indexes(12).map((partitionIndex) => ({
        errorCode: 0,
        partitionIndex,
        leaderId: partitionIndex % 3,
        leaderEpoch: 7,
        replicaNodes: [0, 1, 2],
        isrNodes: [0, 1, 2],
        offlineReplicas: [],
      })),
    })),
  }
  const request = { topics: indexes(20).map((index) => ({ name: `orders-of-shop-${index}` })) }
  const names = request.topics.map(({ name }) => name)

  const oldWrite = kafkajsWrite('metadata/v6')
  const newWrite = platformaticWrite(platformatic.metadataV12, [names, true, false])
  const oldSize = frame(MetadataRequest, request, 6).length
  const newSize = frame(MetadataRequest, request, 12).length
  const writeRequest = 'write Metadata request, 20 topics'
  await compare(
    writeRequest,
    6,
    oldSize,
    () => write(MetadataRequest, request, 6),
    'kafkajs',
    () => oldWrite({ topics: names }),
  )
  const newRun = (): unknown => write(MetadataRequest, request, 12)
  await compare(writeRequest, 12, newSize, newRun, '@platformatic/kafka', newWrite)

  const oldFrame = frame(MetadataResponse, response, 6)
  const newFrame = frame(MetadataResponse, response, 12)
  const oldRead = kafkajsRead('metadata/v6')
  const newRead = platformaticRead(platformatic.metadataV12)
  const read = 'read Metadata response, 240 partitions'
  await compare(
    read,
    6,
    oldFrame.length,
    () => MetadataResponse.read(new Reader(oldFrame), 6),
    'kafkajs',
    () => oldRead(oldFrame),
  )
  await compare(
    read,
    12,
    newFrame.length,
    () => MetadataResponse.read(new Reader(newFrame), 12),
    '@platformatic/kafka',
    () => newRead(newFrame),
  )
  const writeResponse = (): unknown => write(MetadataResponse, response, 12)
  await compare('write Metadata response, 240 partitions', 12, newFrame.length, writeResponse)
}

async function produces(): Promise<void> {
  const request = {
    transactionalId: null,
    acks: -1,
    timeoutMs: 30_000,
    topicData: [
      {
        name: 'orders-of-shop-1',
        partitionData: indexes(4).map((index) => ({ index, records: batch })),
      },
    ],
  }
  const data = request.topicData[0]!
  // The peers' Produce also makes the batch, so their primitives write a ready-made one here.
  const kafkajs = (): Buffer => {
    const partitions = data.partitionData.map(({ index, records }) =>
      new KafkajsEncoder().writeInt32(index).writeBytes(records),
    )
    const topic = new KafkajsEncoder().writeString(data.name).writeArray(partitions)
    return new KafkajsEncoder()
      .writeString(request.transactionalId)
      .writeInt16(request.acks)
      .writeInt32(request.timeoutMs)
      .writeArray([topic]).buffer
  }
  const other = (): Buffer =>
    platformatic.Writer.create()
      .appendString(request.transactionalId)
      .appendInt16(request.acks)
      .appendInt32(request.timeoutMs)
      .appendArray(request.topicData, (topics, { name, partitionData }) => {
        topics.appendString(name).appendArray(partitionData, (partitions, { index, records }) => {
          partitions
            .appendInt32(index)
            .appendUnsignedVarInt(records.length + 1)
            .append(records)
        })
      })
      .appendTaggedFields().buffer
  const size = frame(ProduceRequest, request, 11).length
  const name = 'write Produce request, 4 batches of 16 KB'
  await compare(name, 7, size, () => write(ProduceRequest, request, 7), 'kafkajs', kafkajs)
  const run = (): unknown => write(ProduceRequest, request, 11)
  await compare(name, 11, size, run, '@platformatic/kafka', other)
  const bytes = frame(ProduceRequest, request, 11)
  const readRequest = (): unknown => ProduceRequest.read(new Reader(bytes), 11)
  await compare('read Produce request, 4 batches of 16 KB', 11, size, readRequest)

  const response = {
    responses: [
      {
        name: 'orders-of-shop-1',
        partitionResponses: indexes(10).map((index) => ({
          index,
          errorCode: 0,
          baseOffset: 1_234_567_890,
          logStartOffset: 0,
        })),
      },
    ],
  }
  const oldFrame = frame(ProduceResponse, response, 7)
  const newFrame = frame(ProduceResponse, response, 11)
  const oldRead = kafkajsRead('produce/v7')
  const newRead = platformaticRead(platformatic.produceV11)
  const read = 'read Produce response, 10 partitions'
  await compare(
    read,
    7,
    oldFrame.length,
    () => ProduceResponse.read(new Reader(oldFrame), 7),
    'kafkajs',
    () => oldRead(oldFrame),
  )
  await compare(
    read,
    11,
    newFrame.length,
    () => ProduceResponse.read(new Reader(newFrame), 11),
    '@platformatic/kafka',
    () => newRead(newFrame),
  )
  const writeResponse = (): unknown => write(ProduceResponse, response, 11)
  await compare('write Produce response, 10 partitions', 11, newFrame.length, writeResponse)
}

function microseconds(ns: number | null): string {
  return (ns === null ? '–' : (ns / 1000).toFixed(2)).padStart(9)
}

function print(): void {
  console.log(`${'operation'.padEnd(52)} version    bytes  ottla µs   peer µs   ratio  peer`)
  for (const { name, version, peer, bytes, ottlaNs, peerNs } of rows) {
    const ratio = peerNs === null ? '–' : `${(peerNs / ottlaNs).toFixed(1)}×`
    const facts = [
      name.padEnd(52),
      `v${version}`.padStart(7),
      String(bytes).padStart(8),
      microseconds(ottlaNs),
      microseconds(peerNs),
      ratio.padStart(7),
    ]
    console.log(`${facts.join(' ')}  ${peer ?? ''}`)
  }
}

await fetches()
await metadata()
await produces()
print()
if (options.json !== undefined) {
  writeFileSync(options.json, `${JSON.stringify({ node: process.version, rows }, null, 2)}\n`)
}
const slower = rows.filter(({ ottlaNs, peerNs }) => peerNs !== null && peerNs < ottlaNs)
for (const { name, peer } of slower) console.log(`slower than ${peer}: ${name}`)
