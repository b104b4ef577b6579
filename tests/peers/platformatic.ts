import type * as Platformatic from '@platformatic/kafka'
import { npmModule } from './npm-module.ts'
import type { Codec, MemberState, Peer, Run, StoredRecord } from './peer.ts'
import { RunChecker, runValue } from './run-checker.ts'
import { bootstrapAddress, servePeer, until } from './serve-peer.ts'

/** @platformatic/kafka: a client in JavaScript that speaks only recent versions of each API. */
type Message = Platformatic.Message<string, string, string, string>
type Consumer = Platformatic.Consumer<string, string, string, string>

const platformatic = npmModule('@platformatic/kafka') as typeof Platformatic
const { stringSerializers, stringDeserializers } = platformatic

const client = {
  clientId: 'platformatic',
  bootstrapBrokers: [bootstrapAddress()],
  retries: 100,
  retryDelay: 200,
  strict: true,
}

interface Member {
  readonly consumer: Consumer
  readonly received: string[]
  stream?: Platformatic.MessagesStream<string, string, string, string>
}
const members = new Map<string, Member>()
let throwawayGroups = 0

const peer: Omit<Peer, 'close'> = {
  async produce(topic, codec, records) {
    const producer = newProducer({ codec, idempotent: false })
    await producer.send({
      acks: -1,
      messages: records.map((record) => ({
        topic,
        partition: record.partition,
        // Its types know no null, its protocol does.
        key: record.key as string,
        value: record.value as string,
        headers: new Map(record.headers as [string, string][]),
        ...(record.timestamp === undefined ? {} : { timestamp: BigInt(record.timestamp) }),
      })),
    })
    await producer.close()
  },

  async consume(topic, _partitions, count) {
    return await readRecords(throwawayGroup(), topic, count)
  },

  async offsetForTime(topic, partition, timestampMs) {
    const consumer = newConsumer(throwawayGroup())
    const found = await consumer.listOffsets({
      topics: [topic],
      partitions: { [topic]: [partition] },
      timestamp: BigInt(timestampMs),
    })
    await consumer.close()
    const offset = found.get(topic)?.[partition]
    return offset === undefined || offset === -1n ? null : Number(offset)
  },

  async readInGroup(group, topic, count) {
    return await readRecords(group, topic, count)
  },

  async startMember(name, group, topic) {
    const received: string[] = []
    const consumer = newConsumer(group)
    const started: Member = { consumer, received }
    members.set(name, started)
    const stream = await consumer.consume({
      topics: [topic],
      mode: 'committed',
      fallbackMode: 'earliest',
      autocommit: 100,
    })
    stream.on('data', ({ value }) => received.push(value))
    stream.on('error', (error) => console.error(name, error))
    started.stream = stream
  },

  async memberState(name) {
    return stateOf(member(name))
  },

  async stopMember(name) {
    const stopped = member(name)
    // Closing while a commit is on its way drops the offsets that wait behind it.
    await until(() => stopped.stream?.offsetsToCommit.size === 0, 'offsets are committed', 10_000)
    await stopped.consumer.close(true)
    return { ...stateOf(stopped), partitions: [] }
  },

  async produceRun(run, onProgress) {
    const producer = newProducer(run)
    const perSend = 10_000
    let acknowledged = 0
    for (let from = 0; from < run.count; from += perSend) {
      const messages = runMessages(run, from, Math.min(run.count, from + perSend))
      await producer.send({ acks: -1, messages })
      acknowledged += messages.length
      onProgress?.(acknowledged)
    }
    await producer.close()
  },

  async consumeRun(run) {
    const checker = new RunChecker(run.partitions, run.count)
    const consumer = newConsumer(throwawayGroup())
    const stream = await consumer.consume({
      topics: [run.topic],
      mode: 'earliest',
      autocommit: false,
      highWaterMark: 100_000,
    })
    stream.on('data', ({ partition, value }) => checker.saw(partition, Number(value)))
    await until(() => checker.received >= run.count, `${run.count} records`, 120_000)
    await consumer.close(true)
    return checker.report()
  },
}

function newProducer({ codec, idempotent }: { codec: Codec; idempotent: boolean }) {
  return new platformatic.Producer<string, string, string, string>({
    ...client,
    serializers: stringSerializers,
    compression: codec,
    idempotent,
  })
}

function newConsumer(groupId: string): Consumer {
  return new platformatic.Consumer<string, string, string, string>({
    ...client,
    groupId,
    deserializers: stringDeserializers,
    maxWaitTime: 100,
    sessionTimeout: 10_000,
    rebalanceTimeout: 10_000,
    heartbeatInterval: 500,
  })
}

function throwawayGroup(): string {
  return `throwaway-${process.pid}-${throwawayGroups++}`
}

/** Reads exactly `count` records, commits just behind them, leaves. */
async function readRecords(group: string, topic: string, count: number): Promise<StoredRecord[]> {
  const consumer = newConsumer(group)
  const stream = await consumer.consume({
    topics: [topic],
    mode: 'committed',
    fallbackMode: 'earliest',
    autocommit: false,
  })
  const messages: Message[] = []
  for await (const message of stream) {
    messages.push(message)
    if (messages.length === count) break
  }
  const last = new Map(messages.map((message) => [message.partition, message]))
  await consumer.commit({
    offsets: [...last.values()].map(({ partition, offset, leaderEpoch }) => ({
      topic,
      partition,
      offset: offset + 1n,
      leaderEpoch,
    })),
  })
  await consumer.close(true)
  return messages.map(storedRecord)
}

function storedRecord(message: Message): StoredRecord {
  return {
    partition: message.partition,
    offset: Number(message.offset),
    timestamp: Number(message.timestamp),
    key: message.key ?? null,
    value: message.value ?? null,
    headers: message.headerEntries.map(([key, value]) => [key, value ?? null] as const),
  }
}

function runMessages(run: Run, from: number, end: number) {
  const messages = []
  for (let index = from; index < end; index++) {
    messages.push({
      topic: run.topic,
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

function stateOf({ consumer, received }: Member): MemberState {
  const partitions = (consumer.assignments ?? []).flatMap((one) => one.partitions)
  return { partitions: partitions.toSorted((a, b) => a - b), received }
}

servePeer(peer)
