import { errorName, KafkaError, throwIfError, ZERO_UUID } from '@ottla/protocol'
import { FetchApi, type PartitionData } from '@ottla/protocol/messages/fetch'
import type { Cluster } from '../cluster/cluster.ts'
import { partitionName, type TopicPartition } from './consumer-record.ts'
import { isolationCode, type IsolationLevel } from './list-offsets.ts'

export interface FetchSettings {
  readonly isolationLevel: IsolationLevel
  readonly fetchMaxWaitMs: number
  readonly fetchMinBytes: number
  readonly fetchMaxBytes: number
  readonly partitionMaxBytes: number
  readonly signal: AbortSignal
  /** Of its own: a fetch that waits must not hold up another consumer's. */
  readonly lane: string
}

export interface FetchAnswer {
  readonly error: KafkaError | null
  readonly data: PartitionData
}

/**
 * Fetches once from one leader, outside of any fetch session (KIP-227).
 *
 * @returns An answer for each partition that the leader answered for, by `topic-partition`.
 * @throws {KafkaError} What the whole request was refused for.
 */
export async function fetchFrom(
  cluster: Cluster,
  leaderId: number,
  positions: readonly (TopicPartition & { readonly fetchOffset: number })[],
  settings: FetchSettings,
): Promise<ReadonlyMap<string, FetchAnswer>> {
  const { topics } = cluster.metadata
  const names = [...new Set(positions.map(({ topic }) => topic))]
  const idOf = (topic: string): string => topics.get(topic)?.topicId ?? ZERO_UUID
  const hasIds = names.every((topic) => idOf(topic) !== ZERO_UUID)
  const nameOfId = new Map(names.map((topic) => [idOf(topic), topic]))

  const response = await cluster.send(
    leaderId,
    FetchApi,
    (version) => ({
      maxWaitMs: settings.fetchMaxWaitMs,
      minBytes: settings.fetchMinBytes,
      maxBytes: settings.fetchMaxBytes,
      isolationLevel: isolationCode[settings.isolationLevel],
      topics: names.map((topic) => ({
        topic,
        topicId: idOf(topic),
        partitions: positions
          .filter((position) => position.topic === topic)
          .map(({ partition, fetchOffset }) => ({
            partition,
            fetchOffset,
            partitionMaxBytes: settings.partitionMaxBytes,
            ...(version >= 9 && {
              currentLeaderEpoch: topics.get(topic)?.partitions[partition]?.leaderEpoch ?? -1,
            }),
          })),
      })),
    }),
    {
      signal: settings.signal,
      timeoutMs: settings.fetchMaxWaitMs + cluster.options.requestTimeoutMs,
      // Version 13 names topics by id (KIP-516), which an old broker does not give.
      ...(!hasIds && { highestVersion: 12 }),
      lane: settings.lane,
    },
  )
  throwIfError(response.errorCode)

  const answers = new Map<string, FetchAnswer>()
  for (const { topic: named, topicId, partitions } of response.responses) {
    const topic = named === '' ? (nameOfId.get(topicId) ?? '') : named
    for (const data of partitions) {
      const name = partitionName({ topic, partition: data.partitionIndex })
      const code = errorName(data.errorCode)
      const error =
        data.errorCode === 0
          ? null
          : new KafkaError(code, `${name}: ${new KafkaError(code).message}`)
      answers.set(name, { error, data })
    }
  }
  return answers
}
