import { NO_ERROR } from '@ottla/protocol'
import {
  type FetchableTopicResponseInput,
  FetchResponse,
  FetchRequest,
  type FetchResponseInput,
  type PartitionDataInput,
} from '@ottla/protocol/messages/fetch'
import type { FetchedPartition } from '../fetching/fetch-session.ts'
import type { FetchRound } from '../fetching/fetch-sessions.ts'
import { type PartitionRead, readPartition } from '../fetching/read-partition.ts'
import { type AnyApi, defineApi } from '../network/api.ts'
import type { RequestContext } from '../network/request-context.ts'
import type { Partition } from '../partitions/partition.ts'
import { FOLLOWER_FETCH } from '../metrics/request-metrics.ts'
import { waitForBytes } from '../purgatory/waiting-fetch.ts'
import { leaderEndpoints } from './leader-hint.ts'

/**
 * Fetch (key 1), versions 4–18.
 *
 * Reads whole batches from each partition, in order, up to the limits of the request and of each
 * partition; the first batch goes out however large it is, so that every reader gets on. With fewer
 * than `minBytes` to give it waits, up to `maxWaitMs`, unless a partition has an error to report.
 *
 *   v5  log start offset        v7  incremental sessions (KIP-227)     v9  leader epoch checks (KIP-320)
 *   v11 rack (KIP-392)          v12 flexible; divergence by epoch       v13 topic ids (KIP-516)
 *   v15 replica state           v16 endpoints of new leaders (KIP-951)  v17 directory ids   v18 high watermark
 *
 * Left out: reading from a follower by rack; every partition is read from its leader.
 */
export const fetchApi: AnyApi = defineApi({
  request: FetchRequest,
  response: FetchResponse,
  handle: fetch,
  refuse: (_request, error) => ({
    throttleTimeMs: 0,
    errorCode: error.errorCode,
    sessionId: 0,
    responses: [],
  }),
})

const READ_COMMITTED = 1

async function fetch(request: FetchRequest, context: RequestContext): Promise<FetchResponseInput> {
  const { fetchSessions, metadata, clock } = context
  const round = fetchSessions.begin(request, context.apiVersion, (id) => metadata.nameOf(id))
  const deadline = clock.monotonic() + request.maxWaitMs
  if (isReplica(request)) context.measures = context.metrics.requests.of(FOLLOWER_FETCH)

  for (;;) {
    const reads = await readAll(request, round, context)
    let bytes = 0
    let isUrgent = false
    const partitions: Partition[] = []
    for (const read of reads) {
      bytes += read.sizeBytes
      isUrgent ||= read.isUrgent
      if (read.partition !== undefined) partitions.push(read.partition)
    }
    const remainingMs = deadline - clock.monotonic()
    if (
      bytes >= request.minBytes ||
      isUrgent ||
      remainingMs <= 0 ||
      partitions.length === 0 ||
      context.signal.aborted
    ) {
      if (!isReplica(request)) {
        context.throttleMs = context.quotas.chargeFetched(context.requester, bytes)
      }
      if (context.throttleMs > 0) {
        release(reads)
        return throttled(round)
      }
      context.onAnswerLeft = () => release(reads)
      countTraffic(reads)
      return answer(round, reads, context)
    }
    release(reads)
    context.beginWaiting()
    context.metrics.waitingFetches += 1
    await waitForBytes({
      clock,
      partitions,
      missingBytes: request.minBytes - bytes,
      maxWaitMs: remainingMs,
      signal: context.signal,
    })
    context.metrics.waitingFetches -= 1
  }
}

