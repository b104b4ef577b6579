import type { Partition } from '../partitions/partition.ts'
import type { Replicas } from '../partitions/replicas.ts'
import type { MetricFamilies } from './metric-families.ts'
import { OTHERS } from './shown.ts'
import type { Slices } from './slices.ts'

interface Totals {
  partitions: number
  led: number
  underReplicated: number
  underMinIsr: number
  offline: number
  /** Of the partitions that are not shown one by one. */
  restBytes: number
  restSegments: number
}

/**
 * This broker's replicas, one by one as far as there is room, the bytes and segments of the others as a
 * sum. Which are shown is the order in which this broker got them, topic by topic.
 */
export async function collectPartitions(
  replicas: Replicas,
  shownMax: number,
  into: MetricFamilies,
  slices: Slices,
): Promise<void> {
  const totals: Totals = {
    partitions: 0,
    led: 0,
    underReplicated: 0,
    underMinIsr: 0,
    offline: 0,
    restBytes: 0,
    restSegments: 0,
  }
  for (const partition of replicas.all()) {
    count(partition, totals)
    if (totals.partitions <= shownMax) show(partition, into)
    else {
      totals.restBytes += partition.log.sizeBytes
      totals.restSegments += partition.log.segmentCount
    }
    if (slices.isOver) await slices.nextTurn()
  }
  if (totals.partitions > shownMax) {
    const labels = { topic: OTHERS, partition: '' }
    into.add('kafka_log_log_size', totals.restBytes, labels)
    into.add('kafka_log_log_numlogsegments', totals.restSegments, labels)
  }
  into.add('kafka_server_replicamanager_partitioncount', totals.partitions)
  into.add('kafka_server_replicamanager_leadercount', totals.led)
  into.add('kafka_server_replicamanager_underreplicatedpartitions', totals.underReplicated)
  into.add('kafka_server_replicamanager_underminisrpartitioncount', totals.underMinIsr)
  into.add('kafka_server_replicamanager_offlinereplicacount', totals.offline)
}

function count(partition: Partition, totals: Totals): void {
  const { isr, replicaCount, settings } = partition
  totals.partitions += 1
  if (partition.log.isFailed) totals.offline += 1
  if (!partition.isLeader) return
  totals.led += 1
  if (isr.length < replicaCount) totals.underReplicated += 1
  if (isr.length < Math.min(settings.minInsyncReplicas, replicaCount)) totals.underMinIsr += 1
}

function show({ topic, index, log }: Partition, into: MetricFamilies): void {
  const labels = { topic, partition: index }
  into.add('kafka_log_log_size', log.sizeBytes, labels)
  into.add('kafka_log_log_logstartoffset', log.logStartOffset, labels)
  into.add('kafka_log_log_logendoffset', log.logEndOffset, labels)
  into.add('kafka_log_log_numlogsegments', log.segmentCount, labels)
}
