import { KafkaError } from '@ottla/protocol'
import { ListOffsetsApi } from '@ottla/protocol/messages/list-offsets'
import type { CallOptions, Cluster } from '../cluster/cluster.ts'
import { partitionName, type TopicPartition } from '../consumer/consumer-record.ts'
import { isolationCode, type IsolationLevel } from '../consumer/list-offsets.ts'
import { byTopic, errorOf, retryIfAny } from './outcome.ts'

/**
 * Which offset of a partition: its ends; the record with the greatest timestamp (KIP-734); the ends of
 * what is on the broker's own disk and in tiered storage (KIP-405, KIP-1005); the first record of a time
 * or later, in ms since the epoch.
 */
export type OffsetQuestion =
  | 'earliest'
  | 'latest'
  | 'max-timestamp'
  | 'earliest-local'
  | 'latest-tiered'
  | { readonly timestamp: number }

export interface OffsetAnswer extends TopicPartition {
  /** -1: there is no such record. */
  readonly offset: number
  /** Of that record in ms since the epoch; -1 where none is meant, as with the ends. */
  readonly timestamp: number
  readonly leaderEpoch: number
  readonly error: KafkaError | null
}

interface Kind {
  readonly timestamp: number
  /** The first version of ListOffsets, and the release of Kafka, that has it. */
  readonly since?: number
  readonly release?: string
}

const special: Readonly<Record<Extract<OffsetQuestion, string>, Kind>> = {
  latest: { timestamp: -1, since: 1, release: '0.10.1' },
  earliest: { timestamp: -2, since: 1, release: '0.10.1' },
  'max-timestamp': { timestamp: -3, since: 7, release: '3.0' },
  'earliest-local': { timestamp: -4, since: 8, release: '3.4' },
  'latest-tiered': { timestamp: -5, since: 9, release: '3.9' },
}

/**
 * Asks the leaders of some partitions, each once; a partition without a leader has that as its error.
 *
 * @returns In the order of `partitions`.
 * @throws {KafkaError} UNSUPPORTED_VERSION when a broker is too old for the question.
 */
export async function listOffsets(
  cluster: Cluster,
  partitions: readonly TopicPartition[],
  question: OffsetQuestion,
  options: CallOptions & { readonly isolationLevel?: IsolationLevel } = {},
): Promise<readonly OffsetAnswer[]> {
  return cluster.call(async () => {
    const answers = new Map<string, OffsetAnswer>()
    const byLeader = new Map<number, TopicPartition[]>()
    for (const of of partitions) {
      try {
        const { leaderId } = await cluster.partition(of.topic, of.partition)
        byLeader.set(leaderId, [...(byLeader.get(leaderId) ?? []), of])
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error
        if (error.code !== 'LEADER_NOT_AVAILABLE') throw error
        answers.set(partitionName(of), { ...of, ...nothing, error })
      }
    }
    await Promise.all(
      [...byLeader].map(async ([leaderId, of]) => {
        for (const answer of await askLeader(cluster, leaderId, of, question, options)) {
          answers.set(partitionName(answer), answer)
        }
      }),
    )
    return partitions.map((of) => answers.get(partitionName(of)) ?? unanswered(of))
  }, options)
}

const nothing = { offset: -1, timestamp: -1, leaderEpoch: -1 } as const

async function askLeader(
  cluster: Cluster,
  leaderId: number,
  partitions: readonly TopicPartition[],
  question: OffsetQuestion,
  {
    signal,
    isolationLevel = 'read_uncommitted',
  }: CallOptions & { isolationLevel?: IsolationLevel },
): Promise<readonly OffsetAnswer[]> {
  const kind: Kind = typeof question === 'string' ? special[question] : question
  const response = await cluster.send(
    leaderId,
    ListOffsetsApi,
    (version) => {
      if (kind.since !== undefined && version < kind.since) {
        const message = `broker ${leaderId} is too old for this question: it came with Kafka ${kind.release}`
        throw new KafkaError('UNSUPPORTED_VERSION', message)
      }
      return {
        replicaId: -1,
        ...(version >= 2 && { isolationLevel: isolationCode[isolationLevel] }),
        topics: byTopic(partitions).map(({ topic, entries }) => ({
          name: topic,
          partitions: entries.map(({ partition }) => ({
            partitionIndex: partition,
            timestamp: kind.timestamp,
          })),
        })),
      }
    },
    { signal },
  )
  const answers = response.topics.flatMap(({ name, partitions: of }) =>
    of.map((answer) => ({
      topic: name,
      partition: answer.partitionIndex,
      offset: Number(answer.offset),
      timestamp: Number(answer.timestamp),
      leaderEpoch: answer.leaderEpoch,
      error: errorOf(answer.errorCode),
    })),
  )
  retryIfAny(answers.map(({ error }) => error))
  return answers
}

function unanswered(of: TopicPartition): OffsetAnswer {
  const message = `the leader of ${partitionName(of)} did not answer for it`
  return { ...of, ...nothing, error: new KafkaError('UNKNOWN_SERVER_ERROR', message) }
}
