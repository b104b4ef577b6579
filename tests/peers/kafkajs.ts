import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type * as Kafkajs from 'kafkajs'
import type { Consumer, KafkaMessage, Message, Producer } from 'kafkajs'
import type * as Lz4 from 'lz4-napi'
import type * as Snappy from 'snappy'
import { npmModule } from './npm-module.ts'
import type { Codec, MemberState, OutgoingRecord, Peer, Run, StoredRecord } from './peer.ts'
import { RunChecker, runValue } from './run-checker.ts'
import { bootstrapAddress, servePeer, until } from './serve-peer.ts'

/**
 * kafkajs, and @confluentinc/kafka-javascript through the interface that it has in common with
 * kafkajs: what differs is where the settings go, and who compresses.
 */
const confluent = process.argv[3] === 'confluent'
const { Kafka, logLevel, CompressionCodecs, CompressionTypes } = confluent
  ? (npmModule('@confluentinc/kafka-javascript') as { KafkaJS: typeof Kafkajs }).KafkaJS
  : (npmModule('kafkajs') as typeof Kafkajs)

const brokers = [bootstrapAddress()]
const kafka = confluent
  ? new Kafka({ kafkaJS: { brokers, logLevel: logLevel.ERROR } } as never)
  : new Kafka({
      brokers,
      logLevel: logLevel.ERROR,
      retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 100 },
    })

if (!confluent) {
  // kafkajs knows gzip and takes the others as plug-ins: these are the shortest that do.
  const snappy = npmModule('snappy') as typeof Snappy
  const lz4 = npmModule('lz4-napi') as typeof Lz4
  type Encoder = { readonly buffer: Buffer }
  CompressionCodecs[CompressionTypes.Snappy] = () => ({
    compress: async ({ buffer }: Encoder) => snappy.compressSync(buffer),
    decompress: async (buffer: Buffer) => decompressSnappy(snappy, buffer),
  })
  CompressionCodecs[CompressionTypes.LZ4] = () => ({
    compress: async ({ buffer }: Encoder) => lz4.compressFrameSync(buffer),
    decompress: async (buffer: Buffer) => lz4.decompressFrameSync(buffer),
  })
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: async ({ buffer }: Encoder) => zstdCompressSync(buffer),
    decompress: async (buffer: Buffer) => zstdDecompressSync(buffer),
  })
}

const compression = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
}

interface Member {
  readonly consumer: Consumer
  readonly received: string[]
  readonly owned: () => number[]
}
const members = new Map<string, Member>()
let throwawayGroups = 0

const peer: Omit<Peer, 'close'> = {
  async produce(topic, codec, records) {
    const producer = newProducer({ codec, idempotent: false })
    await producer.connect()
    const messages = records.map((record): Message => ({
      partition: record.partition,
      key: record.key,
      value: record.value,
      headers: headersOf(record) as never,
      ...(record.timestamp === undefined ? {} : { timestamp: String(record.timestamp) }),
    }))
    await producer.send({ topic, messages, ...sendSettings(codec) })
    await producer.disconnect()
  },

  async consume(topic, _partitions, count) {
    return await readRecords(`throwaway-${process.pid}-${throwawayGroups++}`, topic, count)
  },

  async offsetForTime(topic, partition, timestampMs) {
    const admin = kafka.admin()
    await admin.connect()
    const offsets = await admin.fetchTopicOffsetsByTimestamp(topic, timestampMs)
    const ends = await admin.fetchTopicOffsets(topic)
    await admin.disconnect()
    const offset = offsets.find((one) => one.partition === partition)?.offset
    const end = ends.find((one) => one.partition === partition)?.offset
    // Both answer the end of the log, or -1, for a time after the last record.
    return offset === undefined || offset === '-1' || offset === end ? null : Number(offset)
  },

  async readInGroup(group, topic, count) {
    return await readRecords(group, topic, count)
  },

  async startMember(name, group, topic) {
    const received: string[] = []
    let joined: number[] = []
    const consumer = newConsumer(group)
    if (!confluent) {
      consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
        joined = Object.values(payload.memberAssignment).flat()
      })
    }
    const owned = (): number[] => (confluent ? assignment(consumer) : joined)
    members.set(name, { consumer, received, owned })
    await consumer.connect()
    await consumer.subscribe(subscription(topic))
    await consumer.run({
      eachMessage: async ({ message }) => {
        received.push(String(message.value))
      },
    })
  },

  async memberState(name) {
    return stateOf(member(name))
  },

  async stopMember(name) {
    const { consumer, received } = member(name)
    await consumer.disconnect()
    members.set(name, { consumer, received, owned: () => [] })
    return stateOf(member(name))
  },

  async produceRun(run, onProgress) {
    const producer = newProducer(run)
    await producer.connect()
    const perSend = 10_000
    let acknowledged = 0
    for (let from = 0; from < run.count; from += perSend) {
      const messages = runMessages(run, from, Math.min(run.count, from + perSend))
      await producer.send({ topic: run.topic, messages, ...sendSettings(run.codec) })
      acknowledged += messages.length
      onProgress?.(acknowledged)
    }
    await producer.disconnect()
  },

  async consumeRun(run) {
    const checker = new RunChecker(run.partitions, run.count)
    const consumer = newConsumer(`run-${process.pid}-${throwawayGroups++}`)
    await consumer.connect()
    await consumer.subscribe(subscription(run.topic))
    await consumer.run({
      eachBatch: async ({ batch }) => {
        for (const { value } of batch.messages) checker.saw(batch.partition, Number(value))
      },
    })
    await until(() => checker.received >= run.count, `${run.count} records`, 120_000)
    await consumer.disconnect()
    return checker.report()
  },
}

