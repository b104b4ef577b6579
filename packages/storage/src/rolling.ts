import type { Random } from '@ottla/runtime'
import type { LogConfig } from './log-config.ts'
import type { Segment } from './segment.ts'

/** Whether an append needs a new segment: for its size, its time, its offsets, or a full index. */
export function mustRoll(
  active: Segment,
  { segmentBytes, segmentMs, segmentIndexBytes }: LogConfig,
  sizeBytes: number,
  maxTimestamp: number,
  lastOffset: number,
): boolean {
  if (!active.canHold(lastOffset)) return true
  if (active.sizeBytes === 0) return false
  return (
    active.sizeBytes > segmentBytes - sizeBytes ||
    active.ageMs(maxTimestamp) > segmentMs - active.rollJitterMs ||
    active.isIndexFull(segmentIndexBytes)
  )
}

/** `segment.jitter.ms`: partitions that were made together do not roll together. */
export function rollJitterMs(random: Random, { segmentJitterMs, segmentMs }: LogConfig): number {
  const below = Math.min(segmentJitterMs, segmentMs)
  return below > 0 ? random.int(below) : 0
}
