import { checkBatch, decodeBatch, isControlBatch } from '@ottla/records'
import type { Log } from '@ottla/storage'
import type { LogModel, ModelBatch, ModelRecord } from './log-model.ts'

export class Breach extends Error {
  override readonly name: string = 'Breach'
}

export function claim(isTrue: boolean, what: () => string): asserts isTrue {
  if (!isTrue) throw new Breach(what())
}

/** A batch as it is read: control batches have no records that anybody looks at. */
interface FoundBatch {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly isControl: boolean
  readonly records: readonly ModelRecord[]
}

/**
 * Holds a log that was just opened against what was promised, and takes for the model's what may have
 * been lost.
 */
export async function checkOpened(log: Log, model: LogModel): Promise<void> {
  const { logStartOffset: start, logEndOffset: end, name } = log
  const fullEnd = Math.max(model.endOffset, model.beforeCut?.endOffset ?? 0)
  if (!model.isRotten) {
    claim(
      end >= model.acknowledged,
      () => `${name} ends at ${end}; ${model.acknowledged} is promised`,
    )
    claim(
      start >= model.startPromised,
      () => `${name} starts at ${start} again, not at ${model.startPromised}`,
    )
  }
  // A log whose namesake was deleted on a full disk may begin where that one started.
  claim(
    end <= fullEnd || (start === end && fullEnd === 0),
    () => `${name} ends at ${end}, but never had more than ${fullEnd}`,
  )
  // A beginning whose names were not durable may be lost, when nothing of it was promised.
  claim(
    start <= model.startMax || model.acknowledged <= model.startMax || model.isRotten,
    () => `${name} starts at ${start}, not before ${model.startMax}`,
  )
  if (model.isRotten && end < model.acknowledged) model.durable = Math.min(model.durable, end)
  const found = model.isCompacted ? await readBatches(log, start, model.isRotten) : null
  const promised = model.acknowledged
  model.noteFound(start, end)
  if (found !== null) forgetHoles(model, start, promised, found)
  log.highWatermark = end
  await checkContent(log, model)
}

/**
 * What a power cut took out of the middle of a compacted log is not told from what compaction took, as
 * long as it was not promised.
 */
function forgetHoles(
  model: LogModel,
  start: number,
  promised: number,
  found: readonly FoundBatch[],
): void {
  model.batches = model.batches.filter(
    ({ baseOffset, lastOffset }) =>
      baseOffset < promised ||
      lastOffset < start ||
      found.some((batch) => batch.lastOffset >= baseOffset && batch.baseOffset <= lastOffset),
  )
}

/** Everything in the log is what was appended, in order; everything else may be missing. */
export async function checkContent(log: Log, model: LogModel): Promise<void> {
  for (;;) {
    const start = log.logStartOffset
    const segments = [...log.compaction.segments]
    try {
      return await checkFrom(log, model, start)
    } catch (error) {
      // Retention or compaction came between: what is wrong stays wrong.
      const now = log.compaction.segments
      const isSame =
        now.length === segments.length && segments.every((segment, at) => segment === now[at])
      if (log.logStartOffset === start && (isSame || !model.isCompacted)) throw error
    }
  }
}

async function checkFrom(log: Log, model: LogModel, start: number): Promise<void> {
  const found = await readBatches(log, start, model.isRotten)
  const expected = model.batches.filter(({ lastOffset }) => lastOffset >= start)
  if (model.isCompacted) checkCompacted(log.name, start, found, expected, model)
  else if (model.isRotten) checkAmong(log.name, found, expected)
  else checkSame(log.name, found, expected)
  if (model.isRotten) return
  await checkTimes(log, found, start)
  await checkTransactions(log, model, start)
}

