import type { Random } from '@ottla/runtime'
import type { LogConfig } from './log-config.ts'
import type { StorageResources } from './resources.ts'
import { Segment } from './segment.ts'

/** Whether an append needs a new segment: for its size, its time, its offsets, or a full index. */
export function mustRoll(
  active: Segment,
  config: LogConfig,
  sizeBytes: number,
  maxTimestamp: number,
  lastOffset: number,
): boolean {
  const { segmentBytes, segmentIndexBytes } = config
  if (!active.canHold(lastOffset)) return true
  if (active.sizeBytes === 0) return false
  return (
    active.sizeBytes > segmentBytes - sizeBytes ||
    active.ageMs(maxTimestamp) > maxAgeMs(config) - active.rollJitterMs ||
    active.isIndexFull(segmentIndexBytes)
  )
}

/** The active segment is never compacted: `max.compaction.lag.ms` bounds how long one is that. */
function maxAgeMs({ cleanupPolicy, segmentMs, maxCompactionLagMs }: LogConfig): number {
  const isCompacted = cleanupPolicy.includes('compact') && maxCompactionLagMs > 0
  return isCompacted ? Math.min(segmentMs, maxCompactionLagMs) : segmentMs
}

/** An empty segment as the settings want it; its name is not durable yet. */
export function beginSegment(
  resources: StorageResources,
  directory: string,
  baseOffset: number,
  config: LogConfig,
): Segment {
  const jitterMs = rollJitterMs(resources.random, config)
  const segment = Segment.create(resources, directory, baseOffset, jitterMs)
  if (config.preallocate) segment.preallocate(config.segmentBytes)
  return segment
}

/** `segment.jitter.ms`: partitions that were made together do not roll together. */
export function rollJitterMs(random: Random, { segmentJitterMs, segmentMs }: LogConfig): number {
  const below = Math.min(segmentJitterMs, segmentMs)
  return below > 0 ? random.int(below) : 0
}
