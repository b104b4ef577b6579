import type { LogConfig } from './log-config.ts'
import type { Segment } from './segment.ts'

export interface RetentionState {
  /** Oldest first; the last one is active. */
  readonly segments: readonly Segment[]
  readonly config: LogConfig
  readonly nowMs: number
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly highWatermark: number
}

/**
 * How many of the oldest segments may go: those wholly below the log start offset and, with
 * `cleanup.policy` `delete`, those beyond `retention.bytes` and `retention.ms`. None that reaches above
 * the high watermark, and not an active one that is empty.
 */
export function expiredCount(state: RetentionState): number {
  const { segments, config, nowMs, logStartOffset } = state
  let count = 0
  const mayGo = (): boolean => {
    const segment = segments[count]
    if (segment === undefined) return false
    const next = segments[count + 1]
    if (next === undefined && segment.sizeBytes === 0) return false
    return (next?.baseOffset ?? state.logEndOffset) <= state.highWatermark
  }

  while (mayGo() && (segments[count + 1]?.baseOffset ?? Infinity) <= logStartOffset) count++
  if (!config.cleanupPolicy.includes('delete')) return count

  if (config.retentionBytes >= 0) {
    let excess = -config.retentionBytes
    for (const segment of segments.slice(count)) excess += segment.sizeBytes
    while (mayGo() && excess >= segments[count]!.sizeBytes) excess -= segments[count++]!.sizeBytes
  }
  if (config.retentionMs >= 0) {
    while (mayGo() && nowMs - segments[count]!.retentionTimestampMs() > config.retentionMs) count++
  }
  return count
}