async function readBatches(log: Log, from: number, isRotten: boolean): Promise<FoundBatch[]> {
  const found: FoundBatch[] = []
  for (let offset = from; offset < log.logEndOffset;) {
    const request = { offset, maxBytes: 10_000, endOffset: Infinity, minOneBatch: true }
    const slice = await log.read(request)
    const bytes = Buffer.concat(slice.records)
    slice.release()
    for (let at = 0; at < bytes.length;) {
      let size: number
      try {
        size = checkBatch(bytes, at, bytes.length)
      } catch (error) {
        // Who reads it finds out as well.
        if (isRotten) return found
        throw new Breach(`${log.name} at ${offset}: ${(error as Error).message}`)
      }
      const batch = decodeBatch(bytes, at)
      found.push({
        baseOffset: batch.baseOffset,
        lastOffset: batch.lastOffset,
        isControl: isControlBatch(bytes, at),
        records: batch.records.map((record) => ({
          offset: record.offset,
          timestamp: record.timestamp,
          key: record.key?.toString() ?? null,
          value: record.value?.toString() ?? null,
        })),
      })
      at += size
    }
    if (slice.nextOffset === offset) break
    offset = slice.nextOffset
  }
  return found
}

const textOf = (batch: FoundBatch | ModelBatch | undefined): string => {
  if (batch === undefined) return 'nothing'
  const isControl = 'marker' in batch ? batch.marker !== null : batch.isControl
  const records = isControl ? 'a marker' : JSON.stringify(batch.records).slice(0, 200)
  return `${batch.baseOffset}-${batch.lastOffset}: ${records}`
}

function isSame(found: FoundBatch, expected: ModelBatch): boolean {
  if (found.baseOffset !== expected.baseOffset || found.lastOffset !== expected.lastOffset)
    return false
  if (found.isControl || expected.marker !== null)
    return found.isControl === (expected.marker !== null)
  return (
    found.records.length === expected.records.length &&
    found.records.every((each, at) => isSameRecord(each, expected.records[at]))
  )
}

function isSameRecord(one: ModelRecord, other: ModelRecord | undefined): boolean {
  return (
    other !== undefined &&
    one.offset === other.offset &&
    one.timestamp === other.timestamp &&
    one.key === other.key &&
    one.value === other.value
  )
}

function checkSame(
  name: string,
  found: readonly FoundBatch[],
  expected: readonly ModelBatch[],
): void {
  for (let at = 0; at < Math.max(found.length, expected.length); at++) {
    const [one, other] = [found[at], expected[at]]
    claim(
      one !== undefined && other !== undefined && isSame(one, other),
      () => `${name} has ${textOf(one)} where ${textOf(other)} was appended`,
    )
  }
}

function checkAmong(
  name: string,
  found: readonly FoundBatch[],
  expected: readonly ModelBatch[],
): void {
  for (const batch of found) {
    claim(
      expected.some((other) => isSame(batch, other)),
      () => `${name} has ${textOf(batch)}, which was never appended`,
    )
  }
}

/** Compaction takes away what a later record of the key replaces, and what was aborted. */
function checkCompacted(
  name: string,
  start: number,
  found: readonly FoundBatch[],
  expected: readonly ModelBatch[],
  model: LogModel,
): void {
  const aborted = model.transactions().filter(({ isAborted }) => isAborted)
  const isAborted = (batch: ModelBatch): boolean =>
    batch.isTransactional &&
    aborted.some(
      ({ producerId, firstOffset, lastOffset }) =>
        producerId === batch.producer?.id &&
        firstOffset <= batch.baseOffset &&
        batch.lastOffset < lastOffset,
    )
  const lastOf = new Map<string, number>()
  const given = new Map<number, ModelRecord>()
  for (const batch of expected) {
    if (batch.marker !== null) continue
    for (const record of batch.records) {
      given.set(record.offset, record)
      if (record.key !== null && !isAborted(batch)) lastOf.set(record.key, record.offset)
    }
  }
  const seen = new Set<number>()
  let end = -1
  for (const batch of found) {
    claim(batch.baseOffset > end, () => `${name} has ${textOf(batch)} behind offset ${end}`)
    end = batch.lastOffset
    if (batch.isControl) continue
    for (const record of batch.records) {
      claim(
        isSameRecord(record, given.get(record.offset)) || record.offset < start,
        () => `${name} has ${JSON.stringify(record)}, which was never appended`,
      )
      seen.add(record.offset)
    }
  }
  if (model.isRotten) return
  for (const batch of expected) {
    if (batch.marker !== null || isAborted(batch)) continue
    for (const record of batch.records) {
      if (record.offset < start || seen.has(record.offset) || record.value === null) continue
      claim(
        record.key !== null && lastOf.get(record.key)! > record.offset,
        () => `${name} has lost ${JSON.stringify(record)}, the last value of its key`,
      )
    }
  }
}

