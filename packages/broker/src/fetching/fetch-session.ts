import { ZERO_UUID } from '@ottla/protocol'
import type { FetchRequest } from '@ottla/protocol/messages/fetch'

/** One partition that a fetch asks for, and what its session remembers of the last answer. */
export interface FetchedPartition {
  /** null when the request named a topic id that nobody knows. */
  topic: string | null
  /** The zero uuid below version 13. */
  topicId: string
  readonly index: number
  fetchOffset: number
  maxBytes: number
  currentLeaderEpoch: number
  lastFetchedEpoch: number
  /** The last answer's; -1 makes the next incremental answer name the partition again. */
  answeredHighWatermark: number
  answeredLogStartOffset: number
}

/** An incremental fetch session (KIP-227): the client names only what changed, so does the answer. */
export interface FetchSession {
  readonly id: number
  readonly usesTopicIds: boolean
  /** What the next request must carry: 1 after the full fetch that made the session. */
  epoch: number
  lastUsedMs: number
  /** In the order in which they are read; one that returned data moves to the end. */
  readonly partitions: Map<string, FetchedPartition>
}

export function partitionKey(topic: string | null, topicId: string, index: number): string {
  return topicId === ZERO_UUID ? `${topic}\n${index}` : `${topicId}\n${index}`
}

/** The partitions that a request names, in its order; a partition named twice counts once. */
export function requestedPartitions(
  request: FetchRequest,
  usesTopicIds: boolean,
  nameOf: (topicId: string) => string | undefined,
): Map<string, FetchedPartition> {
  const partitions = new Map<string, FetchedPartition>()
  for (const { topic, topicId, partitions: asked } of request.topics) {
    const name = usesTopicIds ? (nameOf(topicId) ?? null) : topic
    for (const each of asked) {
      partitions.set(partitionKey(name, topicId, each.partition), {
        topic: name,
        topicId,
        index: each.partition,
        fetchOffset: Number(each.fetchOffset),
        maxBytes: each.partitionMaxBytes,
        currentLeaderEpoch: each.currentLeaderEpoch,
        lastFetchedEpoch: each.lastFetchedEpoch,
        answeredHighWatermark: -1,
        answeredLogStartOffset: -1,
      })
    }
  }
  return partitions
}

/** Takes an incremental request's changes into the session. */
export function updateSession(
  session: FetchSession,
  request: FetchRequest,
  nameOf: (topicId: string) => string | undefined,
): void {
  const { partitions, usesTopicIds } = session
  for (const [key, asked] of requestedPartitions(request, usesTopicIds, nameOf)) {
    const known = partitions.get(key)
    if (known === undefined) {
      partitions.set(key, asked)
      continue
    }
    known.topic = asked.topic
    known.fetchOffset = asked.fetchOffset
    known.maxBytes = asked.maxBytes
    known.currentLeaderEpoch = asked.currentLeaderEpoch
    known.lastFetchedEpoch = asked.lastFetchedEpoch
  }
  for (const { topic, topicId, partitions: forgotten } of request.forgottenTopicsData) {
    for (const index of forgotten) partitions.delete(partitionKey(topic, topicId, index))
  }
  // A topic id that was unknown when the session began may have a name by now.
  if (usesTopicIds) {
    for (const partition of partitions.values()) {
      partition.topic ??= nameOf(partition.topicId) ?? null
    }
  }
}
