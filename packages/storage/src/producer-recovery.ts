import { lastOffset } from '@ottla/records'
import type { Logger } from '@ottla/runtime'
import { CorruptSnapshotError, decodeProducerSnapshot } from './producer-snapshot.ts'
import type { ProducerState } from './producer-state.ts'
import { isExpired } from './producer-state.ts'
import type { Segment } from './segment.ts'
import type { SnapshotFiles } from './snapshot-files.ts'

export interface ProducerRecovery {
  readonly state: ProducerState
  readonly snapshots: SnapshotFiles
  /** Those that hold what is before `endOffset`, oldest first. */
  readonly segments: readonly Segment[]
  readonly endOffset: number
  readonly nowMs: number
  readonly expirationMs: number
  /** Whether a missing snapshot means that there were no producers. */
  readonly isClean: boolean
  readonly logger: Logger
}

/** Makes `state` that of the log before `endOffset`: from the newest snapshot, and the log after it. */
export async function recoverProducerState(recovery: ProducerRecovery): Promise<void> {
  const { state, snapshots, segments, endOffset } = recovery
  let { isClean } = recovery
  const start = segments[0]?.baseOffset ?? endOffset
  for (const offset of snapshots.offsets.toReversed()) {
    // From one before the log begins nothing leads on: the markers of its transactions may be deleted.
    if (offset > endOffset || offset < start) continue
    if (loadSnapshot(recovery, offset)) {
      await replay(recovery, offset)
      return
    }
    isClean = false
  }
  state.clear(start)
  // A clean stop writes a snapshot as soon as there is one producer, or has been.
  if (isClean) state.endOffset = endOffset
  else await replay(recovery, start)
}

/** @returns false when the snapshot is corrupt: then it is passed over. */
function loadSnapshot(recovery: ProducerRecovery, offset: number): boolean {
  const { state, snapshots, nowMs, expirationMs, logger } = recovery
  try {
    const entries = decodeProducerSnapshot(snapshots.read(offset))
    state.load(
      entries.filter((entry) => !isExpired(entry, nowMs, expirationMs)),
      offset,
    )
    return true
  } catch (error) {
    if (!(error instanceof CorruptSnapshotError)) throw error
    logger.warn('a producer snapshot is corrupt and is not used', { offset, error })
    return false
  }
}

async function replay(recovery: ProducerRecovery, from: number): Promise<void> {
  const { state, segments, endOffset } = recovery
  for (const [index, segment] of segments.entries()) {
    const nextBase = segments[index + 1]?.baseOffset ?? endOffset
    if (nextBase <= from || segment.baseOffset >= endOffset) continue
    const position = from > segment.baseOffset ? await segment.floorPosition(from) : 0
    await segment.scan(position, false, (buffer, at) => {
      const last = lastOffset(buffer, at)
      if (last >= endOffset) return false
      if (last >= state.endOffset) state.replay(buffer, at)
      return true
    })
  }
  state.endOffset = Math.max(state.endOffset, endOffset)
}