function newProducer({ codec, idempotent }: { codec: Codec; idempotent: boolean }): Producer {
  const settings = { idempotent, ...(idempotent ? { maxInFlightRequests: confluent ? 5 : 1 } : {}) }
  if (!confluent) return kafka.producer(settings)
  return kafka.producer({
    kafkaJS: { ...settings, acks: -1, compression: codec },
    'linger.ms': 5,
  } as never)
}

/** kafkajs compresses as each send says; librdkafka as its producer was made to. */
function sendSettings(codec: Codec): object {
  return confluent ? {} : { acks: -1, compression: compression[codec] }
}

function newConsumer(groupId: string, autoCommit = true): Consumer {
  if (!confluent) {
    return kafka.consumer({ groupId, heartbeatInterval: 500, maxWaitTimeInMs: 100 })
  }
  return kafka.consumer({
    kafkaJS: { groupId, fromBeginning: true, autoCommit },
    'heartbeat.interval.ms': 500,
    'fetch.wait.max.ms': 100,
    'js.consumer.max.batch.size': -1,
  } as never)
}

function assignment(consumer: Consumer): number[] {
  const owner = consumer as unknown as { assignment(): { partition: number }[] }
  return owner.assignment().map((one) => one.partition)
}

function subscription(topic: string): { topics: string[]; fromBeginning?: boolean } {
  return confluent ? { topics: [topic] } : { topics: [topic], fromBeginning: true }
}

/** Reads exactly `count` records, commits just behind them, leaves. */
async function readRecords(group: string, topic: string, count: number): Promise<StoredRecord[]> {
  const records: StoredRecord[] = []
  const consumer = newConsumer(group, false)
  await consumer.connect()
  await consumer.subscribe(subscription(topic))
  await consumer.run({
    ...(confluent ? {} : { autoCommit: false }),
    eachMessage: async ({ partition, message }) => {
      if (records.length < count) records.push(storedRecord(partition, message))
    },
  })
  await until(() => records.length >= count, `${count} records of ${topic}`)
  const next = new Map<number, number>()
  for (const { partition, offset } of records) next.set(partition, offset + 1)
  await consumer.commitOffsets(
    [...next].map(([partition, offset]) => ({ topic, partition, offset: String(offset) })),
  )
  await consumer.disconnect()
  return records
}

/** An object of values; a list of them where a name comes again. */
function headersOf({ headers }: OutgoingRecord): Record<string, unknown> {
  const byName: Record<string, unknown> = {}
  for (const [name] of headers) {
    const values = headers.filter((one) => one[0] === name).map((one) => one[1])
    byName[name] = values.length === 1 ? values[0] : values
  }
  return byName
}

function storedRecord(partition: number, message: KafkaMessage): StoredRecord {
  return {
    partition,
    offset: Number(message.offset),
    timestamp: Number(message.timestamp),
    key: message.key === null ? null : String(message.key),
    value: message.value === null ? null : String(message.value),
    headers: Object.entries(message.headers ?? {}).flatMap(([key, values]) =>
      [values].flat().map((value) => [key, value == null ? null : String(value)] as const),
    ),
  }
}

function runMessages(run: Run, from: number, end: number): Message[] {
  const messages: Message[] = []
  for (let index = from; index < end; index++) {
    messages.push({
      partition: index % run.partitions,
      value: runValue(Math.floor(index / run.partitions), run.valueBytes),
    })
  }
  return messages
}

function member(name: string): Member {
  const found = members.get(name)
  if (found === undefined) throw new Error(`no member ${name}`)
  return found
}

function stateOf({ owned, received }: Member): MemberState {
  return { partitions: owned().toSorted((a, b) => a - b), received }
}

/** The raw form, and the framed one that Java clients write: blocks after a 16 byte header. */
function decompressSnappy(snappy: typeof Snappy, buffer: Buffer): Buffer {
  if (buffer.toString('latin1', 1, 7) !== 'SNAPPY')
    return Buffer.from(snappy.uncompressSync(buffer))
  const blocks: Buffer[] = []
  for (let at = 16; at < buffer.length;) {
    const sizeBytes = buffer.readUInt32BE(at)
    blocks.push(Buffer.from(snappy.uncompressSync(buffer.subarray(at + 4, at + 4 + sizeBytes))))
    at += 4 + sizeBytes
  }
  return Buffer.concat(blocks)
}

servePeer(peer)
