import { isNever } from '../log-config.ts'
import type { Segment } from '../segment.ts'
import type { CompactableLog } from './compactable-log.ts'

/** What could be compacted of a log, and how much it is worth. */
export interface Cleanable {
  readonly compactable: CompactableLog
  /** Before it the log is clean. */
  readonly firstDirtyOffset: number
  /** Where a segment begins that may not be compacted yet. */
  readonly firstUncleanableOffset: number
  readonly cleanBytes: number
  readonly dirtyBytes: number
  /** Of the clean and the dirty part, how much is dirty: 0 to 1. */
  readonly dirtyRatio: number
  /** For how long something has waited beyond `max.compaction.lag.ms`; 0: nothing has. */
  readonly delayMs: number
}

/**
 * Looks at a log as Kafka's cleaner does. Never compacted are the active segment, what is not below the
 * last stable offset, and segments with records younger than `min.compaction.lag.ms`.
 */
export function cleanableOf(compactable: CompactableLog, nowMs: number): Cleanable {
  const { log, segments } = compactable
  const { minCompactionLagMs, maxCompactionLagMs } = log.config
  const firstDirtyOffset = firstDirtyOffsetOf(compactable)
  const dirty = segments.filter((_, index) =>
    isAtLeastPartlyFrom(segments, index, firstDirtyOffset),
  )
  const dirtyAndClosed = dirty.filter((segment) => segment !== segments.at(-1))

  let uncleanable = Math.min(log.lastStableOffset, segments.at(-1)!.baseOffset)
  if (minCompactionLagMs > 0) {
    const tooYoung = dirtyAndClosed.find(
      ({ newestTimestamp }) => newestTimestamp.timestamp > nowMs - minCompactionLagMs,
    )
    if (tooYoung !== undefined) uncleanable = Math.min(uncleanable, tooYoung.baseOffset)
  }
  uncleanable = Math.max(uncleanable, firstDirtyOffset)

  // The segment that holds the offset, or the active one.
  const firstUncleanableOffset =
    segments.findLast(({ baseOffset }) => baseOffset <= uncleanable)?.baseOffset ?? uncleanable
  let cleanBytes = 0
  let dirtyBytes = 0
  for (const [index, segment] of segments.entries()) {
    if (segment.baseOffset >= firstUncleanableOffset) break
    if (isAtLeastPartlyFrom(segments, index, firstDirtyOffset)) dirtyBytes += segment.sizeBytes
    if (segment.baseOffset < firstDirtyOffset) cleanBytes += segment.sizeBytes
  }
  return {
    compactable,
    firstDirtyOffset,
    firstUncleanableOffset,
    cleanBytes,
    dirtyBytes,
    dirtyRatio: dirtyBytes === 0 ? 0 : dirtyBytes / (cleanBytes + dirtyBytes),
    delayMs: isNever(maxCompactionLagMs)
      ? 0
      : delayOf(dirtyAndClosed, nowMs - Math.max(maxCompactionLagMs, 0)),
  }
}

/** Whether it is to be compacted now: dirty enough, or overdue. */
export function isWorthCleaning({
  compactable,
  dirtyRatio,
  dirtyBytes,
  delayMs,
}: Cleanable): boolean {
  const { minCleanableDirtyRatio } = compactable.log.config
  return dirtyRatio > minCleanableDirtyRatio || (delayMs > 0 && dirtyBytes > 0)
}

/** The checkpoint, where the log still has that offset. */
function firstDirtyOffsetOf({ cleanedTo, log }: CompactableLog): number {
  const { logStartOffset, logEndOffset } = log
  if (cleanedTo === null || cleanedTo < logStartOffset || cleanedTo > logEndOffset) {
    return logStartOffset
  }
  return cleanedTo
}

/** Whether the segment at `index` may hold `offset` or later ones. */
function isAtLeastPartlyFrom(segments: readonly Segment[], index: number, offset: number): boolean {
  return (segments[index + 1]?.baseOffset ?? Infinity) > offset
}

function delayOf(segments: readonly Segment[], cleanUntilMs: number): number {
  let earliest = Infinity
  for (const segment of segments) {
    const first = segment.firstBatchTimestamp()
    if (first > 0) earliest = Math.min(earliest, first)
  }
  return Math.max(0, cleanUntilMs - earliest)
}
