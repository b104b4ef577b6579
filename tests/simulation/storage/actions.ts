import {
  type BatchInput,
  encodeBatch,
  encodeEndTransactionMarker,
  type RecordInput,
} from '@ottla/records'
import type { AppendResult, Log } from '@ottla/storage'
import { checkContent, claim } from './check-log.ts'
import type { LogModel, ModelBatch, ModelProducer } from './log-model.ts'
import type { StorageWorld } from './storage-world.ts'

const KEYS = 6
/** These send transactions, the other ones do not. */
const TRANSACTIONAL_IDS = [21, 22]
const IDEMPOTENT_IDS = [11, 12, 13]

type Action = (world: StorageWorld, log: Log, model: LogModel) => Promise<unknown> | undefined

/** How often each is taken. */
const actions: readonly (readonly [Action, number])[] = [
  [appendPlain, 8],
  [appendIdempotent, 5],
  [appendTransactional, 5],
  [repeatBatch, 2],
  [skipSequence, 1],
  [flush, 2],
  [flushInBackground, 2],
  [roll, 2],
  [enforceRetention, 2],
  [deleteRecords, 1],
  [checkpoint, 2],
  [changeConfig, 1],
  [cut, 1],
  [look, 1],
  [deleteTopic, 0.3],
  [wait, 3],
]

const total = actions.reduce((sum, [, weight]) => sum + weight, 0)

/** One thing that happens to one of the logs, as chance has it. */
export async function takeAction(world: StorageWorld): Promise<void> {
  const open = [...world.logs]
  if (open.length === 0) return
  const [model, log] = world.pick(open)
  // Its directory failed.
  if (world.manager.get(model.topic, 0) !== log) return world.giveUp(model)
  let left = world.random.float() * total
  const [action] = actions.find(([, weight]) => (left -= weight) < 0) ?? actions[0]!
  world.tell(`${model.topic} ${log.logEndOffset} ${action.name}`)
  const isDone = await world.attempt(action.name, () => action(world, log, model))
  if (!isDone) world.giveUp(model)
}

function randomRecords(world: StorageWorld, model: LogModel, count: number): RecordInput[] {
  const now = world.runtime.clock.now()
  const isCompacted = model.config.cleanupPolicy.includes('compact')
  // Larger than a page, so that crashes tear batches; but within a segment.
  const room = Math.floor((model.config.segmentBytes - 300) / count)
  const valueBytes = Math.min(world.pick([10, 10, 1_500, 6_000]), room)
  return Array.from({ length: count }, () => {
    const isTombstone = isCompacted && world.below(8) === 0
    const text = `value-${++world.appends}`
    return {
      timestamp: now - world.below(40),
      key: isCompacted ? Buffer.from(`key-${world.below(KEYS)}`) : null,
      value: isTombstone
        ? null
        : Buffer.from(text + ' '.repeat(world.below(Math.max(valueBytes, 1)))),
    }
  })
}

/** Appends it, and tells the model what was promised. */
function appendBatch(
  world: StorageWorld,
  log: Log,
  model: LogModel,
  input: BatchInput,
  marker: ModelBatch['marker'] = null,
): AppendResult {
  const baseOffset = log.logEndOffset
  const { producerId: id, producerEpoch: epoch, baseSequence: sequence } = input
  const given: ModelBatch = {
    baseOffset,
    lastOffset: baseOffset + input.records.length - 1,
    records: input.records.map(({ timestamp, key, value }, at) => ({
      offset: baseOffset + at,
      timestamp,
      key: key?.toString() ?? null,
      value: value?.toString() ?? null,
    })),
    producer: id === undefined ? null : { id, epoch: epoch ?? 0, sequence: sequence ?? -1 },
    isTransactional: input.isTransactional ?? false,
    marker,
    atMs: world.simulation.time,
  }
  // Before it is tried: what fails may be there all the same.
  model.append(given)
  const bytes =
    marker === null
      ? encodeBatch(input)
      : encodeEndTransactionMarker(
          { type: marker, coordinatorEpoch: 0 },
          { producerId: id!, producerEpoch: epoch! },
          { timestamp: input.records[0]!.timestamp },
        )
  const origin = marker === null ? 'client' : 'coordinator'
  const result = log.appendAsLeader(bytes, { leaderEpoch: 0, origin })
  claim(
    !result.isDuplicate,
    () => `${log.name} takes a new batch for the one at ${result.baseOffset}`,
  )
  claim(
    result.baseOffset === baseOffset && result.lastOffset === given.lastOffset,
    () => `${log.name} stored at ${result.baseOffset}, not at ${baseOffset}`,
  )
  model.acknowledged = model.endOffset
  promise(world, model, result)
  if (world.below(4) > 0) log.highWatermark = log.logEndOffset
  return result
}