/** Look-ups by time find what a look at every record finds. */
async function checkTimes(log: Log, found: readonly FoundBatch[], start: number): Promise<void> {
  const records = found.flatMap((batch) => batch.records).filter(({ offset }) => offset >= start)
  for (let index = 0; index < 3 && records.length > 0; index++) {
    const { timestamp } = records[Math.floor(((index + 1) * 7919) % records.length)]!
    for (const time of [timestamp, timestamp + 1]) {
      const first = records.find((record) => record.timestamp >= time)
      const answer = await log.findByTimestamp(time)
      claim(
        answer?.offset === first?.offset,
        () =>
          `${log.name}: the first record from time ${time} on is at ${first?.offset}, not at ${answer?.offset}`,
      )
    }
  }
}

async function checkTransactions(log: Log, model: LogModel, start: number): Promise<void> {
  const open = [...model.producers().values()].flatMap(({ open }) =>
    open === null ? [] : [open.baseOffset],
  )
  // A marker counts once it is replicated.
  const ending = model
    .transactions()
    .filter(({ lastOffset }) => lastOffset >= log.highWatermark)
    .map(({ firstOffset }) => firstOffset)
  const firstOpen = Math.min(log.highWatermark, ...open, ...ending)
  // Whether a marker was lost or compacted nobody can tell.
  if (firstOpen >= start && !model.isCompacted) {
    claim(
      log.lastStableOffset === firstOpen,
      () => `${log.name} is stable up to ${log.lastStableOffset}, not ${firstOpen}`,
    )
  }
  const aborted = model
    .transactions()
    .filter(({ isAborted, lastOffset }) => isAborted && lastOffset >= start)
  const found = await log.abortedTransactions(start, log.lastStableOffset)
  for (const { producerId, firstOffset, lastOffset } of found) {
    claim(
      model.isCompacted
        ? isAbortOfItsOwn(model, producerId, firstOffset, lastOffset)
        : aborted.some(
            (each) =>
              each.producerId === producerId &&
              each.lastOffset === lastOffset &&
              (each.firstOffset === firstOffset || each.firstOffset < start),
          ),
      () =>
        `${log.name}: no transaction of ${producerId} from ${firstOffset} to ${lastOffset} was aborted: ${JSON.stringify(aborted)}`,
    )
  }
  if (model.isCompacted) return
  for (const { producerId, firstOffset, lastOffset } of aborted) {
    if (firstOffset < start || lastOffset >= log.lastStableOffset) continue
    claim(
      found.some((each) => each.producerId === producerId && each.lastOffset === lastOffset),
      () =>
        `${log.name}: the aborted transaction of ${producerId} from ${firstOffset} to ${lastOffset} is forgotten`,
    )
  }
}

/**
 * Compaction takes an aborted transaction's records before its marker, as Kafka's does, and lists it as long
 * as the marker is there: so the marker is all that the model can be asked for. But no earlier one of its
 * producer may be within, or readers would drop what that one committed.
 */
function isAbortOfItsOwn(
  model: LogModel,
  producerId: number,
  firstOffset: number,
  lastOffset: number,
): boolean {
  const markers = model.batches.filter(
    ({ marker, producer, baseOffset }) =>
      marker !== null &&
      producer?.id === producerId &&
      baseOffset >= firstOffset &&
      baseOffset <= lastOffset,
  )
  return (
    markers.length === 1 && markers[0]!.marker === 'ABORT' && markers[0]!.baseOffset === lastOffset
  )
}
