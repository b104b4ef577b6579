import type { MetadataImage } from './metadata-image.ts'

/** Names of the features that decide how the controller works. */
export const METADATA_VERSION = 'metadata.version'
export const ELIGIBLE_LEADER_REPLICAS_VERSION = 'eligible.leader.replicas.version'

/** Versions of the records whose version depends on the cluster's metadata.version. */
export interface RecordVersions {
  readonly registerBroker: number
  readonly partition: number
  readonly partitionChange: number
}

export function recordVersions(image: MetadataImage): RecordVersions {
  const level = image.featureLevel(METADATA_VERSION)
  return {
    // 30 is 4.3-IV0, 17 is 3.7-IV2, 8 is 3.4-IV0, 23 is 4.0-IV1.
    registerBroker: level >= 30 ? 4 : level >= 17 ? 3 : level >= 8 ? 2 : 1,
    partition: level >= 23 ? 2 : level >= 17 ? 1 : 0,
    partitionChange: level >= 23 ? 2 : level >= 17 ? 1 : 0,
  }
}

/** Whether brokers register their directories, and partitions say where replicas are (KIP-858). */
export function areDirectoriesAssigned(image: MetadataImage): boolean {
  return image.featureLevel(METADATA_VERSION) >= 17
}

/** Whether a broker registration may name cordoned directories (KIP-1066). */
export function canCordonDirectories(image: MetadataImage): boolean {
  return image.featureLevel(METADATA_VERSION) >= 30
}

/** KIP-966. */
export function areEligibleLeaderReplicasKept(image: MetadataImage): boolean {
  return image.featureLevel(ELIGIBLE_LEADER_REPLICAS_VERSION) >= 1
}
