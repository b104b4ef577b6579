import type { HealthReading } from '@ottla/runtime'
import type { MetricFamilies } from './metric-families.ts'

const MS_PER_S = 1000

/** The process: memory, CPU, event loop, garbage collection. */
export function collectProcess(health: HealthReading, into: MetricFamilies): void {
  const { eventLoop } = health
  into.add('process_start_time_seconds', health.startedMs / MS_PER_S)
  into.add('process_cpu_seconds_total', (health.cpuUserMs + health.cpuSystemMs) / MS_PER_S)
  into.add('process_resident_memory_bytes', health.residentBytes)
  if (health.openFiles >= 0) into.add('process_open_fds', health.openFiles)
  if (health.openFilesMax >= 0) into.add('process_max_fds', health.openFilesMax)
  into.add('nodejs_heap_size_used_bytes', health.heapUsedBytes)
  into.add('nodejs_heap_size_total_bytes', health.heapTotalBytes)
  into.add('nodejs_external_memory_bytes', health.externalBytes)
  into.add('nodejs_eventloop_lag_mean_seconds', eventLoop.meanMs / MS_PER_S)
  into.add('nodejs_eventloop_lag_p50_seconds', eventLoop.p50Ms / MS_PER_S)
  into.add('nodejs_eventloop_lag_p99_seconds', eventLoop.p99Ms / MS_PER_S)
  into.add('nodejs_eventloop_lag_max_seconds', eventLoop.maxMs / MS_PER_S)
  into.add('nodejs_eventloop_utilization', eventLoop.utilization)
  for (const { kind, count, totalMs } of health.collections) {
    into.addSummary('nodejs_gc_duration_seconds', count, totalMs / MS_PER_S, { kind })
  }
}
