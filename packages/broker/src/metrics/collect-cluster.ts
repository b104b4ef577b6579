import type { Controller, MetadataImage, MetadataLoader, MetadataStore } from '@ottla/metadata'
import { isActive, NO_LEADER } from '@ottla/metadata'
import type { Clock } from '@ottla/runtime'
import type { MetricFamilies } from './metric-families.ts'
import type { Slices } from './slices.ts'

const MS_PER_S = 1000

export interface ClusterSources {
  readonly controller: Controller
  readonly store: MetadataStore
  readonly loader: MetadataLoader
  readonly clock: Clock
  /** The image that this broker acts by. */
  readonly image: MetadataImage
}

/** The metadata log, the controller, and the cluster as this broker knows it. */
export async function collectCluster(
  { controller, store, loader, clock, image }: ClusterSources,
  into: MetricFamilies,
  slices: Slices,
): Promise<void> {
  let [topics, partitions, offline, active, fenced] = [0, 0, 0, 0, 0]
  for (const topic of image.topics()) {
    topics += 1
    partitions += topic.partitions.length
    for (const { leader } of topic.partitions) if (leader === NO_LEADER) offline += 1
    if (slices.isOver) await slices.nextTurn()
  }
  for (const broker of image.brokers.values()) {
    if (isActive(broker)) active += 1
    else if (broker.isFenced) fenced += 1
  }
  into.add('kafka_controller_kafkacontroller_activecontrollercount', controller.isActive ? 1 : 0)
  into.add('kafka_controller_kafkacontroller_activebrokercount', active)
  into.add('kafka_controller_kafkacontroller_fencedbrokercount', fenced)
  into.add('kafka_controller_kafkacontroller_globaltopiccount', topics)
  into.add('kafka_controller_kafkacontroller_globalpartitioncount', partitions)
  into.add('kafka_controller_kafkacontroller_offlinepartitionscount', offline)
  into.add('kafka_server_raft_metrics_current_epoch', store.activeController?.epoch ?? -1)
  into.add('kafka_server_raft_metrics_log_end_offset', store.endOffset)
  into.add('kafka_server_broker_metadata_metrics_last_applied_record_offset', image.offset)
  into.add(
    'ottla_server_broker_metadata_metrics_last_applied_record_timestamp_seconds',
    image.timestampMs / MS_PER_S,
  )
  const snapshot = loader.latestSnapshot
  if (snapshot === null) return
  const names = 'kafka_server_snapshotemitter_latestsnapshotgenerated'
  into.add(`${names}bytes`, snapshot.sizeBytes)
  into.add(`${names}agems`, Math.max(0, clock.now() - snapshot.madeMs))
}
