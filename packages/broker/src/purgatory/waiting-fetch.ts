import type { Clock, Timer } from '@ottla/runtime'
import type { Partition, PartitionWatcher } from '../partitions/partition.ts'

export interface WaitingFetchOptions {
  readonly clock: Clock
  readonly partitions: readonly Partition[]
  /** How many more bytes must become readable. */
  readonly missingBytes: number
  readonly maxWaitMs: number
  readonly signal: AbortSignal
}

/**
 * Resolves when enough bytes became readable, when time is up, when a partition went away, or when
 * the connection did; the caller reads again, whatever it was.
 *
 * Bytes are counted as they are appended: nothing is read again and again while a fetch waits.
 */
export function waitForBytes(options: WaitingFetchOptions): Promise<void> {
  return new Promise((resolve) => {
    const { clock, partitions, signal } = options
    let missing = options.missingBytes
    let isDone = false
    let timer: Timer | undefined

    const watcher: PartitionWatcher = {
      onReadable(bytes) {
        missing -= bytes
        // Deferred, so that one answer carries all that this turn of the event loop appends.
        if (missing <= 0 && !isDone) {
          isDone = true
          clock.defer(finish)
        }
      },
      onGone: finish,
    }

    function finish(): void {
      isDone = true
      timer?.cancel()
      signal.removeEventListener('abort', finish)
      for (const partition of partitions) partition.unwatch(watcher)
      resolve()
    }

    if (signal.aborted) return resolve()
    signal.addEventListener('abort', finish)
    for (const partition of partitions) partition.watch(watcher)
    timer = clock.schedule(options.maxWaitMs, finish)
  })
}