/** `flush.messages` answers once it is on the disk. */
function promise(
  world: StorageWorld,
  model: LogModel,
  { durable, lastOffset }: AppendResult,
): void {
  claim(
    durable !== null || model.config.flushMessages > 1,
    () => `${model.topic}: nobody waits for the disk under flush.messages=1`,
  )
  if (durable === null) return
  const { cuts } = model
  void world.attempt('durable', async () => {
    await durable
    model.noteDurable(lastOffset + 1, cuts)
  })
}

function appendPlain(world: StorageWorld, log: Log, model: LogModel): undefined {
  appendBatch(world, log, model, { records: randomRecords(world, model, 1 + world.below(3)) })
}

function producerOf(world: StorageWorld, model: LogModel, ids: readonly number[]): ModelProducer {
  const id = world.pick(ids)
  return model.producers().get(id) ?? { id, epoch: 0, lastSequence: -1, last: null, open: null }
}

function appendIdempotent(world: StorageWorld, log: Log, model: LogModel): undefined {
  const producer = producerOf(world, model, IDEMPOTENT_IDS)
  const isNewEpoch = world.below(15) === 0
  appendBatch(world, log, model, {
    records: randomRecords(world, model, 1 + world.below(3)),
    producerId: producer.id,
    ...nextSequence(log, producer, isNewEpoch),
  })
}

/** A producer whose latest batch is deleted may be forgotten, or known by a marker: it begins anew. */
function nextSequence(
  log: Log,
  { epoch, last, lastSequence }: ModelProducer,
  isNewEpoch: boolean = false,
): { producerEpoch: number; baseSequence: number } {
  const isForgotten = last !== null && last.baseOffset < log.logStartOffset
  if (isForgotten || isNewEpoch) return { producerEpoch: epoch + 1, baseSequence: 0 }
  return { producerEpoch: epoch, baseSequence: lastSequence + 1 }
}

function appendTransactional(world: StorageWorld, log: Log, model: LogModel): undefined {
  const producer = producerOf(world, model, TRANSACTIONAL_IDS)
  const identity = { producerId: producer.id, producerEpoch: producer.epoch }
  const mustEnd = producer.open !== null && producer.last!.baseOffset < log.logStartOffset
  if (mustEnd || (producer.open !== null && world.below(2) === 0)) {
    const timestamp = world.runtime.clock.now()
    const marker = world.pick(['COMMIT', 'ABORT'] as const)
    appendBatch(
      world,
      log,
      model,
      { ...identity, records: [{ timestamp }], isTransactional: true },
      marker,
    )
    return
  }
  appendBatch(world, log, model, {
    producerId: producer.id,
    ...nextSequence(log, producer),
    records: randomRecords(world, model, 1 + world.below(2)),
    isTransactional: true,
  })
}

/** A producer that got no answer sends again: it is told where the batch is. */
function repeatBatch(world: StorageWorld, log: Log, model: LogModel): undefined {
  const { last, open } = producerOf(world, model, [...IDEMPOTENT_IDS, ...TRANSACTIONAL_IDS])
  if (last === null || last.baseOffset < log.logStartOffset || model.isRotten) return
  // A coordinator does not let a producer send again once the transaction has ended.
  if (last.isTransactional && open === null) return
  const { producer } = last
  const bytes = encodeBatch({
    records: last.records.map(({ timestamp, key, value }) => ({
      timestamp,
      key: key === null ? null : Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
    })),
    producerId: producer!.id,
    producerEpoch: producer!.epoch,
    baseSequence: producer!.sequence,
    isTransactional: last.isTransactional,
  })
  const result = log.appendAsLeader(bytes, { leaderEpoch: 0, origin: 'client' })
  claim(
    result.isDuplicate &&
      result.baseOffset === last.baseOffset &&
      result.lastOffset === last.lastOffset,
    () => `${log.name} stores the batch of ${last.baseOffset} again, at ${result.baseOffset}`,
  )
  promise(world, model, result)
}

