import type { BackgroundWork } from './background-work.ts'
import type { LogCheckpoints } from './log-checkpoints.ts'
import type { LogManagerOptions } from './log-manager-options.ts'
import type { Log } from './log.ts'

const MINUTE_MS = 60_000
/** How long the first round of background work waits, so that it does not slow the start. */
const FIRST_ROUND_DELAY_MS = 30_000

interface Logs {
  readonly logs: readonly Log[]
  enforceRetention(): Promise<void>
}

/** What is done for all logs every now and then: retention, checkpoints, expiry of producers. */
export function scheduleLogWork(
  options: LogManagerOptions,
  work: BackgroundWork,
  checkpoints: LogCheckpoints,
  logs: Logs,
): void {
  const first = FIRST_ROUND_DELAY_MS
  work.every(first, options.retentionCheckIntervalMs ?? 5 * MINUTE_MS, () =>
    logs.enforceRetention(),
  )
  work.every(first, options.recoveryPointCheckpointIntervalMs ?? MINUTE_MS, () =>
    checkpoints.recoveryPoints(),
  )
  work.every(first, options.logStartOffsetCheckpointIntervalMs ?? MINUTE_MS, () =>
    checkpoints.logStartOffsets(),
  )
  const highWatermarkMs = options.highWatermarkCheckpointIntervalMs ?? 5_000
  work.every(highWatermarkMs, highWatermarkMs, () => checkpoints.highWatermarks())
  const expiryMs = options.producerIdExpirationCheckIntervalMs ?? 10 * MINUTE_MS
  work.every(expiryMs, expiryMs, () => {
    for (const log of logs.logs) log.expireProducers()
    return Promise.resolve()
  })
}
