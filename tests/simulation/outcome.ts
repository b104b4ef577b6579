import {
  type Client,
  committedOffsets,
  type ConsumerRecord,
  offsetOf,
  type TopicPartition,
} from '@ottla/client'

export interface StoredRecord {
  readonly offset: number
  readonly value: string
}

/** What is there when everything has come to rest: read back by a client that knows nothing. */
export interface Outcome {
  /** By `topic-partition`, in the order of the log. */
  readonly logs: ReadonlyMap<string, readonly StoredRecord[]>
  /** By group, then `topic-partition`. */
  readonly committed: ReadonlyMap<string, ReadonlyMap<string, number>>
  readonly topics: ReadonlyMap<
    string,
    { readonly partitions: number; readonly retentionMs: string }
  >
  /** What the broker logged as its own mistake. */
  readonly bugs: readonly string[]
}

export async function readOutcome(
  client: Client,
  partitions: readonly TopicPartition[],
  groups: readonly string[],
  bugs: readonly string[],
): Promise<Outcome> {
  const logs = new Map<string, readonly StoredRecord[]>()
  for (const partition of partitions) {
    logs.set(`${partition.topic}-${partition.partition}`, await readLog(client, partition))
  }
  const committed = new Map<string, ReadonlyMap<string, number>>()
  for (const group of groups) {
    committed.set(group, await committedOffsets(client.cluster, group, partitions))
  }
  const topics = new Map<string, { partitions: number; retentionMs: string }>()
  for (const { name, partitions: all } of await client.admin.listTopics()) {
    const configs = await client.admin.topicConfigs(name)
    const retentionMs = configs.find((config) => config.name === 'retention.ms')?.value ?? ''
    topics.set(name, { partitions: all.length, retentionMs })
  }
  return { logs, committed, topics, bugs }
}

async function readLog(client: Client, partition: TopicPartition): Promise<StoredRecord[]> {
  const endOffset = await offsetOf(client.cluster, partition, 'latest')
  const start = await offsetOf(client.cluster, partition, 'earliest')
  const records: ConsumerRecord[] = []
  const consumer = client.consumer({ offsetReset: 'error' })
  consumer.assign([{ ...partition, start }])
  while ((consumer.position(partition) ?? start) < endOffset)
    records.push(...(await consumer.poll()))
  consumer.close()
  return records.map(({ offset, value }) => ({ offset, value: value?.toString() ?? '' }))
}