/** A sequence that is not the next one is refused. */
function skipSequence(world: StorageWorld, log: Log, model: LogModel): undefined {
  const producer = producerOf(world, model, IDEMPOTENT_IDS)
  const { last } = producer
  if (last === null || last.baseOffset < log.logStartOffset || model.isRotten) return
  const bytes = encodeBatch({
    records: randomRecords(world, model, 1),
    producerId: producer.id,
    producerEpoch: producer.epoch,
    baseSequence: producer.lastSequence + 2,
  })
  try {
    log.appendAsLeader(bytes, { leaderEpoch: 0, origin: 'client' })
  } catch (error) {
    if ((error as Error).message.includes('sent sequence')) return
    throw error
  }
  claim(
    false,
    () => `${log.name} stores sequence ${producer.lastSequence + 2} after ${producer.lastSequence}`,
  )
}

async function flush(_world: StorageWorld, log: Log, model: LogModel): Promise<void> {
  const { cuts } = model
  const end = log.logEndOffset
  await log.flush()
  model.noteDurable(end, cuts)
}

function flushInBackground(world: StorageWorld, log: Log, model: LogModel): undefined {
  const flushing = flush(world, log, model).catch((error: unknown) => {
    // It may be deleted meanwhile.
    if (!model.isDeleting) throw error
  })
  void world.attempt('flush', () => flushing)
}

function roll(_world: StorageWorld, log: Log): undefined {
  log.roll()
}

async function enforceRetention(world: StorageWorld, log: Log, model: LogModel): Promise<void> {
  if (world.below(2) === 0) await world.manager.enforceRetention()
  else log.deleteOldSegments()
  model.startMax = Math.max(model.startMax, log.logStartOffset)
}

async function deleteRecords(world: StorageWorld, log: Log, model: LogModel): Promise<void> {
  const span = log.highWatermark - log.logStartOffset
  if (span <= 0) return
  log.deleteRecordsBefore(log.logStartOffset + world.below(span + 1))
  const start = log.logStartOffset
  model.startMax = Math.max(model.startMax, start)
  await world.manager.checkpointLogStartOffsets()
  if (log.isFailed) return
  model.startPromised = Math.max(model.startPromised, start)
}

function checkpoint(world: StorageWorld): Promise<void> {
  return world.manager.checkpoint()
}

function changeConfig(world: StorageWorld, log: Log, model: LogModel): undefined {
  model.configure({
    ...model.config,
    retentionMs: world.pick([-1, 500, 50]),
    retentionBytes: world.pick([-1, 5_000]),
    indexIntervalBytes: world.pick([1, 200, 1_000]),
    flushMessages: world.pick([1, 3, Infinity]),
    fileDeleteDelayMs: world.pick([0, 1, 100]),
  })
  log.updateConfig(model.config)
}

/** A follower went astray. */
async function cut(world: StorageWorld, log: Log, model: LogModel): Promise<void> {
  // What is committed may be compacted: no follower cuts that.
  const least = model.isCompacted ? log.highWatermark : log.logStartOffset
  const ends = model.batches.slice(-6).filter(({ baseOffset }) => baseOffset >= least)
  if (ends.length === 0) return
  const { baseOffset } = world.pick(ends)
  model.beginCut(baseOffset)
  await log.truncateTo(baseOffset)
  // As in Kafka, what a cut leaves counts as replicated: no marker in it holds anybody back any more.
  log.highWatermark = log.logEndOffset
  await world.manager.checkpoint()
  model.beforeCut = null
}

function look(_world: StorageWorld, log: Log, model: LogModel): Promise<void> {
  return checkContent(log, model)
}

function deleteTopic(world: StorageWorld, _log: Log, model: LogModel): Promise<void> {
  return world.deleteTopic(model)
}

function wait(world: StorageWorld): Promise<void> {
  return world.runtime.clock.sleep(world.below(world.pick([10, 100, 1_000])))
}
