import type { MetadataRecord } from '../records/metadata-record.ts'
import { hasOnlineDirectory, isActive } from '../image/broker-image.ts'
import type { MetadataImage } from '../image/metadata-image.ts'
import { directoryOf, NO_LEADER } from '../image/partition-image.ts'
import type { PartitionImage } from '../image/partition-image.ts'
import type { TopicImage } from '../image/topic-image.ts'
import { topicConfigLayers } from './environment.ts'
import type { ControllerEnvironment } from './environment.ts'
import { partitionChange } from './partition-change.ts'
import { areEligibleLeaderReplicasKept, recordVersions } from '../image/record-versions.ts'

/** What happens to a broker, as its partitions see it. */
export type BrokerEvent =
  /** It is fenced, shuts down or was shut down cleanly: it leaves ISRs and leads nothing. */
  | { readonly type: 'leaves'; readonly brokerId: number }
  /** It is unfenced: partitions that nobody leads may be led by it. */
  | { readonly type: 'comes'; readonly brokerId: number }
  /** Some of its directories failed: for the partitions in them it is as good as gone (KIP-858). */
  | {
      readonly type: 'loses-directories'
      readonly brokerId: number
      readonly directories: readonly string[]
    }
  /** It came back from a crash: what it had not synced is gone. */
  | { readonly type: 'crashed'; readonly brokerId: number }

/**
 * The partition changes that an event of a broker brings about.
 *
 * It looks at every partition: a scan of 100,000 takes milliseconds, and brokers come and go rarely.
 */
export function leadershipChanges(
  image: MetadataImage,
  event: BrokerEvent,
  environment: ControllerEnvironment,
): MetadataRecord[] {
  const { brokerId } = event
  const version = recordVersions(image).partitionChange
  const keepsEligibleLeaderReplicas = areEligibleLeaderReplicasKept(image)
  const mayLead = (partition: PartitionImage) => (id: number) => {
    const broker = image.broker(id)
    if (id === brokerId ? event.type !== 'comes' : !isActive(broker)) return false
    return hasOnlineDirectory(broker, directoryOf(partition, id))
  }

  const records: MetadataRecord[] = []
  for (const topic of image.topics()) {
    let settings: TopicElectionSettings | undefined
    for (const [partitionId, partition] of topic.partitions.entries()) {
      if (!concerns(partition, event)) continue
      settings ??= electionSettings(image, topic, environment)
      const value = partitionChange(partition, {
        topicId: topic.id,
        partitionId,
        isr: event.type === 'comes' ? partition.isr : without(partition.isr, brokerId),
        ...(event.type === 'crashed' ? { uncleanReplica: brokerId } : {}),
        mayLead: mayLead(partition),
        election: settings.isUncleanElectionEnabled ? 'unclean' : 'online',
        keepsEligibleLeaderReplicas,
        minInsyncReplicas: settings.minInsyncReplicas,
      })
      if (value !== null) records.push({ type: 'PartitionChangeRecord', version, value })
    }
  }
  return records
}

/** Whether a broker leads anything: until it does not, its controlled shutdown goes on. */
export function leadsAnything(image: MetadataImage, brokerId: number): boolean {
  for (const topic of image.topics())
    if (topic.partitions.some((partition) => partition.leader === brokerId)) return true
  return false
}

function concerns(partition: PartitionImage, event: BrokerEvent): boolean {
  switch (event.type) {
    case 'leaves':
      return partition.isr.includes(event.brokerId)
    case 'comes':
      return partition.leader === NO_LEADER
    case 'loses-directories':
      return (
        partition.isr.includes(event.brokerId) &&
        event.directories.includes(directoryOf(partition, event.brokerId))
      )
    case 'crashed':
      return (
        partition.isr.includes(event.brokerId) ||
        partition.eligibleLeaderReplicas.includes(event.brokerId)
      )
    default:
      return event satisfies never
  }
}

export interface TopicElectionSettings {
  readonly isUncleanElectionEnabled: boolean
  readonly minInsyncReplicas: number
}

export function electionSettings(
  image: MetadataImage,
  topic: TopicImage,
  { configs, nodeId }: ControllerEnvironment,
): TopicElectionSettings {
  const layers = topicConfigLayers(image, nodeId, image.topicConfig(topic.name))
  const minIsr = Number(configs.topicValue('min.insync.replicas', layers) ?? 1)
  return {
    isUncleanElectionEnabled:
      configs.topicValue('unclean.leader.election.enable', layers) === 'true',
    minInsyncReplicas: Math.min(minIsr, topic.partitions[0]?.replicas.length ?? 1),
  }
}

function without(list: readonly number[], id: number): readonly number[] {
  return list.includes(id) ? list.filter((other) => other !== id) : list
}
