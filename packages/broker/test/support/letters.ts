import {
  FetchApi,
  type FetchRequestInput,
  type PartitionData,
} from '@ottla/protocol/messages/fetch'
import {
  type PartitionProduceResponse,
  ProduceApi,
  type ProduceRequestInput,
} from '@ottla/protocol/messages/produce'
import { type BatchInput, encodeBatch, type RecordInput } from '@ottla/records'
import type { MadeTopic } from './behaviour.ts'
import type { RawClient } from './broker-world.ts'

/** A record with a key and a value, at a time near enough to any clock's. */
export function record(timestamp: number, value: string | null = 'v', key: string | null = 'k') {
  return {
    timestamp,
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
  } satisfies RecordInput
}

export function batch(now: number, options: Partial<BatchInput> = {}): Buffer {
  return encodeBatch({ records: [record(now)], ...options })
}

export interface ProduceOptions extends Partial<Omit<ProduceRequestInput, 'topicData'>> {
  /** Default 13. */
  readonly version?: number
  readonly partition?: number
}

/** Produces to one partition; @returns its part of the answer. */
export async function produce(
  client: RawClient,
  { name, id }: MadeTopic,
  records: Buffer | null,
  { version = 13, partition = 0, ...request }: ProduceOptions = {},
): Promise<PartitionProduceResponse> {
  const answer = await client.request(ProduceApi, version, {
    acks: -1,
    timeoutMs: 5_000,
    ...request,
    topicData: [
      {
        ...(version >= 13 ? { topicId: id } : { name }),
        partitionData: [{ index: partition, records }],
      },
    ],
  })
  const found = answer.responses[0]?.partitionResponses[0]
  if (found === undefined) throw new Error('an answer without the partition')
  return found
}

export interface FetchOptions extends Partial<Omit<FetchRequestInput, 'topics'>> {
  /** Default 17. */
  readonly version?: number
  readonly partition?: number
  readonly currentLeaderEpoch?: number
  readonly lastFetchedEpoch?: number
  readonly partitionMaxBytes?: number
}

/** Fetches from one partition, outside of any session, without waiting; @returns its part of the answer. */
export async function fetch(
  client: RawClient,
  { name, id }: MadeTopic,
  fetchOffset: number,
  {
    version = 17,
    partition = 0,
    currentLeaderEpoch,
    lastFetchedEpoch,
    partitionMaxBytes = 1_000_000,
    ...request
  }: FetchOptions = {},
): Promise<PartitionData> {
  const answer = await client.request(FetchApi, version, {
    maxWaitMs: 0,
    minBytes: 0,
    ...request,
    topics: [
      {
        ...(version >= 13 ? { topicId: id } : { topic: name }),
        partitions: [
          {
            partition,
            fetchOffset,
            partitionMaxBytes,
            ...(currentLeaderEpoch !== undefined && { currentLeaderEpoch }),
            ...(lastFetchedEpoch !== undefined && { lastFetchedEpoch }),
          },
        ],
      },
    ],
  })
  const found = answer.responses[0]?.partitions[0]
  if (found === undefined) throw new Error(`no partition; error ${answer.errorCode}`)
  return found
}