async function readAll(
  request: FetchRequest,
  round: FetchRound,
  context: RequestContext,
): Promise<PartitionRead[]> {
  const reads: PartitionRead[] = []
  const isCommittedOnly = request.isolationLevel === READ_COMMITTED
  const isFollower = isReplica(request)
  let bytesLeft = Math.min(
    request.maxBytes,
    context.settings.fetchMaxBytes,
    isFollower ? Infinity : context.quotas.fetchBytesMax(context.requester),
  )
  let hasNoData = true
  for (const wanted of round.partitions) {
    const reading = readPartition(wanted, {
      bytesLeft,
      minOneBatch: hasNoData,
      isCommittedOnly,
      isReplica: isFollower,
      context,
    })
    // Only a read from the disk is worth a promise.
    const read = reading instanceof Promise ? await reading : reading
    bytesLeft -= read.sizeBytes
    if (read.sizeBytes > 0) hasNoData = false
    reads.push(read)
  }
  return reads
}

function isReplica(request: FetchRequest): boolean {
  return request.replicaId >= 0 || request.replicaState.replicaId >= 0
}

function countTraffic(reads: readonly PartitionRead[]): void {
  for (const { wanted, sizeBytes, slice, partition } of reads) {
    const records = slice === undefined ? 0 : slice.nextOffset - wanted.fetchOffset
    partition?.traffic.countFetched(records, sizeBytes)
  }
}

/** Lets the next reads use the memory again: with fresh memory for each a fetch costs twice the CPU. */
function release(reads: readonly PartitionRead[]): void {
  for (const { slice } of reads) slice?.release()
}

function answer(
  { session, isIncremental }: FetchRound,
  reads: readonly PartitionRead[],
  context: RequestContext,
): FetchResponseInput {
  const responses: FetchableTopicResponseInput[] = []
  const leaders: number[] = []
  let topic: (FetchableTopicResponseInput & { partitions: PartitionDataInput[] }) | undefined
  let wantedTopic: FetchedPartition | undefined

  for (const { wanted, data, sizeBytes } of reads) {
    if (data.currentLeader !== undefined) leaders.push(data.currentLeader.leaderId ?? -1)
    const isNews = remember(wanted, data, sizeBytes)
    if (session !== undefined && isIncremental && sizeBytes > 0) moveToEnd(session, wanted)
    if (isIncremental && !isNews) continue
    if (
      topic === undefined ||
      wantedTopic?.topic !== wanted.topic ||
      wantedTopic.topicId !== wanted.topicId
    ) {
      topic = { topic: wanted.topic ?? '', topicId: wanted.topicId, partitions: [] }
      wantedTopic = wanted
      responses.push(topic)
    }
    topic.partitions.push(data)
  }
  return {
    throttleTimeMs: 0,
    errorCode: NO_ERROR,
    sessionId: session?.id ?? 0,
    responses,
    ...(leaders.length === 0 || context.apiVersion < 16
      ? {}
      : { nodeEndpoints: leaderEndpoints(context, leaders) }),
  }
}

/** A client over its quota gets nothing now, and asks for the same again. */
function throttled({ session }: FetchRound): FetchResponseInput {
  return { throttleTimeMs: 0, errorCode: NO_ERROR, sessionId: session?.id ?? 0, responses: [] }
}

/** Notes what is being answered; @returns whether an incremental answer must name the partition. */
function remember(wanted: FetchedPartition, data: PartitionDataInput, sizeBytes: number): boolean {
  const highWatermark = Number(data.highWatermark)
  const logStartOffset = Number(data.logStartOffset ?? -1)
  const isNews =
    sizeBytes > 0 ||
    data.errorCode !== NO_ERROR ||
    data.divergingEpoch !== undefined ||
    highWatermark !== wanted.answeredHighWatermark ||
    logStartOffset !== wanted.answeredLogStartOffset
  // After an error the next answer names the partition again, to say that it is over.
  wanted.answeredHighWatermark = data.errorCode === NO_ERROR ? highWatermark : -1
  wanted.answeredLogStartOffset = logStartOffset
  return isNews
}

/** A partition that gave data goes last, so that no other one starves under the request's limit. */
function moveToEnd(session: NonNullable<FetchRound['session']>, wanted: FetchedPartition): void {
  for (const [key, partition] of session.partitions) {
    if (partition !== wanted) continue
    session.partitions.delete(key)
    session.partitions.set(key, partition)
    return
  }
}
