import { KafkaError, NO_ERROR } from '@ottla/protocol'
import {
  type PartitionProduceData,
  type PartitionProduceResponseInput,
  ProduceRequest,
  ProduceResponse,
  type ProduceResponseInput,
} from '@ottla/protocol/messages/produce'
import {
  BATCH_HEADER_BYTES,
  checkProduceFormat,
  isTransactional,
  magic,
  RecordValidationError,
} from '@ottla/records'
import { assert, type Timer } from '@ottla/runtime'
import { type AnyApi, defineApi } from '../network/api.ts'
import type { Appended } from '../partitions/partition.ts'
import type { RequestContext } from '../network/request-context.ts'
import { currentLeaderOf, leaderEndpoints } from './leader-hint.ts'
import { isInternalTopic } from '../internal-topics.ts'

/**
 * Produce (key 0), versions 3–13; advertised from 0, since clients that look for low versions would
 * not connect otherwise.
 *
 * Each partition's batch is checked, given its offsets and appended, each on its own: one partition's
 * error is no other's. The answer leaves when the records are committed (`acks=all`), when they are
 * in the leader's log (1), or never (0: an error then closes the connection, the only sign there is).
 *
 *   v5  log start offset                v8   errors of single records (KIP-467)
 *   v9  flexible encoding               v10  the leader to turn to, when it is not this broker (KIP-951)
 *   v12 transactions V2 (KIP-890)       v13  topic ids
 */
export const produceApi: AnyApi = defineApi({
  request: ProduceRequest,
  response: ProduceResponse,
  handle: produce,
  expectsAnswer: (request) => request.acks !== 0,
  mayOverlap: true,
  leavesFrame: true, // the log has its own copy
})

const ACKS_ALL = -1
const NO_OFFSET = -1

