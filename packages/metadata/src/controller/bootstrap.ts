import { CONFIG_RESOURCE_TYPES } from '../image/config-resource.ts'
import type { MetadataRecord } from '../records/metadata-record.ts'

/** Levels of the features that a new cluster starts with: what Kafka 4.3 finalizes when it formats. */
export const bootstrapFeatures: ReadonlyMap<string, number> = new Map([
  // 4.3-IV0; first, since it says how everything else is written.
  ['metadata.version', 30],
  ['eligible.leader.replicas.version', 1],
  ['group.version', 1],
  ['share.version', 1],
  ['streams.version', 1],
  ['transaction.version', 2],
])

/** The levels of each feature that this version can run with. */
export const supportedFeatures: ReadonlyMap<
  string,
  { readonly min: number; readonly max: number }
> = new Map([
  ['metadata.version', { min: 7, max: 30 }],
  ['kraft.version', { min: 0, max: 1 }],
  ['eligible.leader.replicas.version', { min: 0, max: 1 }],
  ['group.version', { min: 0, max: 1 }],
  ['share.version', { min: 0, max: 1 }],
  ['streams.version', { min: 0, max: 1 }],
  ['transaction.version', { min: 0, max: 2 }],
])

/**
 * The first records of a new cluster's log.
 *
 * Eligible leader replicas need one min.insync.replicas for the whole cluster (KIP-966), so that
 * brokers whose files differ agree on it: the first controller's becomes a cluster-wide setting.
 */
export function bootstrapRecords(minInsyncReplicas: string): MetadataRecord[] {
  const features = [...bootstrapFeatures].map(([name, featureLevel]): MetadataRecord => ({
    type: 'FeatureLevelRecord',
    version: 0,
    value: { name, featureLevel },
  }))
  return [
    ...features,
    {
      type: 'ConfigRecord',
      version: 0,
      value: {
        resourceType: CONFIG_RESOURCE_TYPES.broker,
        resourceName: '',
        name: 'min.insync.replicas',
        value: minInsyncReplicas,
      },
    },
  ]
}
