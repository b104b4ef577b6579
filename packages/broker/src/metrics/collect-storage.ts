import type { CleanerStatus, LogManager } from '@ottla/storage'
import type { Histogram } from './histogram.ts'
import type { MetricFamilies } from './metric-families.ts'

const MS_PER_S = 1000

export interface StorageSources {
  readonly logs: LogManager
  readonly flushMs: Histogram
  readonly nowMs: number
  /** How many compacted logs are shown by name. */
  readonly shownMax: number
}

/** The data directories, what is done to their disks, and compaction. */
export function collectStorage(sources: StorageSources, into: MetricFamilies): void {
  const { logs, flushMs } = sources
  into.add('kafka_log_logmanager_offlinelogdirectorycount', logs.offlineDirectories.length)
  for (const { path, isOnline, totalBytes, usableBytes } of logs.directories) {
    const labels = { logDirectory: path }
    into.add('kafka_log_logmanager_logdirectoryoffline', isOnline ? 0 : 1, labels)
    if (totalBytes < 0) continue
    into.add('ottla_log_logdirectory_totalbytes', totalBytes, labels)
    into.add('ottla_log_logdirectory_usablebytes', usableBytes, labels)
  }
  into.addHistogram('kafka_log_logflushstats_logflushrateandtimems', flushMs, {})
  collectCleaner(logs.cleaner.status, sources, into)
}

function collectCleaner(
  status: CleanerStatus,
  { nowMs, shownMax }: StorageSources,
  into: MetricFamilies,
): void {
  if (!status.isEnabled) return
  const cleaner = 'kafka_log_logcleaner'
  into.add(`${cleaner}_deadthreadcount`, status.isAlive ? 0 : 1)
  into.add(`${cleaner}_max_clean_time_secs`, status.maxCleanTimeMs / MS_PER_S)
  into.add(`${cleaner}_max_compaction_delay_secs`, status.maxCompactionDelayMs / MS_PER_S)
  into.add(`${cleaner}_max_buffer_utilization_percent`, 100 * status.bufferUtilization)
  into.add(`${cleaner}_cleaner_recopy_percent`, status.recopyPercent)
  const manager = 'kafka_log_logcleanermanager'
  into.add(`${manager}_max_dirty_percent`, status.maxDirtyPercent)
  if (status.lastRunMs >= 0) {
    into.add(`${manager}_time_since_last_run_ms`, Math.max(0, nowMs - status.lastRunMs))
  }
  let [uncleanable, uncleanableBytes] = [0, 0]
  for (const [at, log] of status.logs.entries()) {
    if (log.uncleanableReason !== null) {
      uncleanable += 1
      uncleanableBytes += log.dirtyBytes
    }
    if (at >= shownMax) continue
    const labels = { topic: log.topic, partition: log.partition }
    into.add('ottla_log_log_dirtyratio', log.dirtyRatio, labels)
    into.add('ottla_log_log_bytescleaned_total', log.bytesCleaned, labels)
  }
  into.add(`${manager}_uncleanable_partitions_count`, uncleanable)
  into.add(`${manager}_uncleanable_bytes`, uncleanableBytes)
}