function produce(
  request: ProduceRequest,
  context: RequestContext,
): ProduceResponseInput | Promise<ProduceResponseInput> {
  const responses: ProduceResponseInput['responses'][number][] = []
  let waiting: Promise<void>[] | undefined
  let firstError: KafkaError | undefined
  const knowsAcks = request.acks >= ACKS_ALL && request.acks <= 1
  // Only who named a transactional id could have been authorised to use it.
  const isForged = request.transactionalId === null && hasTransactionalRecords(request)

  for (const { name, topicId, partitionData } of request.topicData) {
    const topic = context.apiVersion >= 13 ? context.metadata.image.topicById(topicId)?.name : name
    const partitionResponses: PartitionProduceResponseInput[] = []
    for (const data of partitionData) {
      const answer = emptyAnswer(data.index)
      partitionResponses.push(answer)
      try {
        if (!knowsAcks) throw new KafkaError('INVALID_REQUIRED_ACKS')
        if (isForged) throw new KafkaError('TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
        if (topic === undefined) throw new KafkaError('UNKNOWN_TOPIC_ID')
        const { committed, durable } = append(topic, data, request.acks, answer, context)
        committed?.catch((error: unknown) => context.logger.warn('not committed', { error }))
        const awaited = request.acks === ACKS_ALL ? committed : request.acks === 0 ? null : durable
        if (awaited != null) {
          waiting ??= []
          waiting.push(settle(durable, awaited, request.timeoutMs, topic, answer, context))
        }
      } catch (error) {
        const refusal = refuse(answer, error, topic, context)
        countFailure(topic, data, context)
        firstError ??= refusal
      }
    }
    responses.push({ name, topicId, partitionResponses })
  }

  if (request.acks === 0 && firstError !== undefined) throw firstError
  context.throttleMs = context.quotas.chargeProduced(context.requester, context.requestBytes)
  const response: ProduceResponseInput = { responses, throttleTimeMs: 0 }
  if (waiting === undefined) return withEndpoints(response, context)
  return Promise.all(waiting).then(() => withEndpoints(response, context))
}

/** Appends one partition's batch; @returns what there is to wait for. */
function append(
  topic: string,
  { index, records }: PartitionProduceData,
  acks: number,
  answer: PartitionProduceResponseInput,
  { replicas, metadata, clientId, apiVersion }: RequestContext,
): Appended {
  if (isInternalTopic(topic) && clientId !== '__admin_client') {
    throw new KafkaError('INVALID_TOPIC_EXCEPTION', `clients may not write to ${topic}`)
  }
  const partition = replicas.leader(topic, index, metadata)
  const minInSyncReplicas = acks === ACKS_ALL ? partition.settings.minInsyncReplicas : 0
  checkProduceFormat(records, apiVersion)
  assert(records !== null, 'records of the right format are there')
  if (isTransactional(records, 0)) {
    throw new KafkaError(
      'INVALID_PRODUCER_ID_MAPPING',
      'transactions are not served by this broker',
    )
  }
  const appended = partition.append(records, 'client', minInSyncReplicas)
  const { result } = appended
  answer.baseOffset = result.baseOffset
  answer.logAppendTimeMs = result.logAppendTimeMs
  answer.logStartOffset = result.logStartOffset
  return appended
}

function countFailure(
  topic: string | undefined,
  { index, records }: PartitionProduceData,
  { replicas }: RequestContext,
): void {
  if (topic === undefined) return
  replicas.find(topic, index)?.traffic.countFailedProduce(records?.length ?? 0)
}

function hasTransactionalRecords({ topicData }: ProduceRequest): boolean {
  for (const { partitionData } of topicData) {
    for (const { records } of partitionData) {
      if (records === null || records.length < BATCH_HEADER_BYTES) continue
      if (magic(records, 0) === 2 && isTransactional(records, 0)) return true
    }
  }
  return false
}

/**
 * Waits for the device, however long that takes, and for the commit as long as the request allows;
 * what becomes of it goes into the answer.
 */
async function settle(
  durable: Promise<void> | undefined,
  committed: Promise<void>,
  timeoutMs: number,
  topic: string,
  answer: PartitionProduceResponseInput,
  context: RequestContext,
): Promise<void> {
  let timer: Timer | undefined
  context.beginWaiting()
  context.metrics.waitingProduces += 1
  try {
    await durable
    const timeout = Promise.withResolvers<never>()
    timer = context.clock.schedule(Math.max(0, timeoutMs), () =>
      timeout.reject(new KafkaError('REQUEST_TIMED_OUT')),
    )
    await Promise.race([committed, timeout.promise])
  } catch (error) {
    refuse(answer, error, topic, context)
  } finally {
    timer?.cancel()
    context.metrics.waitingProduces -= 1
  }
}

function emptyAnswer(index: number): PartitionProduceResponseInput {
  return {
    index,
    errorCode: NO_ERROR,
    baseOffset: -1,
    logAppendTimeMs: -1,
    logStartOffset: -1,
    recordErrors: [],
    errorMessage: null,
  }
}

/** After these Kafka does not tell where the log begins; after the others it does. */
const knownBeforeAppending = new Set<string>([
  'CORRUPT_MESSAGE',
  'INVALID_REQUIRED_ACKS',
  'INVALID_TOPIC_EXCEPTION',
  'KAFKA_STORAGE_ERROR',
  'MESSAGE_TOO_LARGE',
  'NOT_LEADER_OR_FOLLOWER',
  'RECORD_LIST_TOO_LARGE',
  'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  'UNKNOWN_TOPIC_ID',
  'UNKNOWN_TOPIC_OR_PARTITION',
])

function refuse(
  answer: PartitionProduceResponseInput,
  cause: unknown,
  topic: string | undefined,
  context: RequestContext,
): KafkaError {
  const error = context.asKafkaError(cause)
  answer.errorCode = error.errorCode
  answer.errorMessage = error.message
  answer.baseOffset = -1
  answer.logAppendTimeMs = -1
  answer.logStartOffset = -1
  if (!knownBeforeAppending.has(error.code) && topic !== undefined) {
    answer.logStartOffset =
      context.replicas.find(topic, answer.index)?.log.logStartOffset ?? NO_OFFSET
  }
  if (error instanceof RecordValidationError) {
    answer.recordErrors = error.recordErrors.map(({ batchIndex, message }) => ({
      batchIndex,
      batchIndexErrorMessage: message,
    }))
  }
  if (context.apiVersion >= 10 && error.code === 'NOT_LEADER_OR_FOLLOWER' && topic !== undefined) {
    const leader = currentLeaderOf(context.metadata, topic, answer.index)
    if (leader !== undefined) answer.currentLeader = leader
  }
  return error
}

function withEndpoints(
  response: ProduceResponseInput,
  context: RequestContext,
): ProduceResponseInput {
  if (context.apiVersion < 10) return response
  const leaders = response.responses.flatMap(({ partitionResponses }) =>
    partitionResponses.flatMap(({ currentLeader }) => currentLeader?.leaderId ?? []),
  )
  if (leaders.length === 0) return response
  return { ...response, nodeEndpoints: leaderEndpoints(context, leaders) }
}
