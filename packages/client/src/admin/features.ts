import { type KafkaError, throwIfError } from '@ottla/protocol'
import { featureUpgradeType } from '@ottla/protocol/enums'
import { ApiVersionsApi } from '@ottla/protocol/messages/api-versions'
import { UpdateFeaturesApi } from '@ottla/protocol/messages/update-features'
import type { CallOptions, Cluster } from '../cluster/cluster.ts'
import { errorOf, retryWhenNotController } from './outcome.ts'

export interface Feature {
  readonly name: string
  /** What the broker that was asked can do. */
  readonly supportedMin: number
  readonly supportedMax: number
  /** What the cluster does; 0: it is off. */
  readonly level: number
}

/** The features of the cluster, by name (KIP-584). */
export async function describeFeatures(
  cluster: Cluster,
  options: CallOptions = {},
): Promise<readonly Feature[]> {
  return cluster.call(async () => {
    const software = { clientSoftwareName: 'ottla-client', clientSoftwareVersion: '1' }
    const { signal } = options
    const response = await cluster.send('any', ApiVersionsApi, () => software, { signal })
    throwIfError(response.errorCode)
    const levels = new Map(response.finalizedFeatures.map((of) => [of.name, of.maxVersionLevel]))
    return response.supportedFeatures
      .map(({ name, minVersion, maxVersion }) => ({
        name,
        supportedMin: minVersion,
        supportedMax: maxVersion,
        level: levels.get(name) ?? 0,
      }))
      .sort((one, other) => (one.name < other.name ? -1 : 1))
  }, options)
}

/** Whether a level may be lowered, and also where something may be lost. */
export type FeatureUpdate = Exclude<keyof typeof featureUpgradeType, 'UNKNOWN'>

/**
 * Moves features to other levels, all or none; 0 turns one off.
 * @returns What the controller refused it for, or null.
 */
export async function updateFeatures(
  cluster: Cluster,
  levels: Readonly<Record<string, number>>,
  options: CallOptions & { readonly update?: FeatureUpdate; readonly validateOnly?: boolean } = {},
): Promise<KafkaError | null> {
  const { update = 'UPGRADE', validateOnly = false } = options
  const { requestTimeoutMs: timeoutMs } = cluster.options
  return cluster.call(async () => {
    const response = await cluster.send(
      'controller',
      UpdateFeaturesApi,
      (version) => ({
        timeoutMs,
        featureUpdates: Object.entries(levels).map(([feature, maxVersionLevel]) => ({
          feature,
          maxVersionLevel,
          ...(version === 0
            ? { allowDowngrade: update !== 'UPGRADE' }
            : { upgradeType: featureUpgradeType[update] }),
        })),
        ...(version >= 1 && { validateOnly }),
      }),
      { signal: options.signal },
    )
    retryWhenNotController([response.errorCode])
    const refused = response.results.find(({ errorCode }) => errorCode !== 0) ?? response
    return errorOf(refused.errorCode, refused.errorMessage)
  }, options)
}
